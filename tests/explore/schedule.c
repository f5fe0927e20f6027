/*
 * schedule.c - one schedule: who runs next, and when.
 *
 * A choice is needed at a point (race.c) and where the actor that ran waits or
 * spins. The default is to go on, or else the lowest CPU that can run; deadlines
 * pass when no CPU can. To run another actor at a point is a preemption, and so
 * is a deadline that passes while CPUs could run.
 *
 * Depth first, a preemption is redundant if the actor comes back before anything
 * was done that conflicts with the access it was about to make: then the schedule
 * equals one that preempts it later, if at all, with no more preemptions. Such a
 * schedule is left at once, or not begun if it is known before (advance).
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choose.h"
#include "engine.h"
#include "fiber.h"
#include "replay.h"

#define CALLS_SHOWN 12u
#define EARLY_MAX 3u /* deadlines that pass while CPUs run, in other searches */

struct actor actors[EXPLORE_ACTORS];
struct engine engine;
uint32_t explore_cpu;
bool explore_general;

/* -------------------------------------------------------------- who can run */

/* Appends the CPUs that can run, but `without`; returns how many. */
static uint32_t others(uint32_t *to, uint32_t count, uint32_t without)
{
    for (uint32_t i = 0; i < engine.cpus; i++) {
        if (i != without && actors[i].state == ACTOR_RUNS) {
            to[count++] = i;
        }
    }
    return count;
}

/*
 * True if a deadline may pass although CPUs can run: a few times only, for a
 * kernel that waits for another CPU sets one deadline after the other.
 */
static bool clock_may_run(void)
{
    uint32_t most = engine.mode == MODE_SEARCH ? engine.bound : EARLY_MAX;

    return engine.begun && explore_scenario->ticks &&
           (engine.mode == MODE_SEARCH ? engine.preemptions
                                       : engine.early) < most &&
           machine_deadline();
}

static void run_clock(void)
{
    uint32_t cpu = explore_cpu;

    if (engine.trace) {
        explore_trace("  --- the clock moves on\n");
    }
    explore_cpu = EXPLORE_CLOCK;
    machine_clock();
    explore_cpu = cpu;
}

static void run_actor(uint32_t next)
{
    struct actor *self = &actors[explore_cpu];
    struct actor *to = &actors[next];

    if (engine.mode == MODE_SEARCH && to->preempted && !to->met) {
        schedule_end(RESULT_REDUNDANT);
    }
    to->preempted = false;
    if (to == self) {
        return;
    }
    if (engine.trace) {
        explore_trace("  --- CPU %u\n", next);
    }
    explore_cpu = next;
    fiber_switch(&self->at, to->at);
}

/* Those that spin look again, once each time that something was stored. */
static bool rescue(void)
{
    bool spins = false;

    for (uint32_t i = 0; i < engine.cpus; i++) {
        if (actors[i].state == ACTOR_SPINS) {
            spins = true;
            if (engine.stores != engine.stores_then) {
                actors[i].state = ACTOR_RUNS;
            }
        }
    }
    if (engine.stores != engine.stores_then) {
        engine.stores_then = engine.stores;
        return spins;
    }
    if (spins && !machine_deadline()) {
        explore_fail("deadlock", "every CPU waits or spins, and no deadline "
                                 "is set");
    }
    return false;
}

/* No CPU can run: time passes, or this is the end. */
static void all_wait(void)
{
    if (rescue()) {
        return;
    }
    if (machine_deadline()) {
        run_clock();
        return;
    }
    engine.mute = true;
    machine_stopped();
    schedule_end(RESULT_DONE);
}

/* Runs whoever the schedule says, the actor itself being one if it can. */
static void give_way(void)
{
    uint32_t to[EXPLORE_ACTORS];
    uint32_t next;

    do {
        uint32_t self = explore_cpu;
        uint32_t count = 0;

        if (actors[self].state == ACTOR_RUNS) {
            to[count++] = self;
        }
        count = others(to, count, self);
        if (count == 0) {
            all_wait();
            next = EXPLORE_CLOCK;
            continue;
        }
        if (clock_may_run()) {
            to[count++] = EXPLORE_CLOCK;
        }
        next = choose(to, count, 2 * actors[self].count + 1);
        if (next == EXPLORE_CLOCK) {
            engine.preemptions++;
            engine.early++;
            run_clock();
        }
    } while (next == EXPLORE_CLOCK);
    run_actor(next);
}

