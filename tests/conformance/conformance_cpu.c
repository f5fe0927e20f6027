/*
 * conformance_cpu.c - several CPUs: they start, get attention wherever they
 * are, and have deadlines of their own. With one CPU there is nothing to test.
 */
#include "conformance.h"

#define LOOK_NS 1000000ull
#define PATIENCE_NS 20000000000ull
#define ROUNDS_MAX 200000000ull

extern const char conf_u_count[], conf_u_enter[];

static struct program programs[LIMIT_CPUS];

/* -------------------------------------------------------- waiting for others
 */

static const sync_u64 *awaited;
static const char *awaited_what;
static void (*awaited_next)(void);
static void (*awaited_gather)(
    void); /* sets bits by what can be seen; or NULL */
static uint64_t patience_ns;

uint64_t other_cpus(void)
{
    uint32_t cpus = boot_copy.cpus;

    return (cpus >= 64 ? UINT64_MAX : (1ull << cpus) - 1) & ~1ull;
}

void others_attention(void)
{
    for (uint32_t i = 1; i < boot_copy.cpus; i++) {
        hal_cpu_interrupt(i);
    }
}

static bool all_set(const sync_u64 *bits)
{
    return (sync_load64(bits) & other_cpus()) == other_cpus();
}

static void look(void)
{
    if (awaited_gather != NULL) {
        awaited_gather();
    }
    bool good = all_set(awaited);

    if (!good && hal_time_now() < patience_ns) {
        hal_time_arm(hal_time_now() + LOOK_NS);
        return;
    }
    if (!good) {
        note("CPUs", sync_load64(awaited));
    }
    check(good, awaited_what);
    hal_time_disarm();
    awaited_next();
}

void await_others(const sync_u64 *bits, const char *what, void (*next)(void))
{
    awaited = bits;
    awaited_what = what;
    awaited_next = next;
    awaited_gather = NULL;
    patience_ns = hal_time_now() + PATIENCE_NS;
    on.tick = look;
    hal_time_arm(hal_time_now() + LOOK_NS);
}

void spin_for_others(const sync_u64 *bits, const char *what)
{
    uint64_t rounds = 0;

    while (!all_set(bits) && rounds++ < ROUNDS_MAX) {
        hal_cpu_relax();
    }
    check(all_set(bits), what);
}

/* True if there is but one CPU: then the step is over. */
static bool alone(void)
{
    if (boot_copy.cpus == 1) {
        step_end();
    }
    return boot_copy.cpus == 1;
}

/* -------------------------------------------------------------------- start */

static void start(void)
{
    if (!alone()) {
        await_others(&started, "CPU: all others start", step_end);
    }
}

/* ---------------------------------------------------------------- attention */

static sync_u64 first; /* CPUs that had the first attention, and the second */
static sync_u64 second;
static sync_u64 ran; /* CPUs whose program has run */
static sync_u32 answers;

/* CPU 0 gets at least one attention for what the others asked. */
static void count_answer(void)
{
    sync_add(&answers, 1);
}

static void idle_over(void)
{
    check(sync_load(&answers) > 0, "attention: CPU 0 gets it while it idles");
    step_end();
}

static void idle_attention(uint32_t cpu)
{
    sync_or64(&first, 1ull << cpu);
    hal_cpu_interrupt(0);
}

static void to_idle(void)
{
    static const struct other_events events = {.attention = idle_attention};

    if (alone()) {
        return;
    }
    sync_store64(&first, 0);
    sync_store(&answers, 0);
    on.attention = count_answer;
    hal_user_resume(NULL);
    others_do(&events);
    others_attention();
    await_others(&first, "attention: idle CPUs get it", idle_over);
}

/* The first starts a program, the second ends it. */
static void user_attention(uint32_t cpu)
{
    if ((sync_or64(&first, 1ull << cpu) & 1ull << cpu) == 0) {
        program_run(&programs[cpu]);
    } else if (sync_load64(&second) != 0) {
        program_none();
        sync_or64(&second, 1ull << cpu);
    }
}

