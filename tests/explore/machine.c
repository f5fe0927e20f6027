/*
 * machine.c - CPUs, interrupts and time of the explorer's machine.
 *
 * A CPU takes what is pending when it is outside of the kernel: before a program
 * goes on, and before its gate call becomes a kernel entry. Attention comes before
 * a tick, for a kernel that wants to come back at once arms one for now. The clock stands
 * still but for the clock actor, which moves it to the first deadline.
 */
#include "machine.h"

#include "check.h"
#include "engine.h"
#include "fiber.h"
#include "start.h"
#include "user.h"

struct machine_cpu machine_cpus[EXPLORE_CPUS_MAX];
struct machine_user machine_users[MACHINE_USERS];
unsigned char machine_memory[MACHINE_MEMORY_BYTES]
    __attribute__((aligned(PAGE_SIZE)));

static uint64_t now_ns = 1; /* 0 means in places of the core: not read */
static uint64_t entropy;

static struct machine_cpu *self(void)
{
    return &machine_cpus[explore_cpu];
}

/* ----------------------------------------------------------------- interrupts */

bool machine_irq_pending(void)
{
    struct machine_cpu *cpu = self();

    explore_load(&cpu->attention);
    if (!cpu->attention) {
        explore_load(&cpu->tick);
    }
    return cpu->attention || cpu->tick;
}

void hal_cpu_interrupt(uint32_t number)
{
    struct machine_cpu *cpu = &machine_cpus[number];

    REQUIRE(number < explore_scenario->cpus && number != explore_cpu);
    explore_store(&cpu->attention);
    cpu->attention = 1;
    explore_ready(number);
}

void machine_answer(void)
{
    struct machine_cpu *cpu = self();

    explore_load(&cpu->flush);
    if (cpu->flush) {
        machine_flushed();
        explore_store(&cpu->flush);
        cpu->flush = 0;
    }
}

void machine_relax(void)
{
    machine_answer();
    explore_spin();
}

void hal_tlb_flush(struct hal_space *space, uint64_t mask)
{
    (void)space;
    REQUIRE(!(mask >> explore_scenario->cpus) && !(mask >> explore_cpu & 1));
    for (uint32_t i = 0; i < explore_scenario->cpus; i++) {
        if (mask >> i & 1) {
            explore_store(&machine_cpus[i].flush);
            machine_cpus[i].flush = 1;
            explore_ready(i);
        }
    }
    for (uint32_t i = 0; i < explore_scenario->cpus; i++) {
        while (mask >> i & 1) {
            explore_load(&machine_cpus[i].flush);
            if (!machine_cpus[i].flush) {
                break;
            }
            machine_answer();
            if (machine_cpus[i].flush) {
                explore_spin_on(&machine_cpus[i].flush);
            }
        }
    }
}

/* ----------------------------------------------------------------------- time */

uint64_t hal_time_now(void)
{
    explore_load(&now_ns);
    return now_ns;
}

void hal_time_arm(uint64_t deadline_ns)
{
    struct machine_cpu *cpu = self();

    explore_store(&cpu->armed_ns);
    cpu->armed_ns = deadline_ns;
    explore_load(&now_ns);
    if (deadline_ns <= now_ns) {
        cpu->armed_ns = UINT64_MAX;
        explore_store(&cpu->tick);
        cpu->tick = 1;
    }
}

void hal_time_disarm(void)
{
    explore_store(&self()->armed_ns);
    self()->armed_ns = UINT64_MAX;
}

static uint64_t first_deadline(void)
{
    uint64_t first = UINT64_MAX;

    for (uint32_t i = 0; i < explore_scenario->cpus; i++) {
        if (!machine_cpus[i].tick && machine_cpus[i].armed_ns < first) {
            first = machine_cpus[i].armed_ns;
        }
    }
    return first;
}

bool machine_deadline(void)
{
    return first_deadline() != UINT64_MAX;
}

