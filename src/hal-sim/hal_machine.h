/*
 * hal_machine.h - the simulator's half of hal.h: types and inline functions.
 *
 * Included by hal.h only. A thread of the host that runs virtual CPUs (all of
 * them in lockstep, one with --parallel) finds its struct sim_host through %gs,
 * as a CPU finds its own data after swapgs; everything that belongs to the
 * virtual CPU is reached through it, each time anew. See sim_layout.h for who
 * else knows these offsets.
 */
#ifndef SIM_HAL_MACHINE_H
#define SIM_HAL_MACHINE_H

#include "sim_layout.h"
#include "sync.h"

struct sim_window;

/* The saved registers of a thread; aligned for fxsave. */
struct hal_context {
    uint64_t rip, rsp, rbp, rbx, r12, r13, r14, r15; /* always valid */
    uint64_t rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11, flags;
    uint32_t kind; /* SIM_KIND_* */
    uint32_t mxcsr;
    uint32_t fcw;
    uint32_t vector; /* the signal handler's word to irq_entry */
    uint64_t fs_base;
    uint64_t error;
    uint64_t address;
    uint64_t reserved;
    _Alignas(16) uint8_t fx[512];
};

/* An address space: its window, page table and images (sim_window.h). */
struct hal_space {
    uint64_t base;
    uint64_t size;
    struct sim_window *window;
    uint64_t root;
};

#define SIM_CPUS_MAX LIMIT_CPUS

/* A mapping that a CPU may still use, though it was taken away. */
struct sim_stale {
    struct hal_space *space; /* NULL: none */
    uint64_t va;
    uint64_t activation; /* of the CPU, when it was taken away */
};

/*
 * A virtual CPU; debuggers find all in hal_sim_cpus. With --parallel other host
 * threads use the sync_ words; the rest is the CPU's own.
 */
struct sim_cpu {
    uint64_t stack_top;
    struct hal_context *current; /* to be resumed; NULL: idle */
    sync_pointer last;           /* context that entered last by the gate */
    sync_u64 pending;            /* enum sim_pending */
    sync_pointer space;          /* active struct hal_space; NULL: none */
    sync_u64 activations;        /* changes of space so far */
    sync_u64 flush_from;         /* CPUs that wait for this one */
    sync_u64 flush_waiting;      /* CPUs that this one waits for */
    uint64_t deadline_ns;        /* UINT64_MAX: not armed */
    uint64_t stack_low;
    uint64_t stack_high;
    uint64_t fiber_rsp;  /* of a CPU that does not run, in lockstep */
    void *fiber_asan;    /* what the sanitizers keep for it */
    void *fiber_tsan;
    uint64_t stale_cpus; /* for which stale holds something */
    struct sim_stale stale[SIM_CPUS_MAX]; /* that this CPU made, by CPU */
    uint32_t number;
    uint32_t priority; /* in lockstep with --priorities */
    sync_u32 started;  /* core_on_boot or core_on_cpu was called */
    bool inside;       /* in a core_on_* */
    bool idle;
    bool hogs; /* its program does not enter by itself */
};

/* Bits of sim_cpu.pending. */
enum sim_pending {
    SIM_PENDING_TICK = 1,     /* the armed deadline has passed */
    SIM_PENDING_TERMINAL = 2, /* hal_console_read has something */
    SIM_PENDING_PREEMPT = 4,  /* the host's CPU-time timer */
    SIM_PENDING_STOP = 8,     /* the person or the watchdog wants an end */
    SIM_PENDING_ATTENTION = 16, /* hal_cpu_interrupt */
    SIM_PENDING_INPUT = 32,     /* --parallel: CPU 0 is to look at the input */
};

/* What the core learns of; the others come when the host pleases. */
#define SIM_PENDING_LINES                                                      \
    (SIM_PENDING_TICK | SIM_PENDING_TERMINAL | SIM_PENDING_ATTENTION)

/* What a host thread knows of itself; at %gs:0. */
struct sim_host {
    struct sim_host *self;
    struct sim_cpu *cpu; /* that runs; NULL: this thread runs none */
    uint64_t jump;       /* target of resume's last instruction */
    uint64_t host_fs;
    uint64_t fs_now; /* what the FS register holds */
    uint32_t mode;   /* SIM_MODE_*: written by single instructions */
    uint32_t scratch;
    uint32_t fsgsbase; /* the host allows wrfsbase */
    uint32_t eager_fs; /* load the host's FS at every entry (sanitizers) */
    sync_u64 entries;      /* into the kernel, ever */
    uint64_t entries_seen; /* by the CPU-time timer */
    uint64_t fault_vector; /* of a fault in the kernel itself */
    uint64_t fault_error;
    uint64_t fault_address;
};

