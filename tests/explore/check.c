/*
 * check.c - the kernel's books when nothing moves any more (check.h).
 *
 * All CPUs idle and no deadline is set: so no thread is ready or has what it
 * waits for, no lock is held, no work is left, nothing waits to be freed. After
 * user_finish only the first process is there, and the kernel holds as much as
 * it did before the scenario.
 */
#include "check.h"

#include "cap/table.h"
#include "capos.gen.h"
#include "engine.h"
#include "machine.h"
#include "machine_alloc.h"
#include "mem/frames.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "sched/cpu.h"

#define FINISH_SLEEPS 3u
#define FINISH_SLEEP_NS 5000000u

static struct {
    uint64_t frames;
    uint32_t blocks;
    uint32_t slots;
    uint32_t cap; /* slot of the last one */
    uint64_t used[LEDGER_KINDS];
} mark;

static struct {
    uint32_t done;
    uint32_t wanted;
    uint32_t over;
    bool finished;
} progress;

void check_start(void)
{
    uint32_t offset;

    if (state_holds(&progress, &offset)) {
        state_dirty(offset, sizeof(progress));
    }
}

void user_done(void)
{
    progress.done++;
    explore_trace("  program done: %u of %u\n", progress.done,
                  progress.wanted);
}

void user_wanted(uint32_t programs)
{
    progress.wanted = programs;
}

void user_over(uint32_t programs)
{
    if (++progress.over == programs) {
        explore_calm();
    }
}

static struct process *init; /* the first process */

void check_mark(void)
{
    uint64_t cap = 0;

    process_list_lock();
    init = process_next(NULL);
    process_list_unlock();
    while (cap_next(&init->caps, mark.cap + 1, &cap)) {
        mark.cap = (uint32_t)cap;
    }
    mark.frames = frames_available();
    mark.blocks = machine_blocks();
    mark.slots = init->caps.slots;
    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        mark.used[kind] = ledger_used(init->ledger, kind);
    }
}

/* -------------------------------------------------------------------- the end */

/* The first capability that the first process did not begin with; or 0. */
static uint64_t next_cap(void)
{
    uint64_t cap = 0;
    bool found;

    explore_quiet(true);
    found = cap_next(&init->caps, mark.cap + 1, &cap) != NULL;
    explore_quiet(false);
    return found ? cap : 0;
}

void user_finish(struct user *self)
{
    uint64_t cap;

    explore_calm();
    while ((cap = next_cap()) != 0) {
        USER_EQUAL(user_release(self, cap), 0);
    }
    /* What other CPUs may have looked at is freed when they come by. */
    for (uint32_t i = 0; i < FINISH_SLEEPS; i++) {
        user_sleep(self, FINISH_SLEEP_NS);
    }
    progress.finished = true;
    user_done();
    for (;;) {
        (void)ring_enter(&self->ring, 1, TIMEOUT_NEVER);
    }
}

void user_finish_without(struct user *self, uint64_t process)
{
    explore_calm();
    user_sleep(self, FINISH_SLEEP_NS);
    USER_EQUAL(user_kill(self, process), 0);
    USER_EXPECT(user_wait(self, process) >= 0);
    user_finish(self);
}

/* --------------------------------------------------------------------- checks */

#define MUST(condition, kind)                                                  \
    do {                                                                       \
        if (!(condition)) {                                                    \
            explore_fail(kind, "%s:%d: not true: %s", __FILE__, __LINE__,      \
                         #condition);                                          \
        }                                                                      \
    } while (0)

static void check_thread(const struct thread *thread)
{
    const struct ring_queue *queue = &thread->queue;

    MUST(thread->state == THREAD_WAITING || thread->state == THREAD_ENDED,
         "lost wake-up");
    MUST(!pairing_contains(&thread->run_node), "lost wake-up");
    if (thread->state == THREAD_WAITING) {
        MUST((int32_t)(queue->cq_tail - thread->wake_tail) < 0,
             "lost wake-up");
    }
}

static void check_process(struct process *process)
{
    MUST(process->state == PROCESS_ALIVE, "unfinished end");
    for (struct list_node *node = list_first(&process->threads); node;
         node = list_next(&process->threads, node)) {
        check_thread(container_of(node, struct thread, link));
    }
}

static void check_leaks(void)
{
    uint32_t chunks = (init->caps.slots - mark.slots) / 64;

    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        MUST(ledger_used(init->ledger, kind) == mark.used[kind] +
                 (kind == LEDGER_PAGES ? chunks : 0), "leak");
    }
    MUST(machine_blocks() == mark.blocks + chunks, "leak");
    MUST(chunks || frames_available() == mark.frames, "leak");
}

void check_stopped(void)
{
    bool alone;

    for (uint32_t i = 0; i < explore_scenario->cpus; i++) {
        MUST(list_empty(&cpus[i].work), "unfinished work");
    }
    process_list_lock();
    for (struct process *process = process_next(NULL); process;
         process = process_next(process)) {
        check_process(process);
    }
    alone = process_next(init) == NULL;
    process_list_unlock();
    if (progress.done < progress.wanted) {
        explore_fail("lost wake-up",
                     "everything waits, but only %u of %u programs are done",
                     progress.done, progress.wanted);
    }
    if (progress.finished) {
        MUST(alone, "leak");
        check_leaks();
    }
}
