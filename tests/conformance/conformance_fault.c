/*
 * conformance_fault.c - every class of fault ends with the right words, and
 * the machine goes on.
 */
#include "conformance.h"

#define NO_ERROR UINT32_MAX
#define NO_ADDRESS UINT64_MAX

enum expectation_flag {
    NOT_IN_VALGRIND = 1, /* it does not emulate this */
    OPTIONAL = 2,        /* a machine may let the program go on */
    IP_AT_ADDRESS = 4,   /* a jump: the instruction is at the target */
    ANY_IP = 8,
    ADDRESS_CODE = 16, /* address is the start of the program's code */
    ADDRESS_DATA = 32, /* address is PAGE_OUT of its data */
};

struct expectation {
    const char *name;
    const char *entry;
    const char *at; /* label of the instruction, or NULL */
    uint32_t vector;
    uint32_t other_vector; /* also right */
    uint32_t error;
    uint64_t address;
    uint32_t flags;
};

#define DECLARE(name) extern const char conf_f_##name[], conf_f_##name##_at[];
#define DECLARE_JUMP(name) extern const char conf_f_##name[];

DECLARE(divide)
DECLARE(step)
DECLARE(breakpoint)
DECLARE(opcode)
DECLARE(halt)
DECLARE(port)
DECLARE(interrupts)
DECLARE(interrupt)
DECLARE(null_read)
DECLARE(null_write)
DECLARE_JUMP(null_jump)
DECLARE(text_write)
DECLARE_JUMP(data_jump)
DECLARE(wild_read)
DECLARE(wild_stack)
DECLARE(low_stack)
DECLARE(gate_stack)
DECLARE(x87)
DECLARE(sse)
DECLARE(alignment)
DECLARE_JUMP(x87_gate)
DECLARE(foreign)
extern const char conf_u_touch[], conf_u_touch_at[];

#define AT(name) #name, conf_f_##name, conf_f_##name##_at
#define JUMP(name) #name, conf_f_##name, NULL

static const struct expectation expectations[] = {
    {AT(divide), 0, 0, 0, 0, 0},
    {AT(step), 1, 1, 0, 0, NOT_IN_VALGRIND},
    {AT(breakpoint), 3, 3, 0, 0, 0},
    {AT(opcode), 6, 6, 0, 0, 0},
    {AT(halt), 13, 13, NO_ERROR, 0, 0},
    {AT(port), 13, 13, NO_ERROR, 0, NOT_IN_VALGRIND},
    {AT(interrupts), 13, 13, NO_ERROR, 0, NOT_IN_VALGRIND},
    {AT(interrupt), 13, 13, NO_ERROR, 0, NOT_IN_VALGRIND}, /* QEMU: 16 * n */
    {AT(null_read), 14, 14, 4, 0, 0},
    {AT(null_write), 14, 14, 6, 16, 0},
    {JUMP(null_jump), 14, 14, 0x14, 0, IP_AT_ADDRESS},
    {AT(text_write), 14, 14, 7, 0, ADDRESS_CODE},
    {JUMP(data_jump), 14, 14, 0x15, 0, IP_AT_ADDRESS | ADDRESS_DATA},
    {AT(wild_read), 13, 13, 0, 0, 0},
    {AT(wild_stack), 12, 13, NO_ERROR, 0, 0},
    {AT(low_stack), 14, 14, 6, 4088, 0},
    {AT(gate_stack), 14, 14, NO_ERROR, NO_ADDRESS, ANY_IP},
    {AT(x87), 16, 16, 0, 0, NOT_IN_VALGRIND},
    {AT(sse), 19, 19, 0, 0, NOT_IN_VALGRIND | OPTIONAL}, /* not in QEMU */
    {AT(alignment), 17, 17, 0, 0, NOT_IN_VALGRIND | OPTIONAL},
    {AT(foreign), HAL_FAULT_GATE, HAL_FAULT_GATE, 0, 0, NOT_IN_VALGRIND},
};

#define EXPECTATIONS (sizeof(expectations) / sizeof(expectations[0]))

static struct program victim;
static uint32_t current;

static void start_next(void);

static bool right(const struct hal_fault *fault)
{
    const struct expectation *want = &expectations[current];
    uint64_t address = want->address;
    uint64_t ip = 0;

    if ((want->flags & ADDRESS_CODE) != 0) {
        address = victim.code;
    } else if ((want->flags & ADDRESS_DATA) != 0) {
        address = victim.data + PAGE_OUT;
    }
    if (want->at != NULL) {
        ip = program_address(&victim, want->at);
    } else if ((want->flags & IP_AT_ADDRESS) != 0) {
        ip = address;
    }
    /* Valgrind makes up error codes, and cannot always name the instruction. */
    return (fault->vector == want->vector ||
            fault->vector == want->other_vector) &&
           ((want->flags & ANY_IP) != 0 || under_valgrind || fault->ip == ip) &&
           (want->error == NO_ERROR || under_valgrind ||
            fault->error == want->error) &&
           (address == NO_ADDRESS || fault->address == address);
}

static void note_fault(const struct hal_fault *fault)
{
    note("vector", fault->vector);
    note("error", fault->error);
    note("ip", fault->ip - victim.code);
    note("address", fault->address);
}

