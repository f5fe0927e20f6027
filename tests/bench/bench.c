/*
 * bench - what the kernel's hot paths cost, in units of the time stamp counter.
 *
 * Under QEMU's instruction counter (-icount shift=0) one unit is one guest
 * instruction, so the figures are exact; elsewhere only ratios within one run
 * mean anything. Each figure is the least of several rounds, per operation, user
 * library included. The arguments say which rows to measure and what each must
 * not exceed and aims for (NAME:MUST:AIM), or which earlier row it must equal to
 * 1 % (NAME:=EARLIER); the exit code is 1 if one is over. Peers are this program
 * again, in other processes.
 */
#include "bench.h"

#include "capos.h"
#include "serve.h"
#include "spawn.h"
#include "text.h"

#define ROUNDS 8u
#define TIMES 256u

#define NAME_BYTES 32u
#define FIGURES_MAX 32u

struct limits {
    char name[NAME_BYTES];
    char equal[NAME_BYTES]; /* the row that it must equal, or "" */
    uint64_t must;          /* 0: nothing has to be shown */
    uint64_t aim;
};

/* What was measured so far. */
static struct {
    const struct bench_row *row;
    uint64_t figure;
} figures[FIGURES_MAX];
static uint32_t figure_count;

static const struct bench_row *const tables[] = {
    bench_ring_rows,
    bench_call_rows,
    bench_cap_rows,
    bench_wait_rows,
};

uint64_t bench_stamp(void)
{
    return __builtin_ia32_rdtsc();
}

/* The least per operation over some rounds. Below 0: what could not be prepared. */
static int64_t measure(const struct bench_row *row)
{
    const uint32_t times = row->times != 0 ? row->times : TIMES;
    uint64_t least = INT64_MAX;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        int32_t status = row->prepare != NULL ? row->prepare() : 0;
        uint64_t start = bench_stamp();

        if (status < 0) {
            return status;
        }
        row->run(times);
        start = (bench_stamp() - start) / times;
        least = start < least ? start : least;
    }
    return (int64_t)least;
}

static uint64_t figure_of(const char *name)
{
    for (uint32_t i = 0; i < figure_count; i++) {
        if (text_equal(figures[i].row->name, name)) {
            return figures[i].figure;
        }
    }
    return 0;
}

static void figure_keep(const struct bench_row *row, uint64_t figure)
{
    if (figure_count < FIGURES_MAX) {
        figures[figure_count].row = row;
        figures[figure_count++].figure = figure;
    }
}

/* Within 1 %: what lies where in a table costs an instruction or two. */
static bool figures_equal(uint64_t a, uint64_t b)
{
    return (a < b ? b - a : a - b) <= b / 100;
}

/* True: it keeps its limit; *word says how. */
static bool judge(uint64_t figure, const struct limits *limits,
                  const char **word)
{
    if (limits->equal[0] != '\0') {
        bool equal = figures_equal(figure, figure_of(limits->equal));

        *word = equal ? "equal" : "NOT EQUAL";
        return equal;
    }
    if (limits->must == 0) {
        *word = "";
        return true;
    }
    *word = figure <= limits->aim ? "aim" : figure <= limits->must ? "must"
                                                                   : "OVER";
    return figure <= limits->must;
}

/* Measures and prints the row; false: over its limit, or it cannot be measured. */
static bool show(const struct bench_row *row, const struct limits *limits)
{
    int64_t figure = measure(row);
    const char *word;
    bool fits;

    if (figure < 0) {
        con_print("bench: cannot prepare %s: error %d\n", row->name,
                  (int)figure);
        return false;
    }
    figure_keep(row, (uint64_t)figure);
    fits = judge((uint64_t)figure, limits, &word);
    con_print("bench %-40s %7llu %7llu %7llu  %s\n", row->text,
              (unsigned long long)figure, (unsigned long long)limits->must,
              (unsigned long long)limits->aim, word);
    return fits;
}

/* A number in front of ':' or the end; *text moves behind it. */
static uint64_t number(const char **text)
{
    uint64_t value = 0;

    for (; **text >= '0' && **text <= '9'; (*text)++) {
        value = 10 * value + (uint64_t)(**text - '0');
    }
    *text += **text == ':';
    return value;
}

/* A name in front of ':' or the end; *text moves behind it. */
static void name_read(char name[NAME_BYTES], const char **text)
{
    uint32_t length = 0;

    while (**text != '\0' && **text != ':') {
        if (length < NAME_BYTES - 1) {
            name[length++] = **text;
        }
        (*text)++;
    }
    name[length] = '\0';
    *text += **text == ':';
}

static void limits_read(struct limits *limits, const char *text)
{
    *limits = (struct limits){.must = 0};
    name_read(limits->name, &text);
    if (*text == '=') {
        text++;
        name_read(limits->equal, &text);
    } else {
        limits->must = number(&text);
        limits->aim = number(&text);
    }
}

static const struct bench_row *row_find(const char *name)
{
    for (uint32_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        for (const struct bench_row *row = tables[i]; row->name; row++) {
            if (text_equal(row->name, name)) {
                return row;
            }
        }
    }
    return NULL;
}

/* What the argument names; false: over its limit, or unknown. */
static bool measure_argument(const char *argument)
{
    struct limits limits;
    const struct bench_row *row;
    bool fits;

    limits_read(&limits, argument);
    row = row_find(limits.name);
    if (row == NULL || (row->begin && row->begin() < 0)) {
        con_print("bench: cannot measure %s\n", limits.name);
        return false;
    }
    fits = show(row, &limits);
    if (row->end) {
        row->end();
    }
    return fits;
}

int32_t bench_spawn(const char *role, const char *name, uint64_t cap,
                    uint32_t caps_max, struct spawned *peer)
{
    const char *const args[] = {role};
    struct spawn_grant grants[2] = {
        {.name = "console", .cap = capset_need("console",
                                               CONSOLE_INTERFACE_ID)},
        {.name = name, .cap = cap},
    };
    struct spawn spawn = {.program = "bench", .args = args, .arg_count = 1,
                          .grants = grants, .grant_count = name ? 2 : 1,
                          .caps_max = caps_max};

    return capos_spawn(&spawn, peer, NULL);
}

int main(int argc, char **argv)
{
    bool fit = true;

    if (argc == 2 && text_equal(argv[1], "serve")) {
        return bench_serve();
    }
    if (argc == 2 && text_equal(argv[1], "yield")) {
        return bench_yield();
    }
    con_print("bench %-40s %7s %7s %7s\n", "", "figure", "must", "aim");
    for (int i = 1; i < argc; i++) {
        fit &= measure_argument(argv[i]);
    }
    return fit ? 0 : 1;
}
