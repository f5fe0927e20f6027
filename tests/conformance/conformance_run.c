/* conformance_run.c - the gate, hand-offs, preemption, TLS. */
#include "conformance.h"

#define PREEMPTIONS 40u
#define FLAGS_TESTED 0xcd5u /* CF, PF, AF, ZF, SF, DF, OF */
#define STATE_WORDS 64u     /* 14 registers, 3 of the FPU, padding, 16 xmm */
#define STATE_FPU 14u       /* MXCSR and x87 control word; two doubles */
#define STATE_FPU_END 17u

extern const char conf_u_gate[], conf_u_turn[], conf_u_spin[];
extern const char conf_u_spin_loop[], conf_u_spin_end[], conf_u_tls[];

static struct program programs[2];
static uint32_t running;
static uint32_t ended;
static uint32_t ticks;
static const char *what;

static void run_other(void)
{
    running = 1 - running;
    program_run(&programs[running]);
}

/* Both programs report CONF_DONE; the step ends with the second. */
static void finish(uint64_t wrong)
{
    if (wrong != 0) {
        note("wrong", wrong);
    }
    check(wrong == 0, what);
    ended++;
    if (ended < 2) {
        run_other();
        return;
    }
    hal_time_disarm();
    program_end(&programs[0]);
    program_end(&programs[1]);
    step_end();
}

/* ----------------------------------------------------------------- the gate */

static void gate_call(uint64_t number, uint64_t a0, uint64_t a1)
{
    if (number == CONF_ECHO) {
        check(a0 == 0x1122 && a1 == UINT64_MAX, "gate: arguments arrive");
        hal_context_result(&programs[0].context, CONF_ECHO_RESULT);
        return;
    }
    if (a0 != 0) {
        note("wrong", a0);
    }
    check(number == CONF_DONE && a0 == 0,
          "gate: result, saved registers, control words, the rest cleared");
    program_end(&programs[0]);
    step_end();
}

static void gate(void)
{
    on.syscall = gate_call;
    program_make(&programs[0], conf_u_gate);
    program_run(&programs[0]);
}

/* ----------------------------------------------------------------- hand-off */

static void turn_call(uint64_t number, uint64_t a0, uint64_t a1)
{
    (void)a1;
    if (number == CONF_DONE) {
        finish(a0);
    } else if (ended == 0) {
        run_other();
    }
}

static void start_pair(const char *entry)
{
    ended = 0;
    running = 0;
    program_make(&programs[0], entry);
    program_make(&programs[1], entry);
}

static void turn(void)
{
    static const uint64_t patterns[] = {0x1111111122222222, 0x3333333344444444};
    static const uint64_t words[] = {0x1f80 | 0x2000 | 0x077full << 32,
                                     0x1f80 | 0x6000 | 0x0f7full << 32};

    on.syscall = turn_call;
    what = "hand-off: registers and control words are each program's own";
    start_pair(conf_u_turn);
    for (uint32_t i = 0; i < 2; i++) {
        *program_word(&programs[i], PAGE_IN) = patterns[i];
        *program_word(&programs[i], PAGE_IN + 8) = patterns[1 - i];
        *program_word(&programs[i], PAGE_IN + 16) = words[i];
    }
    program_run(&programs[0]);
}

/* ---------------------------------------------------------------------- TLS */

static void tls(void)
{
    on.syscall = turn_call;
    what = "TLS: each program has its own base";
    start_pair(conf_u_tls);
    for (uint32_t i = 0; i < 2; i++) {
        uint64_t place = programs[i].data + PAGE_OUT;

        *program_word(&programs[i], PAGE_IN) = 0xabc0 + i;
        *program_word(&programs[i], PAGE_OUT) = 0xabc0 + i;
        hal_context_tls(&programs[i].context, place);
    }
    program_run(&programs[0]);
}

/* --------------------------------------------------------------- preemption */

static bool state_kept(struct program *program)
{
    uint64_t flags = *program_word(program, PAGE_FLAGS_IN) ^
                     *program_word(program, PAGE_FLAGS_OUT);
    bool good = (flags & FLAGS_TESTED) == 0;

    if (!good) {
        note("flags", flags);
    }
    for (uint32_t i = 0; i < STATE_WORDS; i++) {
        uint64_t in = *program_word(program, PAGE_IN + 8 * i);
        uint64_t out = *program_word(program, PAGE_OUT + 8 * i);

        if ((i < STATE_FPU_END || i >= 32) && in != out) {
            note("word", i);
            note("was", in);
            note("is", out);
            good = false;
        }
    }
    return good;
}

static void spin_tick(void)
{
    ticks++;
    if (ticks == PREEMPTIONS) {
        for (uint32_t i = 0; i < 2; i++) {
            *program_word(&programs[i], PAGE_JUMP) =
                program_address(&programs[i], conf_u_spin_end);
        }
    }
    hal_time_arm(hal_time_now() + 1000000);
    if (ended == 0) {
        run_other();
    }
}

static void spin_call(uint64_t number, uint64_t a0, uint64_t a1)
{
    (void)a1;
    if (number == CONF_TURN) {
        if (ended == 0) {
            run_other();
        }
        return;
    }
    check(state_kept(&programs[running]),
          "preemption: registers, FPU and flags are kept");
    what = "preemption: the red zone is kept, the x87 stack comes back empty";
    finish(a0);
}

/* Rounding modes, and doubles, of each program's own. */
static void fpu_fill(struct program *program, uint32_t i)
{
    static const uint64_t words[2][STATE_FPU_END - STATE_FPU] = {
        {0x1f80 | 0x2000 | 0x077full << 32, 0x3ff8000000000000,
         0xc002000000000000},
        {0x1f80 | 0x6000 | 0x0f7full << 32, 0x4059000000000000,
         0xbfd5555555555555},
    };

    for (uint32_t j = STATE_FPU; j < STATE_FPU_END; j++) {
        *program_word(program, PAGE_IN + 8 * j) = words[i][j - STATE_FPU];
    }
}

static void preemption(void)
{
    uint64_t value = 0x9e3779b97f4a7c15;

    on.syscall = spin_call;
    on.tick = spin_tick;
    ticks = 0;
    start_pair(conf_u_spin);
    for (uint32_t i = 0; i < 2; i++) {
        for (uint32_t j = 0; j < STATE_WORDS; j++) {
            value = value * 6364136223846793005ull + 1;
            *program_word(&programs[i], PAGE_IN + 8 * j) = value;
        }
        fpu_fill(&programs[i], i);
        *program_word(&programs[i], PAGE_JUMP) =
            program_address(&programs[i], conf_u_spin_loop);
        *program_word(&programs[i], PAGE_FLAGS_IN) =
            i == 0 ? 0x202 | 0xc95 : 0x202 | 0x840;
    }
    hal_time_arm(hal_time_now() + 1000000);
    program_run(&programs[0]);
}

const struct step run_steps[] = {
    {"gate", gate}, {"hand-off", turn},
    {"TLS", tls},   {"preemption", preemption},
    {NULL, NULL},
};
