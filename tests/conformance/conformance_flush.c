/*
 * conformance_flush.c - hal_tlb_flush reaches CPUs wherever they are, also when
 * all flush at once, and afterwards a mapping that was taken away is not used.
 */
#include "conformance.h"

extern const char conf_u_poke[];

static struct program programs[LIMIT_CPUS];
static struct hal_space space; /* active on CPUs that run nothing */
static struct spinlock lock;
static sync_u64 first;
static sync_u64 second;

static bool alone(void)
{
    if (boot_copy.cpus == 1) {
        step_end();
        return true;
    }
    sync_store64(&first, 0);
    sync_store64(&second, 0);
    return false;
}

/* ------------------------------------------------------------ in the kernel */

static void want_lock(uint32_t cpu)
{
    sync_or64(&first, 1ull << cpu);
    while (!spinlock_try(&lock)) {
        hal_cpu_relax();
    }
    spinlock_release(&lock);
    sync_or64(&second, 1ull << cpu);
}

static void of_spinning(void)
{
    static const struct other_events events = {.attention = want_lock};

    if (alone()) {
        return;
    }
    spinlock_init(&lock);
    if (!spinlock_try(&lock) || hal_space_init(&space, frames(1)) != 0) {
        hal_stop("conformance: no lock, no space");
    }
    others_do(&events);
    others_attention();
    spin_for_others(&first, "flush: CPUs spin for a lock");
    hal_tlb_flush(&space, other_cpus());
    check(sync_load64(&second) == 0, "flush: they answer while they spin");
    spinlock_release(&lock);
    await_others(&second, "flush: and get the lock afterwards", step_end);
}

/* All flush all others, some times, at once. */
static void flush_all(uint32_t cpu)
{
    uint64_t all = (other_cpus() | 1) & ~(1ull << cpu);

    for (uint32_t i = 0; i < 20; i++) {
        hal_tlb_flush(&space, all);
    }
    sync_or64(&first, 1ull << cpu);
}

static void of_each_other(void)
{
    static const struct other_events events = {.attention = flush_all};

    if (alone()) {
        return;
    }
    others_do(&events);
    others_attention();
    flush_all(0);
    await_others(&first, "flush: all flush each other", step_end);
}

/* --------------------------------------------------------------------- idle */

static void activate(uint32_t cpu)
{
    if ((sync_or64(&first, 1ull << cpu) & 1ull << cpu) == 0) {
        hal_user_resume(NULL);
        hal_space_activate(&space);
    } else {
        hal_space_activate(NULL);
        sync_or64(&second, 1ull << cpu);
    }
}

static void end_space(void)
{
    hal_space_fini(&space);
    step_end();
}

static void idle_active(void)
{
    hal_tlb_flush(&space, other_cpus());
    check(true, "flush: idle CPUs answer");
    others_attention();
    await_others(&second, "flush: and leave the space", end_space);
}

static void of_idle(void)
{
    static const struct other_events events = {.attention = activate};

    if (alone()) {
        return;
    }
    others_do(&events);
    others_attention();
    await_others(&first, "flush: CPUs idle in a space", idle_active);
}

/* ------------------------------------------------------------- in a program */

static uint64_t faults[LIMIT_CPUS]; /* where the others faulted */
static uint64_t page_phys[LIMIT_CPUS];

static uint64_t page_of(const struct program *program)
{
    return program->data + 16 * PAGE_SIZE;
}

static void run_poke(uint32_t cpu)
{
    program_run(&programs[cpu]);
    sync_or64(&first, 1ull << cpu);
}

static void poke_fault(uint32_t cpu, const struct hal_fault *fault)
{
    faults[cpu] = fault->vector == 14 ? fault->address : 0;
    program_none();
    sync_or64(&second, 1ull << cpu);
}

static void poked(void)
{
    bool right = true;
    bool untouched = true;

    for (uint32_t i = 1; i < boot_copy.cpus; i++) {
        right &= faults[i] == page_of(&programs[i]);
        untouched &= *(uint64_t *)hal_phys_pointer(page_phys[i]) == 0;
        program_end(&programs[i]);
    }
    check(right, "flush: by a fault at the page");
    check(untouched, "flush: nothing is written after it");
    step_end();
}

static void take_pages(void)
{
    for (uint32_t i = 1; i < boot_copy.cpus; i++) {
        hal_space_unmap(&programs[i].space, page_of(&programs[i]), 1);
        hal_tlb_flush(&programs[i].space, 1ull << i);
        *(uint64_t *)hal_phys_pointer(page_phys[i]) = 0;
    }
    await_others(&second, "flush: programs notice that a page is gone", poked);
}

static void of_programs(void)
{
    static const struct other_events events = {.attention = run_poke,
                                               .fault = poke_fault};

    if (alone()) {
        return;
    }
    for (uint32_t i = 1; i < boot_copy.cpus; i++) {
        program_make(&programs[i], conf_u_poke);
        page_phys[i] = frames(1);
        if (map_pages(&programs[i].space, page_of(&programs[i]), page_phys[i],
                      1, HAL_READ | HAL_WRITE, &programs[i].tables) != 0) {
            hal_stop("conformance: cannot map");
        }
        *program_word(&programs[i], PAGE_IN) = page_of(&programs[i]);
    }
    others_do(&events);
    others_attention();
    await_others(&first, "flush: programs use a page", take_pages);
}

const struct step flush_steps[] = {
    {"flush of CPUs that spin", of_spinning},
    {"flush of each other", of_each_other},
    {"flush of idle CPUs", of_idle},
    {"flush of programs", of_programs},
    {NULL, NULL},
};
