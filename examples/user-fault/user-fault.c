/*
 * user-fault - every exception of the CPU ends the program that caused it, and
 * nothing else.
 *
 * The parent starts a victim (this same program, with an argument) for each
 * case and learns from wait how it ended: faulted, and with which vector. No
 * fault is ever repaired. Instructions that a program must not contain are
 * written into a page that is made executable afterwards.
 *
 * Emulated CPUs do not raise all of them. QEMU's knows neither alignment checks
 * nor SSE exceptions: these two may be missing. Memcheck's raises nothing for
 * flags and control words, cannot stop a raw system call, and calls a
 * privileged instruction an invalid one: there such cases are left out.
 */
#include "capos.h"
#include "memcheck.h"
#include "pages.h"
#include "spawn.h"

#define VECTOR_GATE 256 /* a system call from elsewhere than the gate */
#define NOTHING_HAPPENED 77

static void run_bytes(const uint8_t *bytes, uint32_t size)
{
    uint64_t memory = capset_need("self-memory", VIRTUAL_MEMORY_INTERFACE_ID);
    uint8_t *page = pages_map(PAGE_SIZE);
    void (*code)(void);

    __builtin_memcpy(page, bytes, size);
    virtual_memory_protect(rt(), memory, (uintptr_t)page, 1,
                           PROTECTION_READ_EXECUTE);
    __builtin_memcpy(&code, &page, sizeof(code));
    code();
}

static void null_read(void)
{
    (void)*(volatile char *)(uintptr_t)process_start()->window_base;
}

static void text_write(void)
{
    *(volatile char *)(uintptr_t)text_write = 1;
}

static void data_execute(void)
{
    static uint8_t ret[16] = {0xc3};
    uint8_t *bytes = ret;
    void (*code)(void);

    __builtin_memcpy(&code, &bytes, sizeof(code));
    code();
}

static void wild_jump(void)
{
    uintptr_t target = process_start()->window_base + 16;
    void (*code)(void);

    __builtin_memcpy(&code, &target, sizeof(code));
    code();
}

static void non_canonical(void)
{
    uintptr_t address = 0x8000000000000000ull | process_start()->window_base;

    (void)*(volatile char *)address;
}

static void divide(void)
{
    volatile int seven = 7;
    volatile int zero = 0;
    volatile int result = seven / zero;

    (void)result;
}

static void invalid_opcode(void)
{
    run_bytes((const uint8_t[]){0x0f, 0x0b}, 2);
}

static void halt(void)
{
    run_bytes((const uint8_t[]){0xf4, 0xc3}, 2);
}

static void port_output(void)
{
    run_bytes((const uint8_t[]){0xee, 0xc3}, 2);
}

static void breakpoint(void)
{
    run_bytes((const uint8_t[]){0xcc, 0xc3}, 2);
}

static void raw_syscall(void)
{
    /* mov $39, %eax; syscall; ret: harmless where it is not refused */
    run_bytes((const uint8_t[]){0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3}, 8);
}

static void single_step(void)
{
    __asm__ volatile("lea -128(%%rsp), %%rsp\n pushfq\n"
                     "orq $0x100, (%%rsp)\n popfq\n nop\n nop\n"
                     "lea 128(%%rsp), %%rsp" ::: "memory", "cc");
}

static void alignment(void)
{
    __asm__ volatile("lea -128(%%rsp), %%rsp\n pushfq\n"
                     "orq $0x40000, (%%rsp)\n popfq\n"
                     "movl 1(%%rsp), %%eax\n"
                     "lea 128(%%rsp), %%rsp" ::: "memory", "cc", "rax");
}

static void x87_divide(void)
{
    uint16_t control = 0x037b; /* division by zero not masked */

    __asm__ volatile("fninit\n fldcw %0\n fldz\n fld1\n"
                     "fdiv %%st(1), %%st\n fwait" ::"m"(control));
}

static void sse_divide(void)
{
    uint32_t control = 0x1d80; /* division by zero not masked */
    float one = 1;
    float zero = 0;

    __asm__ volatile("ldmxcsr %2\n divss %1, %0"
                     : "+x"(one)
                     : "x"(zero), "m"(control));
}

static void wrecked_stack(void)
{
    uint64_t address = process_start()->window_base + 16;

    __asm__ volatile("mov %0, %%rsp\n push %0" ::"r"(address) : "memory");
}