/* ------------------------------------------------------------------- points */

/* Others that were preempted: does this conflict with what they wait to do? */
static void meet(uint32_t offset, uint32_t bytes, uint32_t how)
{
    for (uint32_t i = 0; i < engine.cpus; i++) {
        struct actor *actor = &actors[i];

        if (!actor->preempted || i == explore_cpu) {
            continue;
        }
        if (offset < actor->offset + actor->bytes &&
            actor->offset < offset + bytes &&
            ((how | actor->how) & ACCESS_WRITE)) {
            actor->met = true;
        }
        if (engine.mode == MODE_SEARCH) {
            choose_met(actor, offset, bytes, how);
        }
    }
}

static void preempt(uint32_t next)
{
    struct actor *self = &actors[explore_cpu];

    engine.preemptions++;
    self->preempted = true;
    self->met = false;
    if (next == EXPLORE_CLOCK) {
        engine.early++;
        run_clock();
        give_way();
    } else {
        run_actor(next);
    }
}

static void point(uint32_t offset, uint32_t bytes, uint32_t how)
{
    struct actor *self = &actors[explore_cpu];
    uint32_t to[EXPLORE_ACTORS] = {explore_cpu};
    uint32_t count = others(to, 1, explore_cpu);
    uint32_t next;

    if (engine.mode == MODE_SEARCH && engine.preemptions >= engine.bound) {
        return;
    }
    if (clock_may_run()) {
        to[count++] = EXPLORE_CLOCK;
    }
    self->offset = offset;
    self->bytes = bytes;
    self->how = how;
    next = choose(to, count, 2 * self->count);
    if (count > 1 && !engine.calm) {
        choose_at_point(self, next);
    }
    if (next != explore_cpu) {
        preempt(next);
    }
}

static void show(uint32_t offset, uint32_t bytes, uint32_t how, const void *pc)
{
    if ((how & ACCESS_ATOMIC) || race_point(offset, how)) {
        explore_trace("  cpu%u %8llu %s %u bytes at state+%#x @%p@\n",
                      explore_cpu,
                      (unsigned long long)actors[explore_cpu].count,
                      how & ACCESS_WRITE ? "store" : "load ", bytes, offset,
                      pc);
    }
}

void schedule_point(uint32_t offset, uint32_t bytes, uint32_t how,
                    const void *pc)
{
    struct actor *self = &actors[explore_cpu];

    self->count++;
    if (++engine.steps > ENGINE_STEPS_MAX) {
        explore_fail("no end", "after %u accesses, the last one at @%p@",
                     engine.steps, pc);
    }
    if (explore_cpu != EXPLORE_CLOCK &&
        (engine.mode == MODE_REPLAY || race_point(offset, how))) {
        point(offset, bytes, how);
    }
    if (engine.trace) {
        show(offset, bytes, how, pc);
    }
    if (state_freed(offset) && !self->allocator) {
        explore_fail("use after free", "CPU %u %s state+%#x at @%p@",
                     explore_cpu, how & ACCESS_WRITE ? "writes" : "reads",
                     offset, pc);
    }
    meet(offset, bytes, how);
}

void schedule_stored(uint32_t offset, uint32_t bytes)
{
    engine.stores++;
    actors[explore_cpu].stores++;
    for (uint32_t i = 0; i < engine.cpus; i++) {
        if (i != explore_cpu && actors[i].state == ACTOR_SPINS &&
            (!actors[i].watch || (actors[i].watch >= offset &&
                                  actors[i].watch < offset + bytes))) {
            actors[i].state = ACTOR_RUNS;
        }
    }
}

/* ----------------------------------------------------------- for the machine */

