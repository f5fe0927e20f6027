/*
 * sim_explore.c - the exploring build: CPUs may switch inside the kernel.
 *
 * The core is compiled with a header that calls sync_point before every access
 * to what CPUs share (abi/sync.h). A CPU stops there only while it is in a
 * core_on_*. What happens between two points happens at once, so the
 * interleavings are sequentially consistent ones. The simulated machine itself
 * is the plain one.
 */
#include "sim.h"

void sync_point(void)
{
    struct sim_cpu *cpu = sim_cpu_self();

    if (cpu != NULL && cpu->inside && hal_sim_cpu_count > 1 &&
        sim_schedule_point(cpu)) {
        sim_lockstep_switch();
    }
}
