/*
 * conformance_core.c - the toy kernel: events, steps, frames and programs.
 */
#include "conformance.h"

#include "fmt.h"

struct events on;
struct hal_boot boot_copy;
bool under_valgrind;

static const struct step *const lists[] = {
    memory_steps, time_steps, run_steps, fault_steps, cpu_steps, flush_steps};
static sync_pointer others; /* const struct other_events * */
sync_u64 started;
static uint32_t list;
static const struct step *next_step;
static bool ended;
static uint32_t checks;
static uint32_t failures;
static uint64_t frame_next;
static uint64_t frame_end;

static void print(const char *text)
{
    size_t length = 0;

    while (text[length] != '\0') {
        length++;
    }
    hal_console_write(HAL_PORT_TERMINAL, text, length);
}

void check(bool good, const char *what)
{
    char line[160];

    checks++;
    failures += !good;
    fmt_format(line, sizeof(line), "%sok %u - %s\n", good ? "" : "not ", checks,
               what);
    print(line);
}

void note(const char *what, uint64_t value)
{
    char line[160];

    fmt_format(line, sizeof(line), "# %s 0x%lx\n", what, (unsigned long)value);
    print(line);
}

uint64_t frames(uint64_t count)
{
    uint64_t phys = frame_next;

    if (frame_end - frame_next < count * PAGE_SIZE) {
        hal_stop("conformance: out of frames");
    }
    frame_next += count * PAGE_SIZE;
    __builtin_memset(hal_phys_pointer(phys), 0, count * PAGE_SIZE);
    return phys;
}

/* ----------------------------------------------------------------- programs */

int32_t map_pages(struct hal_space *space, uint64_t va, uint64_t phys,
                  uint64_t pages, uint32_t protection, uint32_t *tables)
{
    while (hal_space_tables(space, va, pages) > 0) {
        hal_space_give(space, frames(1));
        ++*tables;
    }
    return hal_space_map(space, va, phys, pages, protection);
}

uint32_t take_tables(struct hal_space *space)
{
    uint32_t count = 0;

    while (hal_space_take(space) != HAL_NO_FRAME) {
        count++;
    }
    return count;
}

uint64_t program_address(const struct program *program, const char *label)
{
    return program->code + (uint64_t)(label - conf_user_begin);
}

uint64_t *program_word(struct program *program, uint64_t offset)
{
    size_t bytes = 8;

    return hal_user_view(&program->space, program->data + offset, HAL_WRITE,
                         &bytes);
}

void program_make(struct program *program, const char *entry)
{
    uint64_t size = (uint64_t)(conf_user_end - conf_user_begin);
    uint64_t code = frames(size / PAGE_SIZE);
    int32_t failed = hal_space_init(&program->space, frames(1));
    uint64_t base = hal_space_base(&program->space);

    program->tables = 0;
    program->code = base + CODE_OFFSET;
    program->data = base + DATA_OFFSET;
    program->data_phys = frames(1);
    __builtin_memcpy(hal_phys_pointer(code), conf_user_begin, size);
    failed |= map_pages(&program->space, program->code, code, size / PAGE_SIZE,
                        HAL_READ | HAL_EXECUTE, &program->tables);
    failed |= map_pages(&program->space, program->data, program->data_phys, 1,
                        HAL_READ | HAL_WRITE, &program->tables);
    failed |=
        map_pages(&program->space, base + STACK_OFFSET, frames(STACK_PAGES),
                  STACK_PAGES, HAL_READ | HAL_WRITE, &program->tables);
    if (failed != 0) {
        hal_stop("conformance: cannot make a program");
    }
    *program_word(program, PAGE_GATE) = hal_space_gate(&program->space);
    hal_context_init(&program->context, program_address(program, entry),
                     base + STACK_OFFSET + STACK_PAGES * PAGE_SIZE - 8,
                     program->data);
}