/* Calls itself until the stack's guard; the sum keeps it from being a loop. */
static uint64_t recurse(volatile uint64_t depth)
{
    return depth == UINT64_MAX ? 0 : depth + recurse(depth + 1) + depth;
}

static void stack_overflow(void)
{
    recurse(0);
}

static void sibling_busy(void *argument)
{
    (void)argument;
    for (;;) {
        ring_yield(ring_self());
    }
}

static void sibling_idle(void *argument)
{
    (void)argument;
    for (;;) {
        ring_wait(ring_self(), TIMEOUT_NEVER);
    }
}

static void sibling_faulty(void *argument)
{
    (void)argument;
    ring_yield(ring_self());
    null_read();
}

static void with_siblings(void)
{
    struct thread *thread;

    thread_start(&thread, sibling_busy, NULL);
    thread_start(&thread, sibling_idle, NULL);
    ring_yield(ring_self());
    null_read();
}

static void in_sibling(void)
{
    struct thread *thread;

    thread_start(&thread, sibling_busy, NULL);
    thread_start(&thread, sibling_faulty, NULL);
    sibling_idle(NULL);
}

enum where {
    EVERYWHERE,
    NOT_MEMCHECK,
    NOT_EMULATED,
};

struct fault_case {
    const char *name;
    void (*cause)(void);
    int64_t vector;
    enum where where;
};

static const struct fault_case cases[] = {
    {"read of page 0", null_read, 14, EVERYWHERE},
    {"write to program text", text_write, 14, EVERYWHERE},
    {"execution of data", data_execute, 14, EVERYWHERE},
    {"jump into nothing", wild_jump, 14, EVERYWHERE},
    {"stack overflow", stack_overflow, 14, EVERYWHERE},
    {"wrecked stack pointer", wrecked_stack, 14, EVERYWHERE},
    {"non-canonical address", non_canonical, 13, EVERYWHERE},
    {"division by zero", divide, 0, EVERYWHERE},
    {"invalid opcode", invalid_opcode, 6, EVERYWHERE},
    {"halt", halt, 13, NOT_MEMCHECK},
    {"port output", port_output, 13, NOT_MEMCHECK},
    {"breakpoint", breakpoint, 3, NOT_MEMCHECK},
    {"single step", single_step, 1, NOT_MEMCHECK},
    {"alignment check", alignment, 17, NOT_EMULATED},
    {"x87 division by zero", x87_divide, 16, NOT_MEMCHECK},
    {"SSE division by zero", sse_divide, 19, NOT_EMULATED},
    {"raw system call", raw_syscall, VECTOR_GATE, NOT_MEMCHECK},
    {"fault with live siblings", with_siblings, 14, EVERYWHERE},
    {"fault of a sibling", in_sibling, 14, EVERYWHERE},
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

static void check_case(const struct fault_case *fault)
{
    const struct spawn spawn = {.program = "user-fault",
                                .args = &fault->name,
                                .arg_count = 1};
    struct spawned spawned;
    struct spawn_end end = {EXIT_KIND_EXITED, 0, 0};

    if (capos_spawn(&spawn, &spawned, NULL) < 0 ||
        spawn_wait(&spawned, &end) < 0) {
        check(false, "%s: victim started", fault->name);
        return;
    }
    if (end.how == EXIT_KIND_FAULTED) {
        memcheck_fault_over();
    }
    if (fault->where == NOT_EMULATED && end.how == EXIT_KIND_EXITED &&
        end.code == NOTHING_HAPPENED) {
        con_print("  not raised here: %s\n", fault->name);
        return;
    }
    check(end.how == EXIT_KIND_FAULTED && end.code == fault->vector,
          "%s: %s", fault->name,
          end.how == EXIT_KIND_FAULTED ? fault_name(end.code) : "no fault");
}

int main(int argc, char **argv)
{
    bool memcheck = memcheck_running();

    for (uint32_t i = 0; i < CASES; i++) {
        if (argc > 1 && text_equal(argv[1], cases[i].name)) {
            memcheck_fault_next();
            cases[i].cause();
            memcheck_fault_over();
            return NOTHING_HAPPENED;
        }
        if (argc == 1 && memcheck && cases[i].where != EVERYWHERE) {
            con_print("  left out: %s\n", cases[i].name);
        } else if (argc == 1) {
            check_case(&cases[i]);
        }
    }
    return check_status();
}
