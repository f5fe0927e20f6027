/*
 * check_paid.c - the data pages and heap bytes of each ledger: what is charged is
 * what its objects, memories and regions have, with the limits of the ledgers
 * below it.
 *
 * They may be in any hands, so they are not found from the process but in the
 * census. The sums stand in a table of a fixed size: the census is gone through
 * several times if there are many ledgers, each time for a part of them.
 */
#include "check/authority_check.h"
#include "check/census.h"
#include "mem/memory.h"
#include "mem/region.h"
#include "proc/process.h"

#define PAID_PLACES 512u
#define PAID_PER_PART (PAID_PLACES / 4)

struct paid {
    const struct ledger *ledger;
    uint64_t pages;
    uint64_t bytes;
};

static struct paid places[PAID_PLACES];

/* Of which ledgers this time. */
static uint32_t part;
static uint32_t parts;

/* The sums of a ledger; NULL: it is not of this part. */
static struct paid *paid_of(const struct ledger *ledger)
{
    uint64_t hash = (ledger->object.id * 0x9e3779b97f4a7c15ull) >> 40;
    uint32_t at = (uint32_t)hash % PAID_PLACES;
    uint32_t tries = 0;

    if (hash % parts != part) {
        return NULL;
    }
    while (places[at].ledger && places[at].ledger != ledger) {
        at = (at + 1) % PAID_PLACES;
        authority_must(++tries < PAID_PLACES,
                       "more ledgers than the check has room for", 0,
                       PAID_PLACES);
    }
    places[at].ledger = ledger;
    return &places[at];
}

static void add(const struct ledger *ledger, uint64_t pages, uint64_t bytes)
{
    struct paid *paid = ledger ? paid_of(ledger) : NULL;

    if (paid) {
        paid->pages += pages;
        paid->bytes += bytes;
    }
}

static struct object *object_at(struct list_node *node)
{
    return container_of(node, struct object, census);
}

static const struct ledger *ledger_at(struct object *object)
{
    return container_of(object, struct ledger, object);
}

static void add_objects(void)
{
    for (struct list_node *node = list_first(&census.objects); node;
         node = list_next(&census.objects, node)) {
        struct object *object = object_at(node);

        add(object->ledger, 0, object->bytes);
        if (object->type == &ledger_type) {
            const struct ledger *below = ledger_at(object);

            add(below->parent, ledger_limit(below, LEDGER_PAGES),
                ledger_limit(below, LEDGER_OBJECTS));
        }
        authority_looks++;
    }
}

static void add_memories(void)
{
    for (struct list_node *node = list_first(&census.memories); node;
         node = list_next(&census.memories, node)) {
        const struct memory *memory =
            container_of(node, struct memory, census);

        add(memory->ledger, memory->owned ? memory->pages : 0,
            memory_book_bytes(memory));
        authority_looks++;
    }
}

static void add_regions(struct process *first)
{
    for (struct process *process = first; process;
         process = process_next(process)) {
        const struct space *space = &process->space;

        for (const struct region *region =
                 process->space_made ? space->regions : NULL;
             region; region = region->next) {
            bool data = region_owns(region) &&
                        region_ledger_kind(region) == LEDGER_PAGES;

            add(space->ledger, data ? region->pages : 0, sizeof(*region));
            authority_looks++;
        }
    }
}

static void compare(struct object *object)
{
    const struct ledger *ledger = ledger_at(object);
    const struct paid *paid = paid_of(ledger);
    uint64_t pages = ledger_used(ledger, LEDGER_PAGES);
    uint64_t bytes = ledger_used(ledger, LEDGER_OBJECTS);

    if (!paid) {
        return;
    }
    authority_must(pages == paid->pages, "a ledger's pages", object->id,
                   pages - paid->pages);
    authority_must(bytes == paid->bytes, "a ledger's objects", object->id,
                   bytes - paid->bytes);
}

static uint32_t ledgers_count(void)
{
    uint32_t count = 0;

    for (struct list_node *node = list_first(&census.objects); node;
         node = list_next(&census.objects, node)) {
        count += object_at(node)->type == &ledger_type;
    }
    return count;
}

void check_paid(struct process *first)
{
    if (!census.kept) {
        return;
    }
    parts = ledgers_count() / PAID_PER_PART + 1;
    for (part = 0; part < parts; part++) {
        add_objects();
        add_memories();
        add_regions(first);
        for (struct list_node *node = list_first(&census.objects); node;
             node = list_next(&census.objects, node)) {
            if (object_at(node)->type == &ledger_type) {
                compare(object_at(node));
            }
        }
        for (uint32_t i = 0; i < PAID_PLACES; i++) {
            places[i] = (struct paid){.ledger = NULL};
        }
    }
}
