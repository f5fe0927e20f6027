/*
 * policy.h - whether a service that has ended is started again, and when.
 *
 * Pure: the time is an argument. A history holds the times of the restarts
 * within the policy's window, oldest first.
 */
#ifndef CAPOS_INIT_POLICY_H
#define CAPOS_INIT_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "capos.gen.h"

#define POLICY_TIMES_MAX 64u

/* RestartPolicy of capos.capnp. */
struct policy {
    enum restart_policy_when when;
    uint64_t first_ns;
    uint64_t most_ns;
    uint32_t give_up_after; /* at most POLICY_TIMES_MAX */
    uint64_t window_ns;
};

struct policy_history {
    uint64_t times_ns[POLICY_TIMES_MAX];
    uint32_t count;
};

enum policy_verdict {
    POLICY_END,     /* it stays down */
    POLICY_RESTART, /* after a delay */
    POLICY_GIVE_UP, /* it stays down, for it has ended too often */
};

/*
 * Decides about a service that has ended at now_ns. If it is started again, that
 * is noted in its history and *delay_ns is how long to wait before.
 */
enum policy_verdict policy_decide(const struct policy *policy,
                                  struct policy_history *history,
                                  uint64_t now_ns, bool failed,
                                  uint64_t *delay_ns);

#endif
