/*
 * space_random_test.c - random changes of an address space against a model
 * (space_model.h). Before some changes frames, quota or mappings are made
 * scarce: a refused change must leave everything as it was. Other CPUs come and
 * go: none may remember what a change took away.
 */
#include <string.h>

#include "check_run.h"
#include "core_machine.h"
#include "hal.h"
#include "mem/frames.h"
#include "mem/heap.h"
#include "mem/memory.h"
#include "sched/hand_over.h"
#include "space_model.h"

#define STEPS 4000u
#define SEEDS 4
#define COMB_PAGES 400u
#define CPUS 3u

static uint64_t random_state;

/* Every second frame of it is kept, so that most runs are short. */
static uint64_t comb;
static uint64_t available;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 6364136223846793005ull + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % limit;
}

static struct change change_random(void)
{
    static const uint32_t protections[] = {0, HAL_READ, HAL_READ | HAL_WRITE,
                                           HAL_READ | HAL_EXECUTE};
    uint32_t stretch = random_below(STRETCHES);
    uint64_t at = random_below(STRETCH_PAGES - 64);
    struct change change = {
        .verb = (enum verb)random_below(VERBS),
        .va = page_va(stretch, at),
        .pages = 1 + random_below(random_below(4) ? 6 : 40),
        .protection = protections[random_below(4)],
        .memory = random_below(MEMORIES),
        .index = random_below(8),
    };

    if (change.verb <= MAP_KERNEL && random_below(2)) {
        change.va = 0;
    }
    if (change.verb == MAP_KERNEL) {
        change.protection |= HAL_READ;
    }
    /* Aim: random ranges would seldom hit what these need. */
    while (at > 0 && change.verb >= UNMAP &&
           (!model[stretch][at].used ||
            (change.verb == UNMAP_KERNEL) != model[stretch][at].head)) {
        change.va = page_va(stretch, --at);
    }
    if (change.verb == UNMAP_KERNEL && model[stretch][at].head) {
        change.pages = model[stretch][at].run;
    }
    if (change.verb == UNMAP_MEMORY && random_below(4)) {
        change.memory = model[stretch][at].memory;
        change.pages = 1 + random_below(3);
    }
    return change;
}

static int32_t apply(struct change *change)
{
    struct memory *memory = memories[change->memory];
    uint64_t phys;

    switch (change->verb) {
    case MAP:
        return space_map_anonymous(&space, &change->va, change->pages,
                                   change->protection);
    case MAP_MEMORY:
        return space_map_memory(&space, &change->va, memory,
                                change->index * PAGE_SIZE, change->pages,
                                change->protection);
    case MAP_KERNEL:
        return space_map_kernel(&space, &change->va, change->pages,
                                change->protection, &phys);
    case UNMAP:
        return space_unmap(&space, change->va, change->pages);
    case UNMAP_MEMORY:
        return space_unmap_memory(&space, memory, change->va, change->pages);
    case UNMAP_KERNEL:
        return space_unmap_kernel(&space, change->va, change->pages);
    default:
        return space_protect(&space, change->va, change->pages,
                             change->protection);
    }
}

enum scarcity {
    SCARCE_FRAMES,
    SCARCE_QUOTA,
    SCARCE_MAPPINGS,
    SCARCITIES,
};

static uint64_t hogs[COMB_PAGES];
static uint64_t hog_pages[COMB_PAGES];

/* Takes frames until only so many are left; returns how many runs it took. */
static uint32_t hog_frames(uint64_t left)
{
    uint32_t count = 0;

    while (frames_available() > left) {
        ck_assert_uint_lt(count, COMB_PAGES);
        hogs[count] = frames_alloc_run(frames_available() - left,
                                       &hog_pages[count]);
        count++;
    }
    return count;
}

/* Does the change; if it is refused, everything must be as before. */
static int32_t apply_checked(struct change *change, enum scarcity what)
{
    struct state before = state_now();
    uint64_t va = change->va;
    int32_t error = apply(change);

    if (error) {
        struct state after = state_now();

        ck_assert_int_eq(error, what == SCARCE_FRAMES ? ERR_NO_MEMORY
                                                      : ERR_OVERLOADED);
        ck_assert_mem_eq(&before, &after, sizeof(before));
        ck_assert_uint_eq(change->va, va);
    }
    return error;
}