void explore_wait(void)
{
    actors[explore_cpu].state = ACTOR_WAITS;
    give_way();
}

void explore_ready(uint32_t cpu)
{
    if (actors[cpu].state == ACTOR_WAITS || actors[cpu].state == ACTOR_SPINS) {
        actors[cpu].state = ACTOR_RUNS;
    }
}

void explore_spin_on(const void *at)
{
    struct actor *self = &actors[explore_cpu];

    self->load_repeats = 0;
    if (at && state_holds(at, &self->watch)) {
        self->state = ACTOR_SPINS;
        give_way();
    }
}

void explore_spin(void)
{
    struct actor *self = &actors[explore_cpu];

    if (self->load_stores != engine.stores - self->stores) {
        return; /* what it has seen may be over */
    }
    if (self->load_relaxed) {
        /* A lock that is held: sync.h loads nothing else relaxed. */
        explore_spin_on(self->load_at);
        return;
    }
    self->load_repeats = 0;
    self->watch = 0;
    self->state = ACTOR_SPINS;
    give_way();
}

void explore_turn(void)
{
    uint32_t next = explore_cpu;

    if (engine.begun) {
        return;
    }
    do {
        next = (next + 1) % engine.cpus;
    } while (actors[next].state != ACTOR_RUNS);
    run_actor(next);
}

void explore_quiet(bool quiet)
{
    engine.quiet = quiet;
}

void explore_allocator_begin(void)
{
    actors[explore_cpu].allocator++;
}

void explore_allocator_end(void)
{
    actors[explore_cpu].allocator--;
}

/* ---------------------------------------------------------- begin and end */

_Noreturn void schedule_end(enum engine_result result)
{
    void *nowhere;

    engine.result = result;
    fiber_switch(&nowhere, engine.back);
    abort();
}

enum engine_result schedule_run(enum engine_mode mode)
{
    engine.mode = mode;
    engine.calm = mode == MODE_FIRST;
    engine.mute = engine.quiet = false;
    engine.steps = engine.points = engine.preemptions = 0;
    engine.early = 0;
    engine.stores = 1;
    engine.stores_then = 0;
    engine.choice_count = 0;
    engine.kind[0] = engine.text[0] = '\0';
    choose_start();
    race_start();
    fiber_switch(&engine.back, actors[explore_cpu].at);
    return engine.result;
}

void explore_begin(void)
{
    engine.result = RESULT_BEGUN;
    fiber_switch(&actors[explore_cpu].at, engine.back);
}

void explore_calm(void)
{
    engine.calm = true;
}

bool explore_begun(void)
{
    return engine.begun;
}

_Noreturn void explore_off(void)
{
    engine.mute = true;
    machine_stopped();
    schedule_end(RESULT_DONE);
}

/* Appends who called whom, from here to the start of the stack. */
static void append_calls(const void *frame)
{
    const void *const *at = frame;
    size_t length = strlen(engine.text);

    for (uint32_t i = 0; i < CALLS_SHOWN && at && at[1]; i++) {
        const void *const *next = at[0];

        length += (size_t)snprintf(engine.text + length,
                                   sizeof(engine.text) - length, "\n    by @%p@",
                                   at[1]);
        if (length >= sizeof(engine.text) || next <= at ||
            (size_t)((const char *)next - (const char *)at) >
                FIBER_STACK_BYTES) {
            return;
        }
        at = next;
    }
}

_Noreturn void explore_fail(const char *kind, const char *format, ...)
{
    va_list args;

    (void)snprintf(engine.kind, sizeof(engine.kind), "%s", kind);
    va_start(args, format);
    (void)vsnprintf(engine.text, sizeof(engine.text), format, args);
    va_end(args);
    append_calls(__builtin_frame_address(0));
    schedule_end(RESULT_FAILED);
}

bool explore_tracing(void)
{
    return engine.trace;
}

void explore_trace(const char *format, ...)
{
    va_list args;

    if (engine.trace) {
        char text[ENGINE_TEXT_BYTES];

        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        replay_print(text);
    }
}
