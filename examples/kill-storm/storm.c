/*
 * storm.c - the hunters of kill-storm: each thread of a storm has some victims,
 * which it spawns, leaves alone for a moment, and kills.
 *
 * Choices come from a sequence of each hunter's own, so what is chosen depends
 * on the seed alone, and only the timing on the machine.
 */
#include "storm.h"

#define HUNTERS 3u
#define VICTIMS 2u /* of each hunter at a time */
#define NAP_US 20000u

struct hunter {
    struct random random;
    struct spawned victims[VICTIMS];
    bool alive[VICTIMS];
    uint32_t spawned;
    uint32_t refused;
    uint32_t wrong;
};

static struct hunter hunters[HUNTERS];
static uint64_t end_ns;

/* What victims are granted: in a storm set up by it, in a victim inherited. */
static const char *const granted[] = {"timer",   "frames", "spawner",
                                      "package", "echo",   "service",
                                      "shared"};
static uint64_t echo_cap;
static uint64_t service_cap;
static uint64_t shared_cap;

#define GRANTED (sizeof(granted) / sizeof(granted[0]))

static uint64_t grant_find(const char *name)
{
    if (text_equal(name, "echo") && echo_cap != CAP_NONE) {
        return echo_cap;
    }
    if (text_equal(name, "service") && service_cap != CAP_NONE) {
        return service_cap;
    }
    if (text_equal(name, "shared") && shared_cap != CAP_NONE) {
        return shared_cap;
    }
    return capset_need(name, 0);
}

/* A victim of the storm gets so much that it can pay for one of its own. */
int32_t storm_spawn(struct spawned *spawned, enum victim_kind kind,
                    uint64_t seed)
{
    struct spawn_grant grants[GRANTED];
    uint32_t share = process_start()->words[0] == STORM_VICTIM ? 1 : 4;
    struct spawn spawn = {.program = "kill-storm",
                          .name = "victim",
                          .grants = grants,
                          .grant_count = GRANTED,
                          .words = {STORM_VICTIM, seed, kind},
                          .pages_max = 180 * share,
                          .tables_max = 16 * share,
                          .virtual_max = 8000 * share,
                          .threads_max = 5 * share,
                          .processes_max = share,
                          .caps_max = 40 * share,
                          .rings_max = 28 * share,
                          .calls_max = 260 * share,
                          .objects_max = 50000 * share,
                          .weight_max = 8192 * share};

    for (uint32_t i = 0; i < GRANTED; i++) {
        grants[i] = (struct spawn_grant){granted[i], grant_find(granted[i])};
    }
    return capos_spawn(&spawn, spawned, NULL);
}

static uint64_t now(void)
{
    uint64_t nanoseconds = 0;

    timer_now(rt(), capset_need("timer", TIMER_INTERFACE_ID), &nanoseconds);
    return nanoseconds;
}

void storm_nap(struct random *random, uint32_t below_us)
{
    uint64_t timer = capset_need("timer", TIMER_INTERFACE_ID);

    if (random_below(random, 8) == 0) {
        ring_yield(ring_self());
    } else {
        timer_sleep(rt(), timer,
                    random_below(random, 1 + random_below(random, below_us)) *
                        US);
    }
}

int32_t storm_kill(struct random *random, struct spawned *spawned)
{
    uint32_t way = random_below(random, 4);
    struct rpc waiting = {.complete = NULL};
    struct rpc other = {.complete = NULL};
    struct spawn_end end;
    int32_t status;

    if (way & 1) { /* somebody waits already */
        process_handle_wait_submit(rt(), &waiting, spawned->process);
    }
    if (way & 2) { /* twice at once */
        process_handle_kill_submit(rt(), &other, spawned->process,
                                   STORM_KILL_CODE);
    }
    process_handle_kill(rt(), spawned->process, STORM_KILL_CODE);
    status = way & 1 ? transport_await(rt(), &waiting) : 0;
    if (way & 2) {
        transport_await(rt(), &other);
    }
    if (status >= 0) {
        status = spawn_wait(spawned, &end);
    }
    if (status < 0) {
        return status;
    }
    return (end.how == EXIT_KIND_KILLED && end.code == STORM_KILL_CODE) ||
                   (end.how == EXIT_KIND_EXITED && end.code == 0)
               ? 0
               : ERR_INVALID;
}

static void hunter_spawn(struct hunter *hunter, uint32_t index)
{
    int32_t status = storm_spawn(
        &hunter->victims[index],
        (enum victim_kind)random_below(&hunter->random, VICTIM_KINDS),
        random_next(&hunter->random));

    hunter->alive[index] = status == 0;
    hunter->spawned += status == 0;
    hunter->refused += status == ERR_OVERLOADED;
    hunter->wrong += status != 0 && status != ERR_OVERLOADED;
}

static void hunter_kill(struct hunter *hunter, uint32_t index)
{
    hunter->wrong +=
        storm_kill(&hunter->random, &hunter->victims[index]) < 0;
    hunter->alive[index] = false;
}

static void hunt(void *argument)
{
    struct hunter *hunter = argument;

    do {
        uint32_t index = random_below(&hunter->random, VICTIMS);

        if (hunter->alive[index]) {
            hunter_kill(hunter, index);
        } else {
            hunter_spawn(hunter, index);
        }
        storm_nap(&hunter->random, NAP_US);
    } while (now() < end_ns);
    for (uint32_t i = 0; i < VICTIMS; i++) {
        if (hunter->alive[i]) {
            hunter_kill(hunter, i);
        }
    }
}

/* A service for callers and servers, and a page for parkers. */
static bool prepare(void)
{
    uint64_t endpoints =
        capset_need("endpoints", ENDPOINT_FACTORY_INTERFACE_ID);
    uint64_t frames = capset_need("frames", FRAME_ALLOCATOR_INTERFACE_ID);

    return endpoint_factory_create(rt(), endpoints, &service_cap) == 0 &&
           endpoint_mint(rt(), service_cap, 1, ECHO_INTERFACE_ID, 0,
                         false, &echo_cap) == 0 &&
           frame_allocator_allocate(rt(), frames, 1, &shared_cap) == 0;
}

int storm_main(uint64_t seed, uint64_t duration_ms)
{
    struct thread *threads[HUNTERS];
    struct hunter sum = {.wrong = !prepare()};

    end_ns = now() + duration_ms * MS;
    for (uint32_t i = 0; i < HUNTERS; i++) {
        hunters[i].random.state = seed + i;
        if (thread_start(&threads[i], hunt, &hunters[i]) < 0) {
            return 2;
        }
    }
    for (uint32_t i = 0; i < HUNTERS; i++) {
        int64_t code = -1;

        sum.wrong += thread_join(threads[i], &code) < 0 || code != 0;
        sum.wrong += hunters[i].wrong;
        sum.spawned += hunters[i].spawned;
        sum.refused += hunters[i].refused;
    }
    con_print("  %u victims, %u refused, %u wrong\n", sum.spawned, sum.refused,
              sum.wrong);
    return sum.wrong == 0 && sum.spawned > 0 ? 0 : 1;
}
