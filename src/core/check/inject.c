/* inject.c - counting points and refusing one of them (inject.h). */
#include "check/inject.h"

#include <stdarg.h>

#include "capnp/server.h"
#include "fail.h"
#include "fmt.h"
#include "sched/cpu.h"
#include "text.h"

#define INJECT_LINE_BYTES 1024u
#define INJECT_REASON_BYTES 256u
#define INJECT_FLUSH_ROUNDS 64u

enum inject_mode {
    INJECT_COUNT = 0,
    INJECT_REFUSE,
    INJECT_WATCH,
    INJECT_SKIP,
};

/* How an operation ended, or is to end. */
struct inject_outcome {
    int32_t status;
    uint32_t kind;
    int32_t detail;
    char reason[INJECT_REASON_BYTES];
};

/* Beside the kinds of points, where orders can be asked for. */
#define INJECT_OPERATION INJECT_KINDS
#define INJECT_PLACES (INJECT_KINDS + 1u)

static const char *const inject_names[INJECT_PLACES] = {
    "heap", "frames", "charge", "slot", "map", "ipi", "operation",
};

bool inject_on;

static struct inject {
    enum inject_mode mode;
    enum inject_kind kind; /* INJECT_REFUSE */
    uint32_t place; /* where they are asked for; stop 0: nowhere */
    uint64_t stop;  /* its number */
    uint64_t number;       /* of the point, or of the operation to skip */
    uint64_t look;         /* operations before the state is shown */
    struct inject_outcome outcome; /* INJECT_SKIP */
    sync_u64 points[INJECT_KINDS];
    uint64_t before[INJECT_KINDS]; /* points before this operation */
    uint64_t operations;           /* begun, one CPU only */
    uint32_t depth;      /* operations inside of each other */
    bool hit;            /* in the operation that is going on */
    bool due;            /* the state is to be shown */
    bool shown;
    struct cpu *late_by; /* who has to interrupt CPU late */
    uint32_t late;
    bool late_now; /* at its next way out */
} inject;

void inject_say(const char *format, ...)
{
    char line[INJECT_LINE_BYTES];
    va_list args;
    size_t length;

    va_start(args, format);
    length = fmt_vformat(line, sizeof(line) - 1, format, args);
    va_end(args);
    length = length < sizeof(line) - 1 ? length : sizeof(line) - 2;
    line[length++] = '\n';
    hal_console_write(HAL_PORT_LOG, line, length);
}

/* ---------------------------------------------------------------- the words */

/* Takes what begins with the word and a colon, or is the word. */
static bool words_take(const char **at, const char *word)
{
    uint64_t length = text_length(word);
    uint64_t have = text_length_max(*at, length + 1);

    if (have < length || !bytes_equal(*at, word, length) ||
        (have > length && (*at)[length] != ':')) {
        return false;
    }
    *at += length + (have > length);
    return true;
}

/* Takes a decimal number and the colon behind it. */
static bool words_number(const char **at, int64_t *number)
{
    bool negative = **at == '-';
    const char *digit = *at + negative;
    int64_t value = 0;

    if (*digit < '0' || *digit > '9') {
        return false;
    }
    while (*digit >= '0' && *digit <= '9' && value < INT64_MAX / 16) {
        value = value * 10 + (*digit++ - '0');
    }
    if (*digit != ':' && *digit != '\0') {
        return false;
    }
    *number = negative ? -value : value;
    *at = digit + (*digit == ':');
    return true;
}

static int32_t hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool words_reason(const char *at, char reason[INJECT_REASON_BYTES])
{
    uint32_t length = 0;

    while (*at != '\0') {
        int32_t high = hex_digit(at[0]);
        int32_t low = high < 0 ? -1 : hex_digit(at[1]);

        if (low < 0 || length == INJECT_REASON_BYTES - 1) {
            return false;
        }
        reason[length++] = (char)(high << 4 | low);
        at += 2;
    }
    reason[length] = '\0';
    return true;
}

static bool words_skip(const char *at)
{
    int64_t numbers[5];

    for (uint32_t i = 0; i < 5; i++) {
        if (!words_number(&at, &numbers[i])) {
            return false;
        }
    }
    inject.mode = INJECT_SKIP;
    inject.number = (uint64_t)numbers[0];
    inject.look = (uint64_t)numbers[1];
    inject.outcome.status = (int32_t)numbers[2];
    inject.outcome.kind = (uint32_t)numbers[3];
    inject.outcome.detail = (int32_t)numbers[4];
    inject.due = true;
    return numbers[2] < 0 && words_reason(at, inject.outcome.reason);
}