void machine_clock(void)
{
    uint64_t first = first_deadline();

    if (first > now_ns) {
        explore_store(&now_ns);
        now_ns = first;
    }
    for (uint32_t i = 0; i < explore_scenario->cpus; i++) {
        struct machine_cpu *cpu = &machine_cpus[i];

        explore_load(&cpu->armed_ns);
        if (cpu->armed_ns <= now_ns) {
            explore_store(&cpu->armed_ns);
            cpu->armed_ns = UINT64_MAX;
            explore_store(&cpu->tick);
            cpu->tick = 1;
            explore_ready(i);
        }
    }
}

/* ------------------------------------------------------------------- programs */

static void user_fiber(void)
{
    user_main(machine_running());
}

struct machine_user *machine_running(void)
{
    return &machine_users[self()->resumed->user - 1];
}

/* A stack for a context that runs for the first time. */
static struct machine_user *user_begin(struct hal_context *context)
{
    for (uint32_t i = 0; i < MACHINE_USERS; i++) {
        struct machine_user *user = &machine_users[i];

        if (!user->context || user->context->user != i + 1) {
            user->context = context;
            user->wants = user->has_fault = false;
            user->at = fiber_make(EXPLORE_CPUS_MAX + i, user_fiber);
            explore_write(&context->user, sizeof(context->user));
            context->user = i + 1;
            return user;
        }
    }
    explore_fail("explorer", "too many threads");
}

void machine_leave(struct machine_user *user)
{
    user->wants = true;
    fiber_switch(&user->at, self()->at);
}

void machine_compute(struct machine_user *user)
{
    struct machine_cpu *cpu = self();

    if (!cpu->tick && !cpu->attention && !cpu->flush) {
        /* Others run: it would do the same again and again. */
        explore_wait();
    }
    user->wants = false;
    fiber_switch(&user->at, self()->at);
}

/* Lets the program run until it wants something. */
static void run_user(struct machine_user *user)
{
    explore_read(&user->context->result, sizeof(user->context->result));
    fiber_switch(&self()->at, user->at);
}

/* --------------------------------------------------------------------- a CPU */

static void leave(void)
{
    struct machine_cpu *cpu = self();

    machine_left();
    machine_answer();
    cpu->inside = false;
    REQUIRE(!cpu->resumed || cpu->active);
}

static bool take_pending(void)
{
    struct machine_cpu *cpu = self();

    machine_answer();
    explore_load(&cpu->attention);
    if (cpu->attention) {
        explore_store(&cpu->attention);
        cpu->attention = 0;
        cpu->inside = true;
        core_on_irq(HAL_IRQ_ATTENTION);
        leave();
        return true;
    }
    explore_load(&cpu->tick);
    if (cpu->tick) {
        explore_store(&cpu->tick);
        cpu->tick = 0;
        cpu->inside = true;
        core_on_tick();
        leave();
        return true;
    }
    return false;
}

static void enter(struct machine_user *user)
{
    user->wants = false;
    self()->inside = true;
    if (user->has_fault) {
        user->has_fault = false;
        core_on_fault(&user->fault);
    } else {
        core_on_syscall(user->number, user->a0, user->a1);
    }
    leave();
}

/* Nothing to run: until an interrupt, a tick or a flush is wanted. */
static void idle(void)
{
    struct machine_cpu *cpu = self();

    if (!cpu->tick && !cpu->attention && !cpu->flush) {
        explore_wait();
    }
}

static void boot(void)
{
    struct hal_boot info = {
        .version = HAL_VERSION,
        .cpus = explore_scenario->cpus,
        .machine = "explorer",
        .ranges = 1,
        .memory = {{PAGE_SIZE, MACHINE_PACKAGE_PHYS - PAGE_SIZE}},
        .package = {MACHINE_PACKAGE_PHYS,
                    user_package(machine_memory + MACHINE_PACKAGE_PHYS)},
    };

    core_on_boot(&info);
    for (uint32_t i = 1; i < explore_scenario->cpus; i++) {
        explore_ready(i);
    }
}

