/*
 * scenarios.h - all scenarios, each in a file scenario_NAME.c.
 */
#ifndef CAPOS_EXPLORE_SCENARIOS_H
#define CAPOS_EXPLORE_SCENARIOS_H

#include "explore.h"

#define SCENARIOS(X)                                                           \
    X(submit_drain)                                                            \
    X(handoff_timeout)                                                         \
    X(cancel_return)                                                           \
    X(cancel_again)                                                            \
    X(release_call)                                                            \
    X(unheld_call)                                                             \
    X(unheld_close)                                                            \
    X(promise_cancel)                                                          \
    X(park_unpark)                                                             \
    X(park_timeout)                                                            \
    X(map_unmap)                                                               \
    X(unmap_three)                                                             \
    X(protect)                                                                 \
    X(exit_call)                                                               \
    X(exit_park)                                                               \
    X(exit_map)                                                                \
    X(exit_compute)                                                            \
    X(server_exit)                                                             \
    X(close_return)                                                            \
    X(end_thread)                                                              \
    X(kill_kill)                                                               \
    X(message)                                                                 \
    X(result_unmap)                                                            \
    X(notify)                                                                  \
    X(handover_kill)                                                           \
    X(answer_kill)                                                             \
    X(spawn_kill)                                                              \
    X(yield_kill)                                                              \
    X(revoke_call)                                                             \
    X(revoke_return)                                                           \
    X(revoke_receive)                                                          \
    X(revoke_map)                                                              \
    X(revoke_park)                                                             \
    X(lend_kill)                                                               \
    X(lend_revoke)                                                             \
    X(lend_unbind)                                                             \
    X(lend_end)                                                                \
    X(move_release)                                                            \
    X(move_move)

#define SCENARIO_DECLARE(name) extern const struct explore_scenario scenario_##name;
SCENARIOS(SCENARIO_DECLARE)
#undef SCENARIO_DECLARE

#endif
