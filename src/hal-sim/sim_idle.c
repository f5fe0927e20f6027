/*
 * sim_idle.c - what happens when every CPU idles, in lockstep.
 *
 * Time jumps to the next deadline, or input is waited for. This is, beside the
 * entries into the kernel, the only place where something from outside comes
 * into the machine, and a recording says what it was.
 */
#include "host.h"
#include "sim.h"
#include "sim_replay.h"

/* Waits on the host's clock for input or the deadline. */
static void idle_live(void)
{
    uint64_t deadline_ns = sim_time_earliest();
    uint64_t wait_ns = UINT64_MAX;
    uint64_t before_ns = host_clock_ns();

    if (deadline_ns != UINT64_MAX) {
        wait_ns = deadline_ns - hal_time_now();
    }
    host_live_wait(sim_console_awaited(), wait_ns);

    uint64_t passed_ns = host_clock_ns() - before_ns;

    hal_sim_time_advance(passed_ns < wait_ns ? passed_ns : wait_ns);
    if (sim_console_awaited() && host_live_ready()) {
        sim_console_live();
    }
}

/* Goes on as the recording says. */
static void idle_replay(void)
{
    uint64_t deadline_ns = sim_time_earliest();
    bool awaited = sim_console_awaited();
    const struct replay_event *event = host_replay_idle(host_steps());

    if (event != NULL) {
        sim_time_reach(event->time_ns);
        sim_console_replay(event);
    } else if (deadline_ns == UINT64_MAX || (awaited && !host_replay_live())) {
        host_replay_over();
    } else {
        sim_time_reach(deadline_ns);
    }
}

void sim_idle_machine(void)
{
    uint64_t deadline_ns = sim_time_earliest();

    if (deadline_ns == UINT64_MAX && !sim_console_awaited()) {
        sim_deadlock();
    }
    if (sim_console_awaited() && sim_console_ended()) {
        return;
    }
    if (sim_options.replay_path != NULL) {
        idle_replay();
    } else if (sim_options.live) {
        idle_live();
    } else if (sim_console_awaited()) {
        sim_console_fetch();
    } else {
        sim_time_reach(deadline_ns);
    }
}
