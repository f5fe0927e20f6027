/*
 * core_check_sched.c - core_check's part about who runs: CPUs, their queues, and
 * what threads run on.
 */
#include <check.h>

#include "core_check.h"
#include "core_fixture.h"
#include "sched/run.h"

/* A CPU has a busy thread as its current one; nobody has another. */
static void check_busy(const struct thread *thread)
{
    const struct cpu *holder = NULL;

    for (uint32_t i = 0; i < cpu_count(); i++) {
        MUST(cpus[i].handoff == NULL);
        if (cpus[i].current == thread) {
            MUST(!holder);
            holder = &cpus[i];
        }
    }
    MUST(!holder == !sync_load(&thread->busy));
    MUST(!holder || sync_load(&thread->cpu) == holder->number);
    if (sync_load(&thread->state) == THREAD_ENDED) {
        MUST(!holder || fake_cpus[holder->number].attention);
    } else {
        MUST(!holder == (sync_load(&thread->state) != THREAD_RUNNING));
    }
}

/* What it runs on is its own, or what its lender runs on. */
static void check_place(const struct thread *thread)
{
    const struct sched_place *place = &thread->place;
    const struct sched_context *bound = thread->process->binding.context;
    const struct thread *lent_to = sync_load_pointer(&place->lent_to);

    MUST(place->parked == list_linked(&place->link));
    if (sync_load(&thread->state) != THREAD_ENDED) {
        MUST(place->own == (bound ? bound : place->binding.context));
    }
    if (place->lender) {
        MUST(sync_load_pointer(&place->lender->place.lent_to) == thread);
        MUST(context_of(&place->lender->place) == context_of(place));
    } else {
        MUST(context_of(place) == place->own);
    }
    MUST(!lent_to || lent_to->place.lender == thread);
    MUST(!place->parked || !place->lender);
}

void core_check_runs(const struct thread *thread)
{
    check_busy(thread);
    check_place(thread);
    MUST((sync_load(&thread->state) == THREAD_READY) ==
         (pairing_contains(&thread->run_node) || thread->place.parked));
}

static void check_cpu(const struct cpu *cpu)
{
    const struct fake_cpu *machine = &fake_cpus[cpu->number];
    const struct thread *thread = cpu->current;
    const struct space *space = sync_load_pointer(&cpu->space);

    MUST(sync_load(&cpu->retirement.passes) % 2 == 0);
    MUST(machine->resumed == (thread ? &thread->context : NULL));
    MUST(machine->active == (space ? &space->hal : NULL));
    MUST(!thread || space == &thread->process->space);
    MUST(sync_load_pointer(&cpu->space_before) == space);
    MUST(cpu->armed_ns == machine->armed_ns);
    MUST(!pairing_empty(&cpu->ready) == (sync_load(&cpu->queued) != 0));
}

/*
 * While more threads wait for a CPU than idle ones are about to come for them,
 * none idles, and all share their time.
 */
static void check_shared(uint32_t queued)
{
    bool interrupted = false;
    uint32_t coming = 0;

    for (uint32_t i = 0; i < cpu_count(); i++) {
        interrupted |= fake_cpus[i].attention;
        coming += !cpus[i].current && fake_cpus[i].attention;
    }
    for (uint32_t i = 0; i < cpu_count() && queued > coming; i++) {
        const struct cpu *cpu = &cpus[i];

        MUST(cpu->current || fake_cpus[i].attention);
        MUST(cpu->armed_ns <= cpu->quantum_end_ns || interrupted);
    }
}

static uint32_t ready_in(struct process *process)
{
    uint32_t count = 0;

    for (struct list_node *node = list_first(&process->threads); node;
         node = list_next(&process->threads, node)) {
        const struct thread *thread = container_of(node, struct thread, link);

        count += sync_load(&thread->state) == THREAD_READY &&
                 !thread->place.parked;
    }
    return count;
}

void core_check_cpus(void)
{
    struct process *process = NULL;
    uint32_t queued = 0;
    uint32_t ready = 0;

    for (uint32_t i = 0; i < cpu_count(); i++) {
        check_cpu(&cpus[i]);
        queued += sync_load(&cpus[i].queued);
    }
    while ((process = process_next(process))) {
        ready += ready_in(process);
    }
    MUST(ready == queued);
    check_shared(queued);
}
