/*
 * state.c - all of the kernel compared with all of the model.
 *
 * Objects and nodes of the kernel are taken to be the model's where they are
 * first met; from then on one is the other's and nobody else's.
 */
#include <string.h>

#include "cap/node.h"
#include "ipc/endpoint.h"
#include "ipc/facet.h"
#include "play.h"
#include "proc/ledger.h"

#define IDS (1u << 18)

/* The model's name of a kernel object or node by its id, and the way back. */
struct names {
    const char *what;
    uint32_t by_id[IDS];
    uint64_t ids[MODEL_OBJECTS + 1];
};

static struct names objects = {.what = "object"};
static struct names nodes = {.what = "node"};

/* ------------------------------------------------------------------- names */

static void name_check(struct names *names, uint32_t name, uint64_t id)
{
    model_must(id < IDS, "ids of objects");
    if (!names->ids[name] && !names->by_id[id]) {
        names->ids[name] = id;
        names->by_id[id] = name;
    }
    if (names->ids[name] != id || names->by_id[id] != name) {
        play_differs("%s %llu of the kernel is %u of the model, whose was "
                     "%llu",
                     names->what, (unsigned long long)id, name,
                     (unsigned long long)names->ids[name]);
    }
}

/* -------------------------------------------------------------------- tables */

static void compare_edge(const struct model_process *process, uint32_t slot,
                         const struct cap_slot *place)
{
    const struct model_edge *edge = &process->table.at[slot].edge;
    const struct object *object = sync_load_pointer(&place->object);
    struct revocation_node *node = sync_load_pointer(&place->node);
    const char *wrong = NULL;

    if ((node == &revocation_root) != (edge->node == 0)) {
        wrong = "the kind of its node";
    } else if (place->mode != edge->mode) {
        wrong = "its mode";
    } else if (place->origin != edge->origin) {
        wrong = "its origin";
    } else if (place->giver != edge->giver ||
               place->giver_cap != edge->giver_cap) {
        wrong = "the grant it came from";
    }
    if (wrong) {
        play_differs("process %llu, slot %u: %s (mode %u origin %u giver %llu "
                     "%llx, the model: %u %u %llu %llx)",
                     (unsigned long long)process->id, slot, wrong, place->mode,
                     place->origin, (unsigned long long)place->giver,
                     (unsigned long long)place->giver_cap, edge->mode,
                     edge->origin, (unsigned long long)edge->giver,
                     (unsigned long long)edge->giver_cap);
    }
    if (edge->node) {
        name_check(&nodes, edge->node, node->object.id);
        if (model_nodes[edge->node].revoked != !!sync_load(&node->revoked)) {
            play_differs("process %llu, slot %u: revoked or not",
                         (unsigned long long)process->id, slot);
        }
        if (sync_load(&node->object.holders) != model_nodes[edge->node].slots) {
            play_differs("process %llu, slot %u: the node's slots",
                         (unsigned long long)process->id, slot);
        }
        if (model_nodes[edge->node].revoked) {
            return; /* its object may be gone */
        }
    }
    name_check(&objects, edge->object, object->id);
}

static void compare_slot(const struct model_process *process,
                         const struct cap_table *table, uint32_t slot)
{
    const struct cap_slot *place = cap_slot_at(table, slot);
    uint32_t generation = sync_load(&place->generation);

    if (generation != process->table.at[slot].generation) {
        play_differs("process %llu, slot %u: generation %u, the model says %u",
                     (unsigned long long)process->id, slot, generation,
                     process->table.at[slot].generation);
    }
    if (generation & 1) {
        compare_edge(process, slot, place);
    }
}

static void compare_free(const struct model_process *process,
                         const struct cap_table *table)
{
    uint32_t at = table->free_first;
    uint32_t i = 0;

    for (; at && i < process->table.free.count; i++) {
        if (at != process->table.free.items[i]) {
            break;
        }
        at = cap_slot_at(table, at - 1)->next;
    }
    if (at || i != process->table.free.count) {
        play_differs("process %llu: free slot %u of %u is another one",
                     (unsigned long long)process->id, i,
                     process->table.free.count);
    }
}

static void compare_table(const struct model_process *process,
                          const struct cap_table *table)
{
    if (sync_load(&table->slots) != process->table.slots ||
        sync_load(&table->live) != process->table.live) {
        play_differs("process %llu: %u of %u slots, the model says %u of %u",
                     (unsigned long long)process->id, sync_load(&table->live),
                     sync_load(&table->slots), process->table.live,
                     process->table.slots);
    }
    for (uint32_t slot = 0; slot < process->table.slots; slot++) {
        compare_slot(process, table, slot);
    }
    compare_free(process, table);
}

/* ------------------------------------------------------ ledgers and processes */

static void compare_ledger(const struct model_process *process,
                           const struct ledger *ledger)
{
    static const enum ledger_kind kinds[MODEL_CHARGES] = {
        [MODEL_CAPS] = LEDGER_CAPS, [MODEL_PROCESS_COUNT] = LEDGER_PROCESSES};

    for (uint32_t i = 0; i < MODEL_CHARGES; i++) {
        uint64_t used = ledger_used(ledger, kinds[i]);

        if (used != process->ledger.used[i]) {
            play_differs("process %llu: %llu charged of kind %u, the model "
                         "says %llu",
                         (unsigned long long)process->id,
                         (unsigned long long)used, kinds[i],
                         (unsigned long long)process->ledger.used[i]);
        }
    }
}

