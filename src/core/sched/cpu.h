/*
 * cpu.h - what the kernel keeps for each CPU.
 *
 * Only the CPU itself touches what is marked own; the lock guards the queues,
 * which other CPUs add to and take from.
 */
#ifndef CAPOS_CORE_SCHED_CPU_H
#define CAPOS_CORE_SCHED_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "hal.h"
#include "list.h"
#include "lock.h"
#include "pairing.h"
#include "sched/retire.h"

struct space;
struct thread;

struct cpu {
    struct lock lock; /* LOCK_RUN */
    uint32_t number;
    struct thread *current; /* own: runs user code when the kernel is left */
    struct thread *handoff; /* own: made ready here; next if current waits */
    struct space *space;    /* own: active */
    struct pairing_heap ready;
    struct pairing_heap timers;
    sync_u32 queued;         /* threads in ready */
    sync_u64 virtual_ns;     /* least virtual time of what ran last */
    sync_u64 busy_ns;        /* time that threads have run here */
    sync_u64 slice_start_ns; /* when current was last charged */
    sync_u64 shown_thread;   /* id of current, for run_look; 0: idle */
    sync_u64 shown_process;
    uint64_t quantum_end_ns; /* own */
    uint64_t armed_ns;       /* own: deadline given to the machine */
    bool rearm;              /* own: the first deadline may have changed */
    bool resched;            /* own: current must give way */
    bool idle;               /* own: its bit of run_idle was set */
    bool untimed;            /* own: its bit of run_untimed was set */
    struct list work;        /* own: struct work, see work.h */
    struct retirement retirement;
    /* Where calls on kernel objects have their params and results. */
    void *params;
    void *results;
};

extern struct cpu cpus[LIMIT_CPUS];

static inline struct cpu *cpu_self(void)
{
    return &cpus[hal_cpu_self()];
}

/* How many CPUs the machine has; they are cpus[0] and so on. */
uint32_t cpu_count(void);

/* Makes the books of that many CPUs. Once, at boot. */
void cpu_init(uint32_t count);

/*
 * Interrupts other CPUs, those of the mask: they look at their queue and their
 * current thread. Any lock.
 */
void cpu_interrupt(uint64_t mask);

#endif
