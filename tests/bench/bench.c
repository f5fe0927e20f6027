/*
 * bench - what the kernel's hot paths cost, in units of the time stamp counter.
 *
 * Under QEMU's instruction counter (-icount shift=0) one unit is one guest
 * instruction, so the figures are exact; elsewhere only ratios within one run
 * mean anything. Each figure is the least of several rounds, per operation, user
 * library included. The arguments say which rows to measure, what each must not
 * exceed and what it aims for (NAME:MUST:AIM); the exit code is 1 if one is over.
 * Peers are this program again, in other processes.
 */
#include "bench.h"

#include "capos.h"
#include "serve.h"
#include "spawn.h"
#include "text.h"

#define ROUNDS 8u
#define TIMES 256u

/* Not measured as long as nothing must be shown of it. */
struct limits {
    char name[32];
    uint64_t must;
    uint64_t aim;
};

static const struct bench_row *const tables[] = {
    bench_ring_rows,
    bench_call_rows,
    bench_wait_rows,
};

uint64_t bench_stamp(void)
{
    return __builtin_ia32_rdtsc();
}

/* The least per operation over some rounds. */
static uint64_t measure(const struct bench_row *row)
{
    uint64_t least = UINT64_MAX;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t start = bench_stamp();

        row->run(TIMES);
        start = (bench_stamp() - start) / TIMES;
        least = start < least ? start : least;
    }
    return least;
}

static const char *verdict(uint64_t figure, const struct limits *limits)
{
    if (limits->must == 0) {
        return "";
    }
    if (figure > limits->must) {
        return "OVER";
    }
    return figure <= limits->aim ? "aim" : "must";
}

/* Prints the row; false: over its limit. */
static bool show(const struct bench_row *row, const struct limits *limits)
{
    uint64_t figure = measure(row);
    const char *word = verdict(figure, limits);

    con_print("bench %-40s %7llu %7llu %7llu  %s\n", row->text,
              (unsigned long long)figure, (unsigned long long)limits->must,
              (unsigned long long)limits->aim, word);
    return figure <= limits->must || limits->must == 0;
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

static void limits_read(struct limits *limits, const char *text)
{
    uint32_t length = 0;

    while (*text != '\0' && *text != ':') {
        if (length < sizeof(limits->name) - 1) {
            limits->name[length++] = *text;
        }
        text++;
    }
    limits->name[length] = '\0';
    text += *text == ':';
    limits->must = number(&text);
    limits->aim = number(&text);
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
                    struct spawned *peer)
{
    const char *const args[] = {role};
    struct spawn_grant grants[2] = {
        {.name = "console", .cap = capset_need("console",
                                               CONSOLE_INTERFACE_ID)},
        {.name = name, .cap = cap},
    };
    struct spawn spawn = {.program = "bench", .args = args, .arg_count = 1,
                          .grants = grants, .grant_count = name ? 2 : 1};

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