static void user_syscall(uint32_t cpu)
{
    hal_context_result(&programs[cpu].context, 0);
}

static void end_programs(void)
{
    for (uint32_t i = 1; i < boot_copy.cpus; i++) {
        program_end(&programs[i]);
    }
    step_end();
}

static void user_running(void)
{
    sync_store64(&second, 1);
    others_attention();
    await_others(&second, "attention: CPUs that run programs get it",
                 end_programs);
}

static void gather_running(void)
{
    for (uint32_t i = 1; i < boot_copy.cpus; i++) {
        const void *word = program_word(&programs[i], PAGE_OUT);

        if (sync_load64(word) > 0) {
            sync_or64(&ran, 1ull << i);
        }
    }
}

static void user_started(void)
{
    await_others(&ran, "attention: and run", user_running);
    awaited_gather = gather_running;
}

static void to_user(const char *entry)
{
    static const struct other_events events = {.attention = user_attention,
                                               .syscall = user_syscall};

    if (alone()) {
        return;
    }
    sync_store64(&first, 0);
    sync_store64(&second, 0);
    sync_store64(&ran, 0);
    for (uint32_t i = 1; i < boot_copy.cpus; i++) {
        program_make(&programs[i], entry);
    }
    program_none();
    others_do(&events);
    others_attention();
    await_others(&first, "attention: programs are started by it", user_started);
}

static void to_user_computing(void)
{
    to_user(conf_u_count);
}

static void to_user_entering(void)
{
    to_user(conf_u_enter);
}

/* The first stays in the kernel until the second is on its way. */
static void kernel_attention(uint32_t cpu)
{
    uint64_t rounds = 0;

    if ((sync_or64(&first, 1ull << cpu) & 1ull << cpu) != 0) {
        sync_or64(&second, 1ull << cpu);
        return;
    }
    while (!hal_irq_pending() && rounds++ < ROUNDS_MAX) {
        hal_cpu_relax();
    }
}

static void to_kernel(void)
{
    static const struct other_events events = {.attention = kernel_attention};

    if (alone()) {
        return;
    }
    sync_store64(&first, 0);
    sync_store64(&second, 0);
    others_do(&events);
    others_attention();
    spin_for_others(&first, "attention: CPUs are in the kernel");
    others_attention();
    await_others(&second, "attention: they get it when they have left",
                 step_end);
}

/* ---------------------------------------------------------------- deadlines */

static uint64_t deadlines_ns[LIMIT_CPUS];
static sync_u64 ticked;
static sync_u64 early;

static void arm_own(uint32_t cpu)
{
    deadlines_ns[cpu] = hal_time_now() + (boot_copy.cpus - cpu) * 3 * LOOK_NS;
    hal_time_arm(deadlines_ns[cpu]);
}

static void own_tick(uint32_t cpu)
{
    if (deadlines_ns[cpu] == 0) {
        return; /* before it was armed */
    }
    if (hal_time_now() < deadlines_ns[cpu]) {
        sync_or64(&early, 1ull << cpu);
        hal_time_arm(deadlines_ns[cpu]);
        return;
    }
    hal_time_disarm();
    sync_or64(&ticked, 1ull << cpu);
}

static void deadlines_over(void)
{
    note("early", sync_load64(&early));
    step_end();
}

static void deadlines(void)
{
    static const struct other_events events = {.attention = arm_own,
                                               .tick = own_tick};

    if (alone()) {
        return;
    }
    sync_store64(&ticked, 0);
    sync_store64(&early, 0);
    others_do(&events);
    others_attention();
    await_others(&ticked, "time: each CPU has its own deadline",
                 deadlines_over);
}

const struct step cpu_steps[] = {
    {"CPUs start", start},
    {"attention while idle", to_idle},
    {"attention while computing", to_user_computing},
    {"attention while entering", to_user_entering},
    {"attention in the kernel", to_kernel},
    {"deadlines of CPUs", deadlines},
    {NULL, NULL},
};