_Static_assert(offsetof(struct hal_context, rbp) == CTX_RBP, "layout");
_Static_assert(offsetof(struct hal_context, r15) == CTX_R15, "layout");
_Static_assert(offsetof(struct hal_context, r11) == CTX_R11, "layout");
_Static_assert(offsetof(struct hal_context, flags) == CTX_FLAGS, "layout");
_Static_assert(offsetof(struct hal_context, kind) == CTX_KIND, "layout");
_Static_assert(offsetof(struct hal_context, mxcsr) == CTX_MXCSR, "layout");
_Static_assert(offsetof(struct hal_context, fcw) == CTX_FCW, "layout");
_Static_assert(offsetof(struct hal_context, vector) == CTX_VECTOR, "layout");
_Static_assert(offsetof(struct hal_context, fs_base) == CTX_FS, "layout");
_Static_assert(offsetof(struct hal_context, error) == CTX_ERROR, "layout");
_Static_assert(offsetof(struct hal_context, address) == CTX_ADDRESS, "layout");
_Static_assert(offsetof(struct hal_context, fx) == CTX_FX, "layout");
_Static_assert(sizeof(struct hal_context) == CTX_SIZE, "layout");
_Static_assert(offsetof(struct sim_cpu, current) == CPU_CURRENT, "layout");
_Static_assert(offsetof(struct sim_cpu, last) == CPU_LAST, "layout");
_Static_assert(offsetof(struct sim_cpu, pending) == CPU_PENDING, "layout");
_Static_assert(offsetof(struct sim_host, cpu) == HOST_CPU, "layout");
_Static_assert(offsetof(struct sim_host, jump) == HOST_JUMP, "layout");
_Static_assert(offsetof(struct sim_host, host_fs) == HOST_FS, "layout");
_Static_assert(offsetof(struct sim_host, fs_now) == HOST_FS_NOW, "layout");
_Static_assert(offsetof(struct sim_host, mode) == HOST_MODE, "layout");
_Static_assert(offsetof(struct sim_host, scratch) == HOST_SCRATCH, "layout");
_Static_assert(offsetof(struct sim_host, fsgsbase) == HOST_FSGSBASE, "layout");
_Static_assert(offsetof(struct sim_host, eager_fs) == HOST_EAGER_FS, "layout");

extern struct sim_cpu hal_sim_cpus[SIM_CPUS_MAX];
extern uint32_t hal_sim_cpu_count; /* of them are there */
extern char *hal_sim_memory;       /* the kernel's map of physical memory */
extern sync_u32 hal_sim_trace_enabled; /* a trace file is open */
extern bool hal_sim_strict;        /* windows of others are inaccessible */

/* The running host thread's own data. */
static inline struct sim_host *sim_host_self(void)
{
    struct sim_host *self;

    __asm__ volatile("movq %%gs:%c1, %0" : "=r"(self) : "i"(HOST_SELF));
    return self;
}

/* The running virtual CPU. */
static inline struct sim_cpu *sim_cpu_self(void)
{
    struct sim_cpu *cpu;

    __asm__ volatile("movq %%gs:%c1, %0" : "=r"(cpu) : "i"(HOST_CPU));
    return cpu;
}

/* Lets the simulated clock run on, and ticks if the deadline was passed. */
void hal_sim_time_advance(uint64_t ns);

/* A spin goes round: answers flushes, lets another CPU run in lockstep. */
void hal_sim_relax(void);
bool hal_sim_lockstep(void);

/* The active space of this CPU; NULL: none. */
static inline struct hal_space *sim_space_active(void)
{
    return sync_load_pointer(&sim_cpu_self()->space);
}

/* Moves the accessible window (--strict). */
void hal_sim_space_switch(struct hal_space *from, struct hal_space *to);

static inline uint32_t hal_cpu_self(void)
{
    return sim_cpu_self()->number;
}

static inline bool hal_cpu_lockstep(void)
{
    return hal_sim_lockstep();
}

static inline void hal_cpu_relax(void)
{
    hal_sim_relax();
}

static inline bool hal_irq_pending(void)
{
    return (sync_peek64(&sim_cpu_self()->pending) & SIM_PENDING_LINES) != 0;
}

/* What one unit of work costs in simulated time; see also sim_time.h. */
#define SIM_WORK_NS 100u

static inline void hal_time_work(uint32_t units)
{
    hal_sim_time_advance((uint64_t)units * SIM_WORK_NS);
}

static inline void hal_context_result(struct hal_context *context,
                                      int64_t result)
{
    context->rax = (uint64_t)result;
}

static inline void hal_user_resume(struct hal_context *context)
{
    sim_cpu_self()->current = context;
}

static inline uint64_t hal_space_base(const struct hal_space *space)
{
    return space->base;
}

static inline uint64_t hal_space_size(const struct hal_space *space)
{
    return space->size;
}

static inline void hal_space_activate(struct hal_space *space)
{
    struct sim_cpu *cpu = sim_cpu_self();
    struct hal_space *before = sync_load_pointer(&cpu->space);

    if (before == space) {
        return;
    }
    if (hal_sim_strict) {
        hal_sim_space_switch(before, space);
    }
    sync_store_pointer(&cpu->space, space);
    sync_store64(&cpu->activations, sync_peek64(&cpu->activations) + 1);
}

static inline void *hal_phys_pointer(uint64_t phys)
{
    return hal_sim_memory + phys;
}

static inline bool hal_trace_enabled(void)
{
    return sync_peek(&hal_sim_trace_enabled) != 0;
}

#endif
