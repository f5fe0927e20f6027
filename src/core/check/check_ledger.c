/*
 * check_ledger.c - what is charged is the sum of what exists.
 *
 * This is what hangs on the process itself, with the limits of the ledgers below.
 * What may be in other hands, data pages and heap bytes, is counted in
 * check_paid.c; of page tables and log bytes the limits below are at most what is
 * charged (check_frames.c has the tables of all).
 */
#include "check/authority_check.h"
#include "mem/region.h"
#include "proc/process.h"

static void add_threads(const struct process *process,
                        uint64_t sum[LEDGER_KINDS])
{
    for (struct list_node *node = list_first(&process->threads); node;
         node = list_next(&process->threads, node)) {
        const struct thread *thread = container_of(node, struct thread, link);

        sum[LEDGER_THREADS]++;
        sum[LEDGER_WEIGHT] += thread->own_weight;
        sum[LEDGER_CALLS] += thread->call_count;
    }
}

static void add_space(const struct process *process,
                      uint64_t sum[LEDGER_KINDS])
{
    for (const struct region *region = process->space.regions; region;
         region = region->next) {
        sum[LEDGER_VIRTUAL] += region->pages;
        if (region_owns(region) &&
            region_ledger_kind(region) == LEDGER_RINGS) {
            sum[LEDGER_RINGS] += region->pages;
        }
    }
    sum[LEDGER_SCRATCH] += process->space.scratch != HAL_NO_FRAME;
}

static void add_limits(const struct ledger *below, uint64_t sum[LEDGER_KINDS])
{
    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        sum[kind] += ledger_limit(below, (enum ledger_kind)kind);
    }
}

/* Those that are open, and those that close with a process that ends. */
static void add_below(const struct process *process,
                      uint64_t sum[LEDGER_KINDS])
{
    const struct ledger *ledger = process->ledger;

    for (struct list_node *node = list_first(&ledger->children); node;
         node = list_next(&ledger->children, node)) {
        const struct ledger *below = container_of(node, struct ledger, link);

        /* Those below a closed one stand here too, but are charged to that. */
        if (below->parent == ledger) {
            add_limits(below, sum);
        }
    }
    for (struct process *other = process_next(NULL); other;
         other = process_next(other)) {
        if (!other->ledger || other->ledger->parent != ledger) {
            continue;
        }
        sum[LEDGER_PROCESSES]++;
        if (sync_load(&other->ledger->closed)) {
            add_limits(other->ledger, sum);
        }
    }
}

/* Kinds of which everything is found from the process. */
static bool exact(enum ledger_kind kind)
{
    return kind == LEDGER_VIRTUAL || kind == LEDGER_THREADS ||
           kind == LEDGER_PROCESSES || kind == LEDGER_CAPS ||
           kind == LEDGER_RINGS || kind == LEDGER_CALLS ||
           kind == LEDGER_SCRATCH || kind == LEDGER_WEIGHT;
}

static void check_kind(const struct process *process, enum ledger_kind kind,
                       uint64_t sum)
{
    uint64_t used = ledger_used(process->ledger, kind);

    authority_must(used <= ledger_limit(process->ledger, kind),
                   ledger_kind_name(kind), process->id, used);
    authority_must(exact(kind) ? used == sum : used >= sum,
                   ledger_kind_name(kind), process->id, used - sum);
}

void check_ledger(struct process *process)
{
    uint64_t sum[LEDGER_KINDS] = {0};

    if (!process->ledger || process_state(process) != PROCESS_ALIVE) {
        return;
    }
    sum[LEDGER_CAPS] = sync_load(&process->caps.live);
    sum[LEDGER_WEIGHT] += context_weight_of(process->ledger);
    add_threads(process, sum);
    if (process->space_made) {
        add_space(process, sum);
    }
    add_below(process, sum);
    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        check_kind(process, (enum ledger_kind)kind, sum[kind]);
    }
}