void program_run(struct program *program)
{
    hal_space_activate(&program->space);
    hal_user_resume(&program->context);
}

void program_none(void)
{
    hal_user_resume(NULL);
    hal_space_activate(NULL);
}

void program_end(struct program *program)
{
    uint64_t size = (uint64_t)(conf_user_end - conf_user_begin);
    uint64_t base = hal_space_base(&program->space);

    program_none();
    hal_space_unmap(&program->space, base + CODE_OFFSET, size / PAGE_SIZE);
    hal_space_unmap(&program->space, base + DATA_OFFSET, 1);
    hal_space_unmap(&program->space, base + STACK_OFFSET, STACK_PAGES);
    if (take_tables(&program->space) != program->tables) {
        check(false, "every frame given to a space is taken back");
    }
    hal_space_fini(&program->space);
}

/* -------------------------------------------------------------------- steps */

void step_end(void)
{
    ended = true;
}

/* Starts steps until one has to wait for the machine. */
static void proceed(void)
{
    while (ended) {
        if (next_step->start == NULL) {
            if (++list == sizeof(lists) / sizeof(lists[0])) {
                note("checks", checks);
                hal_power_off(failures < 99 ? failures : 99);
            }
            next_step = lists[list];
            continue;
        }
        ended = false;
        others_do(NULL);
        on = (struct events){.tick = NULL};
        print("# ");
        print(next_step->name);
        print("\n");
        (next_step++)->start();
    }
}

void core_on_boot(const struct hal_boot *boot)
{
    const struct hal_range *best = &boot->memory[0];

    boot_copy = *boot;
    for (uint32_t i = 1; i < boot->ranges; i++) {
        if (boot->memory[i].bytes > best->bytes) {
            best = &boot->memory[i];
        }
    }
    frame_next = best->phys;
    frame_end = best->phys + best->bytes;
    next_step = lists[0];
    ended = true;
    proceed();
}

void others_do(const struct other_events *events)
{
    static const struct other_events nothing;

    sync_store_pointer(&others,
                       (void *)(uintptr_t)(events != NULL ? events : &nothing));
}

/* What CPU 0 does goes to the step, what others do, to its other events. */
static const struct other_events *other(void)
{
    return hal_cpu_self() != 0 ? sync_load_pointer(&others) : NULL;
}

void core_on_cpu(void)
{
    sync_or64(&started, 1ull << hal_cpu_self());
}

void core_on_syscall(uint64_t number, uint64_t a0, uint64_t a1)
{
    const struct other_events *events = other();

    if (events != NULL && events->syscall != NULL) {
        events->syscall(hal_cpu_self());
    } else if (events != NULL || on.syscall == NULL) {
        hal_stop("conformance: unexpected system call");
    } else {
        on.syscall(number, a0, a1);
        proceed();
    }
}

void core_on_tick(void)
{
    const struct other_events *events = other();

    if (events == NULL) {
        if (on.tick != NULL) {
            on.tick();
        }
        proceed();
    } else if (events->tick != NULL) {
        events->tick(hal_cpu_self());
    }
}

void core_on_irq(enum hal_irq line)
{
    const struct other_events *events = other();

    if (line == HAL_IRQ_TERMINAL) {
        return; /* what is typed is not read here */
    }
    if (events == NULL) {
        if (on.attention != NULL) {
            on.attention();
        }
        proceed();
    } else if (events->attention != NULL) {
        events->attention(hal_cpu_self());
    }
}

void core_on_fault(const struct hal_fault *fault)
{
    const struct other_events *events = other();

    if (events != NULL && events->fault != NULL) {
        events->fault(hal_cpu_self(), fault);
    } else if (events != NULL || on.fault == NULL) {
        note("CPU", hal_cpu_self());
        note("vector", fault->vector);
        note("ip", fault->ip);
        note("address", fault->address);
        hal_stop("conformance: unexpected fault");
    } else {
        on.fault(fault);
        proceed();
    }
}