static bool words_watch(const char *at)
{
    int64_t look;

    inject.mode = INJECT_WATCH;
    inject.due = words_number(&at, &look) && *at == '\0';
    inject.look = inject.due ? (uint64_t)look : 0;
    return inject.due;
}

/* One of the first so many places and a number, from 1. */
static bool words_place(const char *at, uint32_t places, uint32_t *place,
                        uint64_t *number)
{
    int64_t value;

    for (*place = 0; *place < places; (*place)++) {
        if (words_take(&at, inject_names[*place])) {
            bool good = words_number(&at, &value) && value > 0 && *at == '\0';

            *number = good ? (uint64_t)value : 0;
            return good;
        }
    }
    return false;
}

static bool words_refuse(const char *at)
{
    uint32_t kind;

    if (!words_place(at, INJECT_KINDS, &kind, &inject.number)) {
        return false;
    }
    inject.mode = INJECT_REFUSE;
    inject.kind = (enum inject_kind)kind;
    return true;
}

static bool words_obey(const char *words)
{
    inject.stop = 0;
    if (text_equal(words, "count")) {
        return true;
    }
    if (words_take(&words, "skip")) {
        return words_skip(words);
    }
    if (words_take(&words, "watch")) {
        return words_watch(words);
    }
    return words_take(&words, "to")
               ? words_place(words, INJECT_PLACES, &inject.place, &inject.stop)
               : words_refuse(words);
}

static bool inject_ask(void)
{
    char words[INJECT_LINE_BYTES];
    int64_t length =
        hal_console_read(HAL_PORT_ORDERS, words, sizeof(words) - 1);

    if (length < 0) {
        return false;
    }
    words[length] = '\0';
    return words_obey(words);
}

bool inject_init(const char *words)
{
    __builtin_memset(&inject, 0, sizeof(inject));
    inject_on = words != NULL;
    if (!words) {
        return true;
    }
    return text_equal(words, "orders") ? inject_ask() : words_obey(words);
}

/* Before the number-th of a place. */
static void inject_arrive(uint32_t place, uint64_t number)
{
    if (inject.place == place && inject.stop == number) {
        bool understood = inject_ask();

        ASSERT(understood);
    }
}

/* ------------------------------------------------------------------- points */

static void inject_tell_hit(uint64_t number)
{
    inject.hit = inject.depth != 0;
    inject.due = !inject.hit;
    if (inject.hit) {
        inject_say("inject: refused %s %llu, operation %llu",
                   inject_names[inject.kind], (unsigned long long)number,
                   (unsigned long long)inject.operations);
    } else {
        inject_say("inject: refused %s %llu, no operation",
                   inject_names[inject.kind], (unsigned long long)number);
    }
}

/* It is to be told where points are. */
static bool inject_tells(void)
{
    return inject.mode == INJECT_COUNT && inject.stop == 0;
}

bool inject_point(enum inject_kind kind)
{
    uint64_t number = sync_add64(&inject.points[kind], 1) + 1;

    inject_arrive(kind, number);
    if (inject.depth == 0 && inject_tells()) {
        inject_say("inject: point %s %llu", inject_names[kind],
                   (unsigned long long)number);
    }
    if (inject.mode != INJECT_REFUSE || inject.kind != kind ||
        inject.number != number) {
        return false;
    }
    inject_tell_hit(number);
    return true;
}

/* --------------------------------------------------------------- operations */

static void inject_raise(struct server_call *call,
                         const struct inject_outcome *outcome)
{
    if (call && outcome->status == ERR_EXCEPTION) {
        (void)server_raise(call, outcome->kind, outcome->detail,
                           outcome->reason[0] ? outcome->reason : NULL);
    }
}

/* An operation begins: points from here on are its own. */
static void inject_mark(void)
{
    for (uint32_t kind = 0; kind < INJECT_KINDS; kind++) {
        inject.before[kind] = sync_load64(&inject.points[kind]);
    }
}

/* Tells which points an operation had. */
static void inject_tell_points(void)
{
    for (uint32_t kind = 0; kind < INJECT_KINDS; kind++) {
        uint64_t points = sync_load64(&inject.points[kind]);

        if (points != inject.before[kind]) {
            inject_say("inject: operation %llu %s %llu %llu",
                       (unsigned long long)inject.operations,
                       inject_names[kind],
                       (unsigned long long)inject.before[kind] + 1,
                       (unsigned long long)points);
        }
    }
}

