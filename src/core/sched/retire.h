/*
 * retire.h - freeing what other CPUs may still be looking at.
 *
 * Tables are read without locks: a CPU may hold a pointer to what another one
 * unlinks at this moment. What was unlinked everywhere is retired, and freed
 * when every other CPU has been outside of the kernel since. A CPU is inside
 * from retire_enter to retire_leave. Pointers found without a lock therefore
 * stay readable until this CPU leaves.
 */
#ifndef CAPOS_CORE_SCHED_RETIRE_H
#define CAPOS_CORE_SCHED_RETIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "fail.h"
#include "limits.h"
#include "sync.h"

struct cpu;

/* Lies inside of what is retired. */
struct retired {
    struct retired *next;
    void (*free)(struct retired *retired);
};

/* What other CPUs were doing at one moment. */
struct retire_pass {
    uint32_t seen[LIMIT_CPUS];
};

/* A CPU's part in it. Only passes is read by others. */
struct retirement {
    sync_u32 passes;         /* odd while inside the kernel */
    struct retired *fresh;   /* retired since the last look at the others */
    struct retired *waiting; /* to be freed when all have passed */
    struct retire_pass pass;
};

/* The CPU comes into the kernel, before it looks at anything. */
static inline void retire_enter(struct retirement *retirement)
{
    /* A full barrier: what is read after it comes after it. */
    uint32_t before = sync_add(&retirement->passes, 1);

    ASSERT(before % 2 == 0);
}

/* The CPU leaves; it holds no pointer any more. */
static inline void retire_leave(struct retirement *retirement)
{
    uint32_t passes = sync_load(&retirement->passes);

    ASSERT(passes % 2 == 1);
    sync_store(&retirement->passes, passes + 1);
}

/*
 * Frees an item, when all CPUs have been outside, by calling free on this CPU,
 * with no lock held. Nobody can find the item any more. Any context, any lock.
 */
void retire(struct retired *item, void (*free)(struct retired *retired));

/* Looks at the others; over: each has been outside of the kernel since. */
void retire_pass_begin(struct retire_pass *pass);
bool retire_pass_over(const struct retire_pass *pass);

/*
 * Frees what all CPUs have retired, when the machine is about to stop: no other CPU
 * is in the kernel or comes in, and this one uses nothing that it has found.
 */
void retire_all(void);

/*
 * Frees what can be freed. On the way out, no lock held, no pointer in use.
 * True: something is left that waits for other CPUs.
 */
bool retire_run(struct cpu *cpu);

#endif
