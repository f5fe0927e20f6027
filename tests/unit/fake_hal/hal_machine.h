/*
 * hal_machine.h - a machine of plain memory, for unit tests of the core.
 *
 * No user code. Memory is one block; an address space is an array of pages.
 * Tables are counted as a real machine would: one for each 2 MiB and one for each
 * 1 GiB in which something is mapped. fake_hal.c stops the test when the core
 * breaks a rule of hal.h, and can refuse mappings on demand.
 *
 * The test acts as one CPU at a time (fake_on). A CPU's TLB is taken to remember
 * all that it may: what was unmapped, protected or cut off while a space was
 * active elsewhere is stale there until a flush, and a frame that is freed before
 * that stops the test (annotate.h).
 */
#ifndef CAPOS_TESTS_HAL_MACHINE_H
#define CAPOS_TESTS_HAL_MACHINE_H

#define FAKE_WINDOW_BYTES (2ull << 30)
#define FAKE_WINDOW_PAGES (FAKE_WINDOW_BYTES / PAGE_SIZE)
#define FAKE_LEAF_PAGES 512u
#define FAKE_LEAVES (FAKE_WINDOW_PAGES / FAKE_LEAF_PAGES)
#define FAKE_DIRECTORIES 2u
#define FAKE_SPARES_MAX 2048u
#define FAKE_MEMORY_BYTES (40ull << 20)

struct hal_context {
    uint64_t entry;
    uint64_t stack;
    uint64_t argument;
    int64_t result;
    uint64_t tls;
};

struct fake_page {
    uint64_t phys;
    uint32_t protection;
    bool mapped;
};

struct fake_table {
    uint64_t phys; /* 0: not there */
    uint32_t used;
};

struct hal_space {
    uint64_t base;
    uint64_t root;
    struct fake_page *pages;
    struct fake_table leaves[FAKE_LEAVES];
    struct fake_table directories[FAKE_DIRECTORIES];
    uint64_t spares[FAKE_SPARES_MAX];
    uint32_t spare_count;
    uint64_t mapped; /* pages */
};

#define FAKE_CPUS_MAX 8u

struct fake_cpu {
    uint32_t number;
    struct hal_context *resumed;
    struct hal_space *active;
    uint64_t armed_ns; /* deadline of hal_time_arm; UINT64_MAX: none */
    bool irq;          /* an interrupt of a device waits */
    uint32_t irq_after; /* so does one when the core has looked so often; 0: no */
    bool attention;    /* hal_cpu_interrupt by another CPU, not delivered yet */
};

extern unsigned char *fake_memory;
extern struct fake_cpu fake_cpus[FAKE_CPUS_MAX];
extern struct fake_cpu *fake;   /* the CPU that the test acts as */
extern uint64_t fake_now_ns;    /* the clock stands still but for the test */
extern uint32_t fake_cpu_count; /* for boot; 1 unless a test says otherwise */
extern uint32_t fake_relaxes;   /* calls of hal_cpu_relax */
extern uint32_t fake_flushes;   /* calls of hal_tlb_flush, and its last mask */
extern uint64_t fake_flushed;
extern const char *const *fake_orders; /* HAL_PORT_ORDERS, in turn, to a NULL */

/* Acts as that CPU from now on. */
void fake_on(uint32_t cpu);

/* Frees what the core has retired, no CPU being inside of it. */
void fake_retire(void);

/* Things that some CPU's TLB remembers though they have changed. */
uint32_t fake_stale(void);

/* Boot information with these ranges; once in a program under Memcheck. */
void fake_boot(struct hal_boot *boot, const struct hal_range *ranges,
               uint32_t count);

/* Tells the machine and boot where the boot package lies. */
void fake_package(struct hal_boot *boot, uint64_t phys, uint64_t bytes);

/* The usual machine: three ranges, frames and heap ready. */
void fake_start(void);

/* From now on the mapping after `maps` more is refused; UINT64_MAX: none is. */
void fake_refuse_map(uint64_t maps);

static inline uint32_t hal_cpu_self(void)
{
    return fake->number;
}

static inline bool hal_cpu_lockstep(void)
{
    return true;
}

static inline void hal_cpu_relax(void)
{
    fake_relaxes++;
}

static inline bool hal_irq_pending(void)
{
    if (fake->irq_after && --fake->irq_after == 0) {
        fake->irq = true;
    }
    return fake->irq || fake->attention;
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
    fake->resumed = context;
}

static inline uint64_t hal_space_base(const struct hal_space *space)
{
    return space->base;
}

static inline uint64_t hal_space_size(const struct hal_space *space)
{
    (void)space;
    return FAKE_WINDOW_BYTES;
}

void fake_activate(struct hal_space *space);

static inline void hal_space_activate(struct hal_space *space)
{
    fake_activate(space);
}

static inline void *hal_phys_pointer(uint64_t phys)
{
    return fake_memory + phys;
}

/* The trace that hal_trace_start begins; what does not fit is lost. */
#define FAKE_TRACE_RECORDS 1024u
#define FAKE_TRACE_NOWHERE "nowhere" /* hal_trace_start: ERR_NOT_FOUND */
#define FAKE_TRACE_BAD "bad"         /* hal_trace_start: ERR_INVALID */

extern bool fake_trace_on;
extern uint32_t fake_trace_count;
extern struct trace_record fake_trace[FAKE_TRACE_RECORDS];

static inline bool hal_trace_enabled(void)
{
    return fake_trace_on;
}

#endif