bool inject_begins(struct server_call *call, int32_t *status)
{
    if (cpu_count() > 1) {
        return true;
    }
    if (inject.depth == 0) {
        inject_arrive(INJECT_OPERATION, inject.operations + 1);
        inject.operations++;
        inject_mark();
        if (inject.mode == INJECT_SKIP &&
            inject.operations == inject.number) {
            inject_raise(call, &inject.outcome);
            *status = inject.outcome.status;
            return false;
        }
    }
    inject.depth++;
    return true;
}

static void inject_tell_end(const struct server_call *call, int32_t status)
{
    bool raised = call && status == ERR_EXCEPTION;
    const char *reason =
        raised && call->exception_reason ? call->exception_reason : "";
    char hex[2 * INJECT_REASON_BYTES];
    uint64_t length = text_length_max(reason, INJECT_REASON_BYTES - 1);

    for (uint64_t i = 0; i < length; i++) {
        (void)fmt_format(hex + 2 * i, 3, "%02x", (uint8_t)reason[i]);
    }
    hex[2 * length] = '\0';
    inject_say("inject: ended %d:%u:%d:%s", status,
               raised ? call->exception_kind : 0,
               raised ? call->exception_detail : 0, hex);
}

void inject_ends(const struct server_call *call, int32_t status)
{
    if (cpu_count() > 1) {
        return;
    }
    inject.depth--;
    if (inject.depth == 0 && inject_tells()) {
        inject_tell_points();
    }
    if (inject.hit && inject.depth == 0) {
        inject.hit = false;
        inject.due = true;
        inject_tell_end(call, status);
    }
}

bool inject_point_alone(enum inject_kind kind)
{
    int32_t status;
    bool refused;

    if (!inject_begins(NULL, &status)) {
        return true;
    }
    refused = inject_point(kind);
    inject_ends(NULL, refused ? ERR_OVERLOADED : 0);
    return refused;
}

/*
 * Nor is a flush lost: who asks for it waits. Here the others are asked late, and
 * run on meanwhile with what their CPUs remember.
 */
void inject_flush_late(void)
{
    for (uint32_t i = 0; i < INJECT_FLUSH_ROUNDS; i++) {
        hal_cpu_relax();
    }
}

/* -------------------------------------------------------------- the way out */

/*
 * An interrupt that is sent is never lost, on any machine; but it may take its
 * time. The tick is there so that it comes although nothing else does.
 */
void inject_late(uint32_t cpu)
{
    inject.late_by = cpu_self();
    inject.late = cpu;
}

static void inject_leave_late(struct cpu *cpu)
{
    if (inject.late_now) {
        inject.late_by = NULL;
        hal_cpu_interrupt(inject.late);
        return;
    }
    inject.late_now = true;
    hal_time_arm(0);
    cpu->armed_ns = 0;
}

/* No CPU has anything left to do that would change what is shown. */
static bool inject_quiet(void)
{
    for (uint32_t i = 0; i < cpu_count(); i++) {
        if (cpus[i].pending & (CPU_PENDING_WORK | CPU_PENDING_RETIRED)) {
            return false;
        }
    }
    return true;
}

void inject_leave(struct cpu *cpu)
{
    if (inject.late_by == cpu) {
        inject_leave_late(cpu);
    }
    if (inject.due && !inject.shown && inject.operations >= inject.look &&
        inject_quiet()) {
        inject.shown = true;
        inject_show("look", inject.operations);
    }
}

/* True if no other CPU is in the kernel or comes in. */
static bool inject_alone(void)
{
    if (cpu_count() > 1 && !hal_cpu_lockstep()) {
        return false;
    }
    for (uint32_t i = 0; i < cpu_count(); i++) {
        if (i != hal_cpu_self() &&
            sync_load(&cpus[i].retirement.passes) % 2 != 0) {
            return false;
        }
    }
    return true;
}

void inject_final(void)
{
    if (!VARIANT_CHECKS || !inject_on) {
        return;
    }
    if (inject_alone()) {
        retire_all(); /* or it would depend on who came past last */
    }
    inject_show("final", inject.operations);
    for (uint32_t kind = 0; kind < INJECT_KINDS; kind++) {
        inject_say("inject: points %s %llu", inject_names[kind],
                   (unsigned long long)sync_load64(&inject.points[kind]));
    }
}