static void compare_process(uint32_t index)
{
    const struct model_process *process = &model_processes[index];
    struct process *kernels = actors[index].player.process;

    if (process_state(kernels) != PROCESS_ALIVE || kernels->id != process->id) {
        play_differs("process %llu is not alive",
                     (unsigned long long)process->id);
    }
    compare_table(process, &kernels->caps);
    compare_ledger(process, kernels->ledger);
}

/* ------------------------------------------------------------------- objects */

static uint32_t count_list(const struct list *list)
{
    uint32_t count = 0;

    for (struct list_node *node = list_first(list); node;
         node = list_next(list, node)) {
        count++;
    }
    return count;
}

static void compare_object(const struct model_object *expected,
                           struct object *object)
{
    const char *wrong = NULL;

    if (sync_load(&object->holders) != expected->holders) {
        wrong = "holders";
    } else if (expected->kind == MODEL_ENDPOINT) {
        const struct endpoint *endpoint = endpoint_of(object);

        if (count_list(&endpoint->receives) != expected->receives.count) {
            wrong = "armed receives";
        }
    } else if (expected->kind == MODEL_FACET) {
        const struct facet *facet = facet_of(object);

        if (facet->queued != expected->queue.count) {
            wrong = "queued calls";
        } else if (facet->closed != expected->closed) {
            wrong = "closed or not";
        }
    }
    if (wrong) {
        play_differs("object %llu (%s): %s",
                     (unsigned long long)object->id, object->type->name,
                     wrong);
    }
}

/* Of all objects that a live, unrevoked slot names. */
static void compare_objects(uint32_t index)
{
    const struct model_process *process = &model_processes[index];
    struct cap_table *table = &actors[index].player.process->caps;

    for (uint32_t slot = 0; slot < process->table.slots; slot++) {
        uint64_t cap =
            slot | (uint64_t)process->table.at[slot].generation << 32;
        const struct model_edge *edge = model_find(index, cap);
        struct object *object = cap_lookup(table, cap);

        if (!edge != !object) {
            play_differs("process %llu, slot %u: named or not",
                         (unsigned long long)process->id, slot);
        }
        if (edge && model_objects[edge->object].kind != MODEL_OTHER) {
            compare_object(&model_objects[edge->object], object);
        }
    }
}

void state_compare(void)
{
    uint32_t alive = 0;

    for (uint32_t i = 1; i <= model_process_count; i++) {
        if (model_processes[i].alive) {
            alive++;
            compare_process(i);
            compare_objects(i);
        }
    }
    for (struct process *process = fixture_process(0); process;
         process = fixture_process(process->id)) {
        alive--;
    }
    if (alive) {
        play_differs("the kernel has other processes");
    }
}

/* ----------------------------------------------------------------- beginning */

static enum model_kind kind_of(const struct object *object)
{
    uint64_t interface_id = object_interface(object);

    return interface_id == ENDPOINT_FACTORY_INTERFACE_ID ? MODEL_FACTORY
           : interface_id == PROCESS_SPAWNER_INTERFACE_ID ? MODEL_SPAWNER
           : interface_id == REVOKER_FACTORY_INTERFACE_ID ? MODEL_REVOKERS
                                                          : MODEL_OTHER;
}

/* Takes over what init was born with. */
static void begin_slot(struct model_process *init, struct cap_table *table,
                       uint32_t slot)
{
    const struct cap_slot *place = cap_slot_at(table, slot);
    struct object *object = sync_load_pointer(&place->object);
    uint32_t generation = sync_load(&place->generation);
    uint32_t name;

    init->table.at[slot].generation = generation;
    if (!(generation & 1)) {
        return;
    }
    name = model_object_new(kind_of(object));
    name_check(&objects, name, object->id);
    model_objects[name].holders = sync_load(&object->holders);
    init->table.at[slot].edge = (struct model_edge){
        .object = name, .mode = (enum model_mode)place->mode,
        .origin = (enum model_origin)place->origin, .giver = place->giver,
        .giver_cap = place->giver_cap};
    init->table.live++;
}

static void begin_ledger(struct model_ledger *ledger,
                         const struct ledger *kernels)
{
    ledger->limit[MODEL_CAPS] = kernels->limit[LEDGER_CAPS];
    ledger->limit[MODEL_PROCESS_COUNT] = kernels->limit[LEDGER_PROCESSES];
    ledger->used[MODEL_CAPS] = ledger_used(kernels, LEDGER_CAPS);
    ledger->used[MODEL_PROCESS_COUNT] = ledger_used(kernels, LEDGER_PROCESSES);
}

void state_begin(void)
{
    struct process *kernels = fixture_init.process;
    struct model_process *init;

    memset(objects.by_id, 0, sizeof(objects.by_id));
    memset(objects.ids, 0, sizeof(objects.ids));
    memset(nodes.by_id, 0, sizeof(nodes.by_id));
    memset(nodes.ids, 0, sizeof(nodes.ids));
    init = &model_processes[model_process_new(kernels->id, 0)];
    init->table.slots = sync_load(&kernels->caps.slots);
    for (uint32_t slot = 0; slot < init->table.slots; slot++) {
        begin_slot(init, &kernels->caps, slot);
    }
    for (uint32_t at = kernels->caps.free_first; at;
         at = cap_slot_at(&kernels->caps, at - 1)->next) {
        model_push(&init->table.free, at);
    }
    begin_ledger(&init->ledger, kernels->ledger);
    init->known[0] = player_cap(&fixture_init, "endpoints");
    init->known[1] = player_cap(&fixture_init, "spawner");
    init->known[2] = fixture_image;
    init->known[3] = player_cap(&fixture_init, "revokers");
    actors[1] = (struct actor){.attached = true, .player = fixture_init};
}
