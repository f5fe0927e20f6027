/* deadline.c - choosing the next tick. */
#include "sched/deadline.h"

#include "proc/thread.h"
#include "sched/balance.h"
#include "sched/timer.h"

/* After that long a CPU looks again whether what it retired may be freed. */
#define DEADLINE_RETIRE_NS 100000u

void deadline_arm(struct cpu *cpu, bool retired)
{
    uint64_t deadline_ns = timer_next(cpu);
    bool contended = cpu->current && balance_contended();

    cpu->pending &= ~CPU_PENDING_REARM;
    balance_set_untimed(cpu, cpu->current && !contended && cpu_count() > 1);
    if (cpu->untimed && balance_contended()) {
        balance_set_untimed(cpu, false);
        contended = true;
    }
    if (contended && cpu->quantum_end_ns < deadline_ns) {
        deadline_ns = cpu->quantum_end_ns;
    }
    if (cpu->current && context_of(&cpu->current->place)) {
        uint64_t look_ns = context_deadline(cpu);

        deadline_ns = look_ns < deadline_ns ? look_ns : deadline_ns;
    }
    if (retired && hal_time_now() + DEADLINE_RETIRE_NS < deadline_ns) {
        deadline_ns = hal_time_now() + DEADLINE_RETIRE_NS;
    }
    if (!list_empty(&cpu->work)) {
        deadline_ns = 0;
    }
    if (deadline_ns == cpu->armed_ns) {
        return;
    }
    cpu->armed_ns = deadline_ns;
    if (deadline_ns == UINT64_MAX) {
        hal_time_disarm();
    } else {
        hal_time_arm(deadline_ns);
    }
}
