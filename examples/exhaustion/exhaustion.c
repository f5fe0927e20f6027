/*
 * exhaustion - whoever asks for too much is told so, and nobody else notices.
 *
 * For each kind of a ledger a greedy child takes of it until it is refused, and
 * goes on asking. Meanwhile a neighbour, which is paid from a ledger of its own,
 * does what it did before alone; its results are the same to the last bit. Then
 * the greedy one is killed, and the ledger that paid for both is as it was.
 *
 * With the argument "alone" nobody is greedy and the neighbours are as many, so
 * that a trace of that run can be compared with one of the other. A number says
 * how many rounds the neighbours take.
 */
#include "capos.h"
#include "spawn.h"
#include "text.h"
#include "usage.h"

#include "../common/number.h"
#include "greed.h"

static const struct {
    const char *kind;
    uint64_t limit;
} table[] = {
    {"pages", 120},    {"tables", 40},  {"virtual", 2000}, {"threads", 4},
    {"processes", 2},  {"caps", 40},    {"rings", 30},     {"calls", 200},
    {"objects", 40000}, {"scratch", 8}, {"logBytes", 4000}, {"weight", 3000},
};

#define ROUNDS 60u
#define KINDS (sizeof(table) / sizeof(table[0]))

static const char *const granted[] = {"timer", "frames", "spawner", "package",
                                      "notifications", "log-sinks"};

#define GRANTED (sizeof(granted) / sizeof(granted[0]))

static uint64_t rounds;

static struct usage usage_now(void)
{
    struct usage usage;

    if (usage_read(capset_need("self-ledger", LEDGER_INTERFACE_ID), &usage)) {
        check(false, "the ledger says what it holds");
    }
    return usage;
}

/* Every kind of resource that a ledger has must be tried. */
static void check_all_kinds(void)
{
    struct usage usage = usage_now();

    for (uint32_t i = 0; i < usage.count; i++) {
        uint32_t at = 0;

        while (at < KINDS && !text_equal(table[at].kind, usage.kinds[i].name)) {
            at++;
        }
        if (at == KINDS) {
            check(false, "somebody is greedy for %s", usage.kinds[i].name);
        }
    }
}

/* Limits for either, all but one of them plenty. */
static void limits_set(struct spawn *spawn, uint32_t kind)
{
    spawn->pages_max = kind == 0 ? table[0].limit : 900;
    spawn->tables_max = kind == 1 ? table[1].limit : 150;
    spawn->virtual_max = kind == 2 ? table[2].limit : 200000;
    spawn->threads_max = kind == 3 ? (uint32_t)table[3].limit : 20;
    spawn->processes_max = kind == 4 ? (uint32_t)table[4].limit : 8;
    spawn->caps_max = kind == 5 ? (uint32_t)table[5].limit : 400;
    spawn->rings_max = kind == 6 ? table[6].limit : 150;
    spawn->calls_max = kind == 7 ? table[7].limit : 1600;
    spawn->objects_max = kind == 8 ? table[8].limit : 200000;
    spawn->scratch_max = kind == 9 ? table[9].limit : 10;
    spawn->log_bytes_max = kind == 10 ? table[10].limit : 1000;
    spawn->weight_max = kind == 11 ? table[11].limit : 30000;
}

static bool start(struct spawned *spawned, uint32_t kind, uint64_t full)
{
    struct spawn_grant grants[GRANTED + 2];
    struct spawn spawn = {.program = "exhaustion",
                          .name = kind < KINDS ? "greedy" : "neighbour",
                          .grants = grants,
                          .grant_count = GRANTED + (kind < KINDS ? 2 : 1),
                          .words = {1,
                                    kind < KINDS ? kind : GREED_NEIGHBOUR,
                                    rounds}};

    for (uint32_t i = 0; i < GRANTED; i++) {
        grants[i] = (struct spawn_grant){granted[i], capset_need(granted[i], 0)};
    }
    grants[GRANTED] =
        (struct spawn_grant){"console", capset_need("console", 0)};
    grants[GRANTED + 1] = (struct spawn_grant){"full", full};
    limits_set(&spawn, kind);
    return capos_spawn(&spawn, spawned, NULL) == 0;
}

/* What the neighbour has seen, in one number; 0: it did not end well. */
static uint64_t neighbour_run(void)
{
    struct spawned spawned;
    struct spawn_end end;

    if (!start(&spawned, KINDS, CAP_NONE) || spawn_wait(&spawned, &end) < 0 ||
        end.how != EXIT_KIND_EXITED) {
        return 0;
    }
    return (uint64_t)end.code;
}

/* Lets one be greedy; returns what the neighbour has seen meanwhile. */
static uint64_t greedy_run(uint32_t kind, uint64_t *error)
{
    uint64_t factory =
        capset_need("notifications", NOTIFICATION_FACTORY_INTERFACE_ID);
    uint64_t full = CAP_NONE;
    struct spawned spawned;
    struct spawn_end end;
    uint64_t seen;

    *error = 0;
    notification_factory_create(rt(), factory, &full);
    if (!start(&spawned, kind, full)) {
        cap_release(full);
        return 0;
    }
    notification_wait(rt(), full, error);
    seen = neighbour_run();
    process_handle_kill(rt(), spawned.process, 9);
    if (spawn_wait(&spawned, &end) < 0 || end.how != EXIT_KIND_KILLED) {
        *error = 0;
    }
    cap_release(full);
    return seen;
}

static void check_kind(uint32_t kind, uint64_t alone)
{
    struct usage before = usage_now();
    struct usage after;
    uint64_t error = 0;
    uint64_t seen = greedy_run(kind, &error);
    const char *leak;

    check(error == (uint64_t)-ERR_OVERLOADED, "%s, limit %llu: %s",
          table[kind].kind, (unsigned long long)table[kind].limit,
          error_name(-(int32_t)error));
    if (seen != alone) {
        check(false, "the neighbour saw the same");
    }
    leak = usage_settle(capset_need("self-ledger", LEDGER_INTERFACE_ID),
                        &before, &after);
    if (leak != NULL) {
        check(false, "the ledger is as before: %s: %llu and %llu", leak,
              (unsigned long long)usage_used(&before, leak),
              (unsigned long long)usage_used(&after, leak));
    }
}

static int part_run(uint64_t part)
{
    if (part < KINDS) {
        return greed_run((uint32_t)part);
    }
    return part == GREED_NEIGHBOUR
               ? greed_neighbour((uint32_t)process_start()->words[2])
               : greed_child(part);
}

int main(int argc, char **argv)
{
    bool nobody = argc > 1 && text_equal(argv[1], "alone");
    uint64_t alone;

    if (process_start()->words[0] == 1) {
        return part_run(process_start()->words[1]);
    }
    rounds = number_argument(argc, argv, 1, ROUNDS, ROUNDS);
    check_all_kinds();
    alone = neighbour_run();
    check(alone != 0 && alone == neighbour_run(),
          "a neighbour alone sees the same twice");
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        if (!nobody) {
            check_kind(kind, alone);
        } else if (neighbour_run() != alone) {
            check(false, "a neighbour alone sees the same each time");
        }
    }
    return check_status();
}
