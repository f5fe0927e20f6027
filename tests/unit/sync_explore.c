/* sync_explore.c - schedules, and the threads that follow them. */
#include "sync_explore.h"

#include <check.h>
#include <stdio.h>
#include <ucontext.h>

#include "sync_park.h"

enum {
    DEPTH = 4096,     /* choices in a schedule */
    STEPS = 100000,   /* switch points in a schedule */
    STACK = 64 * 1024,
};

enum state { RUNNABLE, PARKED, DONE };

static struct fiber {
    ucontext_t context;
    enum state state;
    const sync_u32 *word; /* PARKED */
    uint64_t order;       /* PARKED: since when */
    bool timed;           /* PARKED: may time out */
    bool timed_out;
    char stack[STACK];
} fibers[EXPLORE_THREADS];

static struct fiber *self; /* NULL outside of a schedule */
static ucontext_t outside;
static void (*body)(uint32_t number);

static uint32_t path[DEPTH];
static uint32_t options[DEPTH];
static uint32_t depth;
static uint32_t known; /* choices given by the schedule to run */
static uint32_t preemptions;
static uint32_t steps;
static uint64_t clock_order;
static uint64_t schedules;

/* ----------------------------------------------------------------- schedule */

static uint32_t choose(uint32_t count)
{
    if (count == 1) {
        return 0;
    }
    ck_assert_uint_lt(depth, DEPTH);
    if (depth >= known) {
        path[depth] = 0;
    }
    options[depth] = count;
    return path[depth++];
}

static void switch_to(struct fiber *next)
{
    struct fiber *before = self;

    self = next;
    swapcontext(&before->context, &next->context);
}

/* True if the fiber could run next; a timed PARK may end by itself. */
static bool ready(const struct fiber *fiber)
{
    return fiber->state == RUNNABLE ||
           (fiber->state == PARKED && fiber->timed);
}

/* The index-th fiber that is ready, the current one left out. */
static struct fiber *other(uint32_t index)
{
    for (uint32_t i = 0; i < EXPLORE_THREADS; i++) {
        if (&fibers[i] != self && ready(&fibers[i]) && index-- == 0) {
            return &fibers[i];
        }
    }
    return NULL;
}

static uint32_t others(void)
{
    uint32_t count = 0;

    while (other(count) != NULL) {
        count++;
    }
    return count;
}

static void run_other(struct fiber *next)
{
    if (next->state == PARKED) {
        next->timed_out = true;
        next->state = RUNNABLE;
    }
    switch_to(next);
}

void explore_point(void)
{
    uint32_t count;
    uint32_t choice;

    if (self == NULL) {
        return;
    }
    ck_assert_msg(++steps < STEPS, "no end in sight");
    count = preemptions < EXPLORE_BOUND ? others() : 0;
    choice = choose(1 + count);
    if (choice > 0) {
        preemptions++;
        run_other(other(choice - 1));
    }
}

/* The current fiber cannot go on. */
static void stop(void)
{
    uint32_t count = others();

    if (count > 0) {
        run_other(other(choose(count)));
        return;
    }
    if (self->state == PARKED && self->timed) {
        self->timed_out = true;
        self->state = RUNNABLE;
        return;
    }
    for (uint32_t i = 0; i < EXPLORE_THREADS; i++) {
        ck_assert_msg(fibers[i].state == DONE,
                      "schedule %llu: all wait, thread %u for ever",
                      (unsigned long long)schedules, i);
    }
    swapcontext(&self->context, &outside);
}

/* ------------------------------------------------------------- the kernel's */

int32_t park(const sync_u32 *word, uint32_t expected, uint64_t timeout_ns)
{
    explore_point();
    if (atomic_load(word) != expected) {
        return ERR_VALUE_CHANGED;
    }
    self->state = PARKED;
    self->word = word;
    self->order = ++clock_order;
    self->timed = timeout_ns != TIMEOUT_NEVER;
    self->timed_out = false;
    stop();
    return self->timed_out ? ERR_TIMED_OUT : 0;
}

static struct fiber *first_parked(const sync_u32 *word)
{
    struct fiber *first = NULL;

    for (uint32_t i = 0; i < EXPLORE_THREADS; i++) {
        struct fiber *fiber = &fibers[i];

        if (fiber->state == PARKED && fiber->word == word &&
            (first == NULL || fiber->order < first->order)) {
            first = fiber;
        }
    }
    return first;
}

void unpark_one(const sync_u32 *word)
{
    struct fiber *first;

    explore_point();
    first = first_parked(word);
    if (first != NULL) {
        first->state = RUNNABLE;
    }
}

void unpark_all(const sync_u32 *word)
{
    explore_point();
    for (struct fiber *next; (next = first_parked(word)) != NULL;) {
        next->state = RUNNABLE;
    }
}

/* ---------------------------------------------------------------- exploring */

static void fiber_main(void)
{
    body((uint32_t)(self - fibers));
    self->state = DONE;
    stop();
}

static void fiber_make(struct fiber *fiber)
{
    fiber->state = RUNNABLE;
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = fiber->stack;
    fiber->context.uc_stack.ss_size = STACK;
    makecontext(&fiber->context, fiber_main, 0);
}

static void run_schedule(void)
{
    depth = preemptions = steps = 0;
    for (uint32_t i = 0; i < EXPLORE_THREADS; i++) {
        fiber_make(&fibers[i]);
    }
    self = &fibers[0];
    swapcontext(&outside, &self->context);
    self = NULL;
}

/* The next schedule in depth-first order; false: that was the last. */
static bool next_schedule(void)
{
    while (depth > 0 && path[depth - 1] + 1 == options[depth - 1]) {
        depth--;
    }
    if (depth == 0) {
        return false;
    }
    path[depth - 1]++;
    known = depth;
    return true;
}

void explore(const char *name, void (*run)(uint32_t number),
             void (*reset)(void), void (*after)(void))
{
    body = run;
    known = 0;
    schedules = 0;
    do {
        reset();
        schedules++;
        run_schedule();
        after();
    } while (next_schedule());
    ck_assert_uint_gt(schedules, 10);
    printf("%s: all %llu schedules with at most %u preemptions\n", name,
           (unsigned long long)schedules, EXPLORE_BOUND);
}
