/*
 * inject_show.c - the state that a roll-back must bring back, as lines of text.
 *
 * Tables with generations and free lists in order, ledgers, regions, threads and
 * their completions, counts of objects, and what heap and frames have in use.
 * Processes, objects and threads are named by their ids (p, o, t), which another
 * run may have others of. Nothing of it depends on addresses or times.
 */
#include "cap/slot.h"
#include "check/inject.h"

#include "fmt.h"
#include "mem/frames.h"
#include "mem/heap.h"
#include "mem/region.h"
#include "proc/process.h"

#define SHOW_LINE_BYTES 512u

/* A line that is put together. */
struct show_line {
    uint32_t length;
    char text[SHOW_LINE_BYTES];
};

static void line_end(struct show_line *line)
{
    inject_say("inject: %s", line->text);
    line->length = 0;
}

static __attribute__((format(printf, 2, 3))) void
line_add(struct show_line *line, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    line->length += (uint32_t)fmt_vformat(line->text + line->length,
                                          SHOW_LINE_BYTES - line->length,
                                          format, args);
    va_end(args);
    if (line->length > SHOW_LINE_BYTES - 64) {
        line_end(line);
    }
}

/* -------------------------------------------------------------------- tables */

static void show_object(const struct object *object)
{
    inject_say("inject:  o%llu %s: %u references, %u holders",
               (unsigned long long)object->id, object->type->name,
               sync_load(&object->references), sync_load(&object->holders));
}

static void show_edge(uint32_t slot, uint32_t generation,
                      const struct cap_edge *edge)
{
    bool root = edge->node == &revocation_root;

    inject_say("inject:  slot %u.%u o%llu node o%llu mode %u origin %u by "
               "p%llu %llx",
               slot, generation,
               (unsigned long long)(root ? edge->object->id
                                         : edge->node->target_id),
               (unsigned long long)(root ? 0 : edge->node->object.id),
               edge->mode, edge->origin, (unsigned long long)edge->giver,
               (unsigned long long)edge->giver_cap);
    show_object(root ? edge->object : &edge->node->object);
}

/* Runs of slots that were never used stand together. */
static void show_free(const struct cap_table *table)
{
    struct show_line line = {.length = 0};
    uint32_t at = table->free_first;

    line_add(&line, " free");
    while (at) {
        uint32_t first = at;
        uint32_t last = at;
        uint32_t generation =
            sync_load(&cap_slot_at(table, at - 1)->generation);

        at = cap_slot_at(table, at - 1)->next;
        while (!generation && at == last + 1 &&
               !sync_load(&cap_slot_at(table, at - 1)->generation)) {
            last = at;
            at = cap_slot_at(table, at - 1)->next;
        }
        line_add(&line, " %u-%u.%u", first - 1, last - 1, generation);
    }
    line_end(&line);
}

static void show_table(const struct cap_table *table)
{
    uint32_t slots = sync_load(&table->slots);
    uint32_t leaves = 0;

    for (uint32_t i = 0; i < CAP_LEAVES; i++) {
        leaves += table->leaves[i] != NULL;
    }
    inject_say("inject:  slots %u in %u leaves", slots, leaves);
    for (uint32_t slot = 0; slot < slots; slot++) {
        const struct cap_slot *place = cap_slot_at(table, slot);
        uint32_t generation = sync_load(&place->generation);
        struct cap_edge edge;

        if (generation & 1u) {
            cap_read_locked(place, &edge);
            show_edge(slot, generation, &edge);
        }
    }
    show_free(table);
}

/* ------------------------------------------------------------------- ledgers */

static void show_ledger(const struct ledger *ledger, uint32_t depth)
{
    struct show_line line = {.length = 0};

    line_add(&line, " ledger depth %u references %u", depth,
             sync_load(&ledger->object.references));
    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        line_add(&line, " %s %llu of %llu",
                 ledger_kind_name((enum ledger_kind)kind),
                 (unsigned long long)ledger_used(ledger,
                                                 (enum ledger_kind)kind),
                 (unsigned long long)ledger_limit(ledger,
                                                  (enum ledger_kind)kind));
    }
    line_end(&line);
}

