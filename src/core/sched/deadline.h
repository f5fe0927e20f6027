/*
 * deadline.h - when the machine is to tick next.
 */
#ifndef CAPOS_CORE_SCHED_DEADLINE_H
#define CAPOS_CORE_SCHED_DEADLINE_H

#include <stdbool.h>

struct cpu;

/*
 * The machine's deadline: the first timer, or the end of the quantum; at once if
 * an interrupt cut work short, for that interrupt need not end in the kernel.
 * retired: what was retired waits for other CPUs. The CPU's own, on the way out,
 * no lock held.
 */
void deadline_arm(struct cpu *cpu, bool retired);

#endif
