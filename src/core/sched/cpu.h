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

/* Whether the current thread must see to its promises (ipc/promise.h). */
enum cpu_due {
    CPU_DUE_NOT = 0,
    CPU_DUE_NOW,
    CPU_DUE_LATER, /* on the next way out: an interrupt waited */
};

/* What a CPU has to see to on its way out: bits of cpu->pending. */
enum cpu_pending {
    CPU_PENDING_REARM = 1,   /* the first deadline may have changed */
    CPU_PENDING_RESCHED = 2, /* current must give way */
    CPU_PENDING_WORK = 4,    /* work.h: something is queued */
    CPU_PENDING_RETIRED = 8, /* retire.h: something is to be freed */
    CPU_PENDING_YIELD = 16,  /* with RESCHED: current wants to */
};

struct cpu {
    _Alignas(64) struct lock lock; /* LOCK_RUN */
    uint32_t number;
    struct thread *current; /* own: runs user code when the kernel is left */
    struct thread *handoff; /* own: made ready here; next if current waits */
    /* Active: this one, and while that changes the one before, too. */
    sync_pointer space;
    sync_pointer space_before;
    struct pairing_heap ready;
    struct pairing_heap timers;
    sync_u32 queued;         /* threads in ready */
    sync_u64 virtual_ns;     /* least virtual time of what ran last */
    sync_u64 busy_ns;        /* time that threads ran here before busy_since */
    sync_u64 busy_since_ns;  /* when the queues were last looked at */
    sync_u64 slice_start_ns; /* when current was last charged */
    sync_pointer shown;      /* current, for run_look; NULL: idle */
    uint64_t quantum_end_ns; /* own */
    uint64_t armed_ns;       /* own: deadline given to the machine */
    enum cpu_due due;        /* own: current has dependents to see to */
    uint64_t now_ns;         /* own: when current went to wait */
    uint32_t pending;        /* own: enum cpu_pending */
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

/* Makes the books of that many CPUs. Once, at boot. ERR_NO_MEMORY. */
int32_t cpu_init(uint32_t count);

/*
 * The CPUs on which the space may be active. Who changed its tables flushes those:
 * any other one loads them after the change. Any lock.
 */
uint64_t cpu_mask_of(const struct space *space);

/*
 * Interrupts other CPUs, those of the mask: they look at their queue and their
 * current thread. Any lock.
 */
void cpu_interrupt(uint64_t mask);

#endif
