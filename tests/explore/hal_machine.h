/*
 * hal_machine.h - a small machine with several CPUs, for the explorer.
 *
 * Physical memory is an array in the explorer's state. An address space is a
 * list of pages. Programs are C functions on stacks of their own; their accesses
 * to memory go through user.h, except for the ring, which the real ring client
 * reaches through the kernel's mapping.
 *
 * What CPUs can see of one another: interrupts and flushes wanted, deadlines, and
 * the clock (machine.c); page tables (machine_space.c). Translations are taken
 * to be cached by every CPU on which the space is active, from the moment they
 * are mapped: whoever unmaps or protects without a flush leaves a stale one.
 */
#ifndef CAPOS_EXPLORE_HAL_MACHINE_H
#define CAPOS_EXPLORE_HAL_MACHINE_H

#include "explore.h"

#define MACHINE_MEMORY_BYTES (4ull << 20)
#define MACHINE_WINDOW_BYTES (2ull << 30)
#define MACHINE_PAGES 192u  /* mapped in a space */
#define MACHINE_SPACES 12u
#define MACHINE_TABLES 8u   /* of a space */
#define MACHINE_USERS 12u   /* threads */
#define MACHINE_STALE 32u

struct hal_context {
    uint64_t entry;
    uint64_t stack;
    uint64_t argument;
    int64_t result;
    uint64_t tls;
    uint32_t user; /* number of its stack, from 1 on; 0: not run yet */
};

struct hal_space {
    uint64_t base;
    uint32_t number; /* in machine.tables */
};

extern unsigned char machine_memory[MACHINE_MEMORY_BYTES];

/* For one CPU; what others store to is accessed with explore_load and _store. */
struct machine_cpu {
    struct hal_context *resumed;
    struct hal_space *active;
    void *at;          /* the CPU's own stack, while a program runs on it */
    uint64_t armed_ns; /* UINT64_MAX: no deadline */
    uint32_t attention;
    uint32_t tick;
    uint32_t flush;
    bool inside; /* the kernel */
};

extern struct machine_cpu machine_cpus[EXPLORE_CPUS_MAX];

bool machine_irq_pending(void);
void machine_relax(void);
void machine_activate(struct hal_space *space);

static inline uint32_t hal_cpu_self(void)
{
    return explore_cpu;
}

static inline bool hal_cpu_lockstep(void)
{
    return false; /* its checks are its own, and its steps are counted */
}

static inline void hal_cpu_relax(void)
{
    machine_relax();
}

static inline bool hal_irq_pending(void)
{
    return machine_irq_pending();
}

static inline void hal_time_work(uint32_t units)
{
    (void)units;
}

static inline void hal_context_result(struct hal_context *context,
                                      int64_t result)
{
    context->result = result;
}

static inline void hal_user_resume(struct hal_context *context)
{
    machine_cpus[explore_cpu].resumed = context;
}

static inline uint64_t hal_space_base(const struct hal_space *space)
{
    return space->base;
}

static inline uint64_t hal_space_size(const struct hal_space *space)
{
    (void)space;
    return MACHINE_WINDOW_BYTES;
}

static inline void hal_space_activate(struct hal_space *space)
{
    machine_activate(space);
}

static inline void *hal_phys_pointer(uint64_t phys)
{
    return machine_memory + phys;
}

static inline bool hal_trace_enabled(void)
{
    return explore_general;
}

#endif
