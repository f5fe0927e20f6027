/*
 * host_fiber.c - stacks of the virtual CPUs that share a host thread, in
 * lockstep, and what the sanitizers want to know of a change of stacks.
 */
#include "host.h"
#include "host_thread.h"
#include "sim.h"
#include "sim_sanitizer.h"

/* edge.S */
void sim_fiber_switch(uint64_t *save, uint64_t load);

bool host_fiber_create(struct sim_cpu *cpu, void (*start)(void))
{
    uint64_t *top;

    sim_fs_host();
    if (!host_stack_map(cpu)) {
        return false;
    }
    /* Seven words are popped by the first switch: registers, then start. */
    top = (uint64_t *)cpu->stack_high;
    top[-2] = (uint64_t)start;
    cpu->fiber_rsp = (uint64_t)(top - 8);
    cpu->fiber_tsan = sim_sanitizer_fiber();
    return true;
}

void host_fiber_switch(struct sim_cpu *from, struct sim_cpu *to)
{
    if (SIM_SANITIZED) {
        sim_fs_host();
    }
    if (from->fiber_tsan == NULL) {
        from->fiber_tsan = sim_sanitizer_this_fiber();
    }
    sim_sanitizer_leave(&from->fiber_asan, (void *)to->stack_low,
                        to->stack_high - to->stack_low, to->fiber_tsan);
    sim_fiber_switch(&from->fiber_rsp, to->fiber_rsp);
    sim_sanitizer_enter(from->fiber_asan);
}

void host_fiber_entered(void)
{
    sim_sanitizer_enter(NULL);
}