/* A ledger and all below it. Depth is bounded by LEDGER_DEPTH_MAX. */
static void show_ledgers(struct ledger *ledger)
{
    struct ledger *at = ledger;
    struct list_node *below;

    while (at) {
        show_ledger(at, at->depth);
        below = list_first(&at->children);
        while (!below && at != ledger) {
            below = list_next(&at->parent->children, &at->link);
            at = at->parent;
        }
        at = below ? container_of(below, struct ledger, link) : NULL;
    }
}

/* ------------------------------------------------------------------- threads */

/* What the program has been told: the completions that its ring still shows. */
static uint64_t thread_told(const struct thread *thread)
{
    uint64_t hash = 1469598103934665603ull;

    for (uint32_t i = 0; i < thread->queue.cq_entries; i++) {
        const struct cqe *entry = &thread->queue.cq[i];

        hash = (hash ^ entry->kind) * 1099511628211ull;
        hash = (hash ^ entry->flags) * 1099511628211ull;
        hash = (hash ^ (uint32_t)entry->result) * 1099511628211ull;
    }
    return hash;
}

static uint32_t thread_records(const struct thread *thread)
{
    uint32_t used = 0;

    for (uint32_t i = 0; thread->calls && i < thread->call_count; i++) {
        used += sync_load(&thread->calls[i].state) != CALL_FREE;
    }
    return used;
}

static void show_thread(const struct thread *thread)
{
    const struct ring_queue *queue = &thread->queue;

    inject_say("inject:  t%llu state %u: taken %u, told %u (%llx), promised "
               "%u, records %u, references %u",
               (unsigned long long)thread->id, sync_load(&thread->state),
               queue->sq_head, sync_load(&queue->cq_tail),
               (unsigned long long)thread_told(thread),
               sync_load(&queue->promised) - sync_load(&queue->kept),
               thread_records(thread), sync_load(&thread->object.references));
}

/* ----------------------------------------------------------------- processes */

static void show_regions(const struct space *space)
{
    uint64_t base = hal_space_base(&space->hal);

    for (const struct region *region = space->regions; region;
         region = region->next) {
        inject_say("inject:  region %llx pages %llu kind %u protection %u",
                   (unsigned long long)(region->va - base),
                   (unsigned long long)region->pages, region->kind,
                   region->protection);
    }
}

static void show_process(struct process *process)
{
    inject_say("inject: p%llu %s by p%llu, state %u, pins %u, references %u",
               (unsigned long long)process->id, process->name,
               (unsigned long long)process->parent_id,
               process_state(process), process->pins,
               sync_load(&process->object.references));
    show_table(&process->caps);
    if (process->space_made) {
        show_regions(&process->space);
    }
    for (struct list_node *node = list_first(&process->threads); node;
         node = list_next(&process->threads, node)) {
        show_thread(container_of(node, struct thread, link));
    }
}

static void show_memory(void)
{
    uint64_t used;
    uint32_t class = 0;
    uint32_t bytes;

    while ((bytes = heap_use(class++, &used))) {
        inject_say("inject: heap %u: %llu", bytes, (unsigned long long)used);
    }
    inject_say("inject: frames %llu, of the heap %llu",
               (unsigned long long)(frames_total() - frames_available()),
               (unsigned long long)used);
}

void inject_show(const char *heading, uint64_t operations)
{
    struct process *first;

    inject_say("inject: state %s %llu", heading,
               (unsigned long long)operations);
    process_list_lock();
    first = process_next(NULL);
    for (struct process *process = first; process;
         process = process_next(process)) {
        show_process(process);
    }
    process_list_unlock();
    if (first) {
        show_ledgers(first->ledger);
    }
    show_memory();
    inject_say("inject: end");
}
