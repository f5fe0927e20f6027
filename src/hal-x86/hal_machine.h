/*
 * hal_machine.h - what hal.h leaves to the machine, for x86_64: the types and
 * the functions that are worth being inline. Included at the end of hal.h.
 *
 * A CPU finds its struct x86_cpu through GS while in the kernel. `current` is
 * the context that runs or will run; the entry code saves into it and the exit
 * code resumes it (entry.S). While a CPU is inside core_on_* nothing else
 * changes its structure, so the accesses need not be atomic; flush_wanted is
 * the exception.
 */
#ifndef CAPOS_X86_HAL_MACHINE_H
#define CAPOS_X86_HAL_MACHINE_H

#include "layout.h"

struct hal_context {
    uint32_t kind; /* X86_KIND_* */
    uint32_t reserved;
    uint64_t token; /* equals the CPU's: its FPU and FS state are loaded there */
    uint64_t fs_base;
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rip, rflags;
    uint64_t reserved1;
    _Alignas(16) uint8_t fx[512]; /* FXSAVE image (SDM 1 10.5.1) */
};

struct hal_space {
    uint64_t root; /* frame of the PML4 */
    uint64_t base; /* of the window */
    uint64_t spare;  /* first of the frames given and not used, or none */
    uint32_t spares; /* how many */
    uint32_t cursor; /* where hal_space_take goes on looking */
};

/* The head of a CPU's structure; the rest is in internal.h. */
struct x86_cpu_head {
    struct x86_cpu *self;
    struct hal_context *current;
    struct hal_space *space;
    uint64_t stack; /* top, where every entry from user mode begins */
    uint64_t token;
    uint64_t fs_base; /* loaded last */
    uint32_t number;
    uint32_t fxsave_leaks; /* AMD: FXRSTOR leaves the x87 pointers alone */
    /*
     * Flushes of the TLB that others asked this CPU for, and those done; the
     * first is the others' to write, so both have a line of their own.
     */
    _Alignas(64) uint32_t flush_wanted;
    uint32_t flush_done;
};

/* Frame of the kernel's own root table. */
extern uint64_t hal_x86_kernel_root;

/* hal_trace has somewhere to write to, and is asked to. */
extern bool hal_x86_trace_enabled;

/* Does the flushes that this CPU was asked for. */
void hal_x86_flush_answer(void);

#define X86_SPACE_BYTES (UINT64_C(64) << 30)
#define X86_CPU_READ(field, value)                                             \
    __asm__ volatile("mov %%gs:%c1, %0"                                        \
                     : "=r"(value)                                             \
                     : "i"(offsetof(struct x86_cpu_head, field)))
#define X86_CPU_WRITE(field, value)                                            \
    __asm__ volatile("mov %0, %%gs:%c1"                                        \
                     :                                                         \
                     : "r"(value), "i"(offsetof(struct x86_cpu_head, field))   \
                     : "memory")

static inline uint32_t hal_cpu_self(void)
{
    uint32_t number;

    X86_CPU_READ(number, number);
    return number;
}

static inline bool hal_cpu_lockstep(void)
{
    return false;
}

static inline void hal_cpu_relax(void)
{
    uint32_t wanted, done;

    __builtin_ia32_pause();
    X86_CPU_READ(flush_wanted, wanted);
    X86_CPU_READ(flush_done, done);
    if (wanted != done) {
        hal_x86_flush_answer();
    }
}

/*
 * All vectors that core hears of lie in 0x20 to 0x3f, one word of the local
 * APIC's request register (SDM 3A 11.8.4).
 */
static inline bool hal_irq_pending(void)
{
    return *(const volatile uint32_t *)(X86_LAPIC_BASE + 0x210) != 0;
}

static inline void hal_time_work(uint32_t units)
{
    (void)units; /* the clock runs by itself */
}

static inline void hal_context_result(struct hal_context *context,
                                      int64_t result)
{
    context->rax = (uint64_t)result;
}

static inline void hal_user_resume(struct hal_context *context)
{
    X86_CPU_WRITE(current, context);
}

static inline uint64_t hal_space_base(const struct hal_space *space)
{
    return space->base;
}

static inline uint64_t hal_space_size(const struct hal_space *space)
{
    (void)space;
    return X86_SPACE_BYTES;
}

static inline void hal_space_activate(struct hal_space *space)
{
    struct hal_space *active;

    X86_CPU_READ(space, active);
    if (active != space) {
        uint64_t root = space != NULL ? space->root : hal_x86_kernel_root;

        X86_CPU_WRITE(space, space);
        __asm__ volatile("mov %0, %%cr3" : : "r"(root) : "memory");
    }
}

static inline void *hal_phys_pointer(uint64_t phys)
{
    return (void *)(X86_DIRECT_BASE + phys);
}

static inline bool hal_trace_enabled(void)
{
    return __atomic_load_n(&hal_x86_trace_enabled, __ATOMIC_RELAXED);
}

#endif