/* Does the change, otherwise without fault, while something is scarce. */
static int32_t apply_scarce(struct change *change)
{
    enum scarcity what = (enum scarcity)random_below(SCARCITIES);
    uint64_t left = random_below(random_below(3) ? 5 : 50);
    static const enum ledger_kind kinds[] = {LEDGER_PAGES, LEDGER_TABLES,
                                             LEDGER_RINGS, LEDGER_VIRTUAL};
    enum ledger_kind kind = kinds[random_below(4)];
    uint64_t spare = ledger_limit(ledger, kind) - ledger_used(ledger, kind);
    uint64_t taken = 0;
    uint32_t hogged = what == SCARCE_FRAMES ? hog_frames(left) : 0;
    int32_t error;

    if (what == SCARCE_QUOTA) {
        taken = spare > left ? spare - left : 0;
        ck_assert_int_eq(ledger_charge(ledger, kind, taken), 0);
    } else if (what == SCARCE_MAPPINGS) {
        fake_refuse_map(left / 2);
    }
    error = apply_checked(change, what);
    fake_refuse_map(UINT64_MAX);
    ledger_refund(ledger, kind, taken);
    while (hogged > 0) {
        hogged--;
        frames_free(hogs[hogged], hog_pages[hogged]);
    }
    return error;
}

/* Some CPU begins or ceases to use the space; the change comes from any. */
static void cpus_random(void)
{
    fake_on(random_below(CPUS));
    run_activate(cpu_self(), fake->active ? NULL : &space);
    fake_on(random_below(CPUS));
}

/* Returns 1 if the change was refused at first for want of something. */
static uint32_t step(void)
{
    struct change change = change_random();
    struct change placed = change;
    int32_t expected = model_expect(&placed);
    bool done = false;
    uint32_t refusals = 0;

    /* Beyond the model's end: not this time. */
    if (!expected && !page_at(placed.va + (placed.pages - 1) * PAGE_SIZE)) {
        return 0;
    }
    cpus_random();
    if (!expected && random_below(2)) {
        done = apply_scarce(&change) == 0;
        refusals = !done;
    }
    if (!done) {
        ck_assert_int_eq(apply(&change), expected);
    }
    ck_assert_uint_eq(fake_stale(), 0);
    if (!expected) {
        ck_assert_uint_eq(change.va, placed.va);
        model_apply(&placed);
    }
    if (!expected || random_below(8) == 0) {
        model_check();
    }
    return refusals;
}

/* ------------------------------------------------------------------- tests */

static void start(uint64_t seed)
{
    static const struct hal_range ranges[] = {{0x1000, 0x20000},
                                              {0x100000, 0x700000}};
    struct hal_boot boot;

    random_state = seed;
    memset(model, 0, sizeof(model));
    fake_cpu_count = CPUS;
    fake_boot(&boot, ranges, 2);
    frames_init(&boot);
    heap_init();
    ck_assert_int_eq(cpu_init(CPUS), 0);
    available = frames_available();
    ledger = machine_ledger(100000);
    ck_assert_int_eq(space_init(&space, ledger), 0);
    comb = frames_alloc_contiguous(COMB_PAGES);
    ck_assert_uint_ne(comb, HAL_NO_FRAME);
    for (uint64_t i = 0; i < COMB_PAGES; i += 2) {
        frames_free(comb + i * PAGE_SIZE, 1);
    }
    ck_assert_int_eq(memory_create(ledger, 9, &memories[0]), 0);
    ck_assert_int_eq(memory_view(ledger, memories[0], true, &memories[1]), 0);
    ck_assert_int_eq(memory_create(ledger, 48, &memories[2]), 0);
}

static void finish(void)
{
    for (uint32_t i = 0; i < MEMORIES; i++) {
        memory_put(memories[i]);
    }
    for (uint64_t i = 1; i < COMB_PAGES; i += 2) {
        frames_free(comb + i * PAGE_SIZE, 1);
    }
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        fake_on(cpu);
        run_activate(cpu_self(), NULL);
    }
    while (!space_fini_step(&space, 1 + random_below(50))) {
    }
    ck_assert_uint_eq(machine_charged(ledger), 0);
    ck_assert_uint_eq(frames_available(), available);
}

START_TEST(test_space_random)
{
    uint32_t refusals = 0;

    start((uint64_t)_i + 1);
    for (uint32_t i = 0; i < STEPS; i++) {
        refusals += step();
    }
    /* Else the test has lost its point. */
    ck_assert_uint_gt(refusals, STEPS / 80);
    ck_assert_uint_gt(fake_flushes, STEPS / 80);
    finish();
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("space_random");

    tcase_add_loop_test(tcase, test_space_random, 0, SEEDS);
    return check_run_case("space_random", tcase, CHECK_TIMEOUT_S);
}