void machine_cpu(void)
{
    self()->inside = true;
    if (explore_cpu == 0) {
        boot();
    } else {
        core_on_cpu();
    }
    leave();
    for (;;) {
        struct hal_context *context;

        explore_turn();
        if (take_pending()) {
            continue;
        }
        context = self()->resumed;
        if (!context) {
            idle();
            continue;
        }
        explore_read(&context->user, sizeof(context->user));
        if (!context->user) {
            run_user(user_begin(context));
        } else if (machine_running()->wants) {
            enter(machine_running());
        } else {
            run_user(machine_running());
        }
    }
}

void machine_stopped(void)
{
    check_stopped();
}

uint32_t machine_stacks(void **at)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < explore_scenario->cpus; i++) {
        if (machine_cpus[i].at) {
            at[count++] = machine_cpus[i].at;
        }
    }
    for (uint32_t i = 0; i < MACHINE_USERS; i++) {
        if (machine_users[i].at) {
            at[count++] = machine_users[i].at;
        }
    }
    return count;
}

static void will_change(const void *at, size_t bytes)
{
    uint32_t offset;

    if (state_holds(at, &offset)) {
        state_dirty(offset, (uint32_t)bytes);
    }
}

void machine_start(void)
{
    will_change(machine_cpus, sizeof(machine_cpus));
    will_change(machine_users, sizeof(machine_users));
    will_change(&now_ns, sizeof(now_ns));
    will_change(&entropy, sizeof(entropy));
    check_start();
    machine_spaces_start();
}

/* ------------------------------------------------------------------ the rest */

_Noreturn void hal_stop(const char *reason)
{
    explore_fail("stop", "%s", reason);
}

_Noreturn void hal_power_off(uint32_t status)
{
    (void)status;
    explore_off();
}

_Noreturn void hal_reboot(void)
{
    explore_off();
}

void hal_console_write(enum hal_port port, const void *bytes, size_t size)
{
    (void)port;
    explore_trace("  log: %.*s", (int)size, (const char *)bytes);
}

int64_t hal_console_read(enum hal_port port, void *bytes, size_t max)
{
    (void)port, (void)bytes, (void)max;
    return 0;
}

void hal_console_select(uint32_t port)
{
    (void)port;
}

enum hal_wall hal_time_page(struct time_page *page)
{
    (void)page; /* no program of the scenarios reads it */
    return HAL_WALL_UNSET;
}

enum hal_entropy_source hal_entropy_source(void)
{
    return HAL_ENTROPY_SEEDED;
}

void hal_entropy(void *bytes, size_t size)
{
    unsigned char *byte = bytes;

    explore_write(bytes, size);
    while (size--) {
        entropy = entropy * 6364136223846793005ull + 1442695040888963407ull;
        *byte++ = (unsigned char)(entropy >> 56);
    }
}

void hal_context_init(struct hal_context *context, uint64_t entry,
                      uint64_t stack, uint64_t argument)
{
    explore_write(context, sizeof(*context));
    *context = (struct hal_context){
        .entry = entry, .stack = stack, .argument = argument};
}

void hal_context_tls(struct hal_context *context, uint64_t base)
{
    explore_write(&context->tls, sizeof(context->tls));
    context->tls = base;
}

int32_t hal_trace_start(const char *name)
{
    (void)name;
    return ERR_NOT_FOUND;
}

void hal_trace_stop(void)
{
}

void hal_trace(enum trace_kind kind, uint32_t thread, uint64_t a, uint64_t b)
{
    static const char *const names[] = {
#define TRACE_KIND_NAME(id, value, name) [value] = name,
        TRACE_KINDS(TRACE_KIND_NAME)
#undef TRACE_KIND_NAME
    };

    if (explore_tracing()) {
        explore_trace("cpu%u t%-2u %s %#llx %#llx\n", explore_cpu, thread,
                      names[kind], (unsigned long long)a,
                      (unsigned long long)b);
    }
}
