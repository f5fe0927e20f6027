/*
 * cpu.h - what the kernel keeps for each CPU.
 *
 * Only the CPU itself touches current, handoff and the scratch areas; the lock
 * guards the queues, which other CPUs may add to.
 */
#ifndef CAPOS_CORE_SCHED_CPU_H
#define CAPOS_CORE_SCHED_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "hal.h"
#include "list.h"
#include "lock.h"
#include "pairing.h"

struct thread;

struct cpu {
    struct lock lock; /* LOCK_RUN */
    uint32_t number;
    struct thread *current; /* runs user code when the kernel is left */
    struct thread *handoff; /* made ready here; runs next if current waits */
    struct pairing_heap ready;
    struct pairing_heap timers;
    uint64_t virtual_ns;     /* least virtual time of what ran last */
    uint64_t slice_start_ns; /* when current was last charged */
    uint64_t quantum_end_ns;
    uint64_t armed_ns; /* deadline given to the machine */
    bool rearm;        /* the first deadline may have changed */
    bool resched;      /* current must give way */
    struct list work;  /* struct work, see work.h */
    /* Where calls on kernel objects have their params and results. */
    void *params;
    void *results;
};

extern struct cpu cpus[LIMIT_CPUS];

static inline struct cpu *cpu_self(void)
{
    return &cpus[hal_cpu_self()];
}

/* Makes the CPU's queues and scratch areas. Once a CPU, at boot. */
void cpu_init(uint32_t number);

#endif