static void faulted(const struct hal_fault *fault)
{
    bool good = right(fault);

    if (!good) {
        note_fault(fault);
    }
    check(good, expectations[current].name);
    program_end(&victim);
    current++;
    start_next();
}

static void survived(uint64_t number, uint64_t a0, uint64_t a1)
{
    (void)number, (void)a0, (void)a1;
    check((expectations[current].flags & OPTIONAL) != 0,
          expectations[current].name);
    program_end(&victim);
    current++;
    start_next();
}

static void start_next(void)
{
    while (current < EXPECTATIONS && under_valgrind &&
           (expectations[current].flags & NOT_IN_VALGRIND) != 0) {
        current++;
    }
    if (current == EXPECTATIONS) {
        step_end();
        return;
    }
    program_make(&victim, expectations[current].entry);
    program_run(&victim);
}

static void faults(void)
{
    on.fault = faulted;
    on.syscall = survived;
    start_next();
}

/* ----------------------------------------------- what the gate must survive */

static void gate_survived(uint64_t number, uint64_t a0, uint64_t a1)
{
    (void)a1;
    check(number == CONF_DONE && a0 == 0,
          "a pending x87 exception does not reach the kernel");
    program_end(&victim);
    step_end();
}

static void pending_x87(void)
{
    on.syscall = gate_survived;
    program_make(&victim, conf_f_x87_gate);
    program_run(&victim);
}

/* A thread may be started anywhere: the fault is its own. */
static void wild_start_fault(const struct hal_fault *fault)
{
    check(fault->vector == 13 || fault->vector == 14,
          "a wild entry point is the program's fault");
    program_end(&victim);
    step_end();
}

static void wild_start(void)
{
    if (under_valgrind) {
        step_end(); /* it would report the jump, rightly */
        return;
    }
    on.fault = wild_start_fault;
    program_make(&victim, conf_f_opcode);
    hal_context_init(&victim.context, 0x8000000000000000,
                     victim.data + 4096 - 8, victim.data);
    program_run(&victim);
}

/* ------------------------------------- mappings that change under a program */

static bool unmaps;

static void touched(uint64_t number, uint64_t a0, uint64_t a1)
{
    uint64_t va = hal_space_base(&victim.space) + 0x200000;

    (void)a0, (void)a1;
    check(number == CONF_ECHO, "a mapped page can be written");
    if (unmaps) {
        hal_space_unmap(&victim.space, va, 1);
    } else {
        hal_space_protect(&victim.space, va, 1, HAL_READ);
    }
}

static void touch_fault(const struct hal_fault *fault)
{
    uint64_t va = hal_space_base(&victim.space) + 0x200000;

    bool good = fault->vector == 14 && fault->address == va &&
                (under_valgrind || fault->error == (unmaps ? 6u : 7u)) &&
                fault->ip == program_address(&victim, conf_u_touch_at);

    if (!good) {
        note_fault(fault);
    }
    check(good, unmaps ? "and not after unmap" : "and not after protect");
    hal_space_unmap(&victim.space, va, 1);
    program_end(&victim);
    if (unmaps) {
        step_end();
        return;
    }
    unmaps = true;
    program_make(&victim, conf_u_touch);
    map_pages(&victim.space, hal_space_base(&victim.space) + 0x200000,
              frames(1), 1, HAL_READ | HAL_WRITE, &victim.tables);
    *program_word(&victim, PAGE_IN) = hal_space_base(&victim.space) + 0x200000;
    program_run(&victim);
}

static void changing(void)
{
    on.syscall = touched;
    on.fault = touch_fault;
    unmaps = false;
    program_make(&victim, conf_u_touch);
    map_pages(&victim.space, hal_space_base(&victim.space) + 0x200000,
              frames(1), 1, HAL_READ | HAL_WRITE, &victim.tables);
    *program_word(&victim, PAGE_IN) = hal_space_base(&victim.space) + 0x200000;
    program_run(&victim);
}

/* ---------------------------------------------------------------- isolation */

static struct program other;

static void isolation_end(const char *what)
{
    check(*program_word(&other, PAGE_OUT) == 0 || what[0] == 'n', what);
    program_end(&victim);
    program_end(&other);
    step_end();
}

static void out_of_reach(const struct hal_fault *fault)
{
    (void)fault;
    isolation_end("another space's memory is out of reach");
}

static void in_reach(uint64_t number, uint64_t a0, uint64_t a1)
{
    (void)number, (void)a0, (void)a1;
    isolation_end("no isolation: another space's memory is in reach");
}

/* The simulator isolates with --strict only, and says so by this line. */
static void isolation(void)
{
    on.syscall = in_reach;
    on.fault = out_of_reach;
    program_make(&other, conf_u_touch);
    program_make(&victim, conf_u_touch);
    *program_word(&victim, PAGE_IN) = other.data + PAGE_OUT;
    program_run(&victim);
}

const struct step fault_steps[] = {
    {"isolation", isolation},
    {"faults", faults},
    {"pending x87 exception", pending_x87},
    {"wild start", wild_start},
    {"changing mappings", changing},
    {NULL, NULL},
};
