/*
 * model_process.c - processes: spawning them, waiting for their end, and all that
 * their end means for others.
 */
#include "model.h"

#include <stdlib.h>

#define SELF_CAPS 4u

/* Process ends that are still to be done, in order. */
static struct model_list ending;

uint32_t model_process_new(uint64_t id, uint32_t parent)
{
    uint32_t records = parent ? MODEL_RECORDS : MODEL_RECORDS_INIT;
    struct model_process *process;

    model_must(model_process_count < MODEL_PROCESSES, "too many processes");
    process = &model_processes[++model_process_count];
    process->alive = true;
    process->id = id;
    process->parent = parent;
    process->object = model_object_new(MODEL_PROCESS);
    model_objects[process->object].process = model_process_count;
    process->table.at = calloc(MODEL_SLOTS, sizeof(struct model_slot));
    model_must(process->table.at != NULL, "out of memory");
    for (uint32_t i = 1; i <= records; i++) {
        model_push(&process->records, i);
    }
    return model_process_count;
}

/* ------------------------------------------------------------------ spawning */

/* self-memory, self-threads, self-caps, and self-ledger, which may be passed on. */
static int32_t spawn_self(uint32_t child)
{
    int32_t error = 0;

    for (uint32_t i = 0; !error && i < SELF_CAPS; i++) {
        struct model_edge edge = {.object = model_object_new(MODEL_OTHER),
                                  .mode = i + 1 < SELF_CAPS
                                              ? MODEL_NON_TRANSFERABLE
                                              : MODEL_COPY,
                                  .origin = MODEL_KERNEL};
        uint64_t cap;

        error = model_insert(child, &edge, &cap);
    }
    return error;
}

/* Empties a process that is not to be, without anybody being told. */
static void spawn_undo(uint32_t child)
{
    struct model_process *process = &model_processes[child];
    uint32_t parent = process->parent;

    process->alive = false;
    for (uint32_t slot = 0; slot < process->table.slots; slot++) {
        (void)model_release(child, slot | (uint64_t)process->table.at[slot]
                                                  .generation << 32);
    }
    for (uint32_t kind = 0; kind < MODEL_CHARGES; kind++) {
        model_refund(&model_processes[parent].ledger, (enum model_charge)kind,
                     process->ledger.limit[kind] +
                         (kind == MODEL_PROCESS_COUNT));
    }
}

/* The limits of the child are taken from the parent's. */
static int32_t spawn_charge(uint32_t parent, uint32_t child,
                            const struct model_spawn *asked)
{
    struct model_ledger *payer = &model_processes[parent].ledger;
    struct model_ledger *ledger = &model_processes[child].ledger;

    for (uint32_t kind = 0; kind < MODEL_CHARGES; kind++) {
        uint64_t amount = asked->limits[kind] + (kind == MODEL_PROCESS_COUNT);

        if (amount > payer->limit[kind] - payer->used[kind]) {
            return ERR_OVERLOADED;
        }
    }
    for (uint32_t kind = 0; kind < MODEL_CHARGES; kind++) {
        payer->used[kind] +=
            asked->limits[kind] + (kind == MODEL_PROCESS_COUNT);
        ledger->limit[kind] = asked->limits[kind];
    }
    return 0;
}

static int32_t spawn_fill(uint32_t parent, uint32_t child,
                          const struct model_spawn *asked)
{
    uint64_t caps[MESSAGE_CAPS_MAX];
    int32_t error = spawn_self(child);

    if (!error) {
        error = model_transfer(parent, child, asked->grants, asked->count,
                               MODEL_SPAWN_GRANT, caps);
    }
    for (uint32_t i = 0; !error && i < 4; i++) {
        model_processes[child].known[i] = caps[i];
    }
    return error;
}

uint32_t model_spawn(uint32_t process, const struct model_spawn *asked,
                     uint64_t id)
{
    const struct model_edge *spawner = model_find(process, asked->spawner);
    const struct model_edge *image = model_find(process, asked->image);
    struct model_cqe *cqe;
    uint32_t child;
    uint64_t cap;
    int32_t error;

    if (!spawner) {
        (void)model_expect(process, asked->user_data, ERR_BAD_CAPABILITY);
        return 0;
    }
    if (!image) {
        model_refuse(process, asked->user_data, ERR_INVALID);
        return 0;
    }
    child = model_process_new(id, process);
    error = spawn_charge(process, child, asked);
    if (error) {
        model_processes[child].alive = false;
    } else {
        error = spawn_fill(process, child, asked);
        if (!error) {
            error = model_give(process, spawner->node,
                               model_processes[child].object, &cap);
        }
        if (error) {
            spawn_undo(child);
        }
    }
    if (error) {
        model_refuse(process, asked->user_data, error);
        return 0;
    }
    cqe = model_expect(process, asked->user_data, 0);
    cqe->cap_count = 1;
    cqe->caps[0] = cap;
    return child;
}

/* -------------------------------------------------------------------- ending */

/* What it had received and not returned; its own calls; its receives. */
static void end_calls(uint32_t process)
{
    struct model_process *ended = &model_processes[process];

    while (ended->delivered.count) {
        model_call_withdraw(ended->delivered.items[0], ERR_DISCONNECTED);
    }
    for (uint32_t record = 1; record <= MODEL_RECORDS; record++) {
        for (uint32_t i = 1; i <= model_call_count; i++) {
            if (model_calls[i].state != MODEL_DONE &&
                model_calls[i].caller == process &&
                model_calls[i].record == record) {
                model_call_withdraw(i, ERR_CANCELLED);
            }
        }
    }
    for (uint32_t i = 0; i < MODEL_RECEIVES; i++) {
        model_receive_drop(process, i);
    }
}

static void end_caps(uint32_t process)
{
    struct model_table *table = &model_processes[process].table;

    table->closed = true;
    for (uint32_t slot = 0; slot < table->slots; slot++) {
        (void)model_release(process, slot | (uint64_t)table->at[slot]
                                                    .generation << 32);
    }
}

static void end_begin(uint32_t process, uint64_t how, int64_t code)
{
    struct model_process *ended = &model_processes[process];

    if (ended->alive) {
        ended->alive = false;
        ended->expected = 0;
        ended->end_how = how;
        ended->end_code = code;
        model_push(&ending, process);
    }
}

static void end_refund(uint32_t process)
{
    struct model_process *ended = &model_processes[process];

    for (uint32_t kind = 0; kind < MODEL_CHARGES; kind++) {
        model_refund(&model_processes[ended->parent].ledger,
                     (enum model_charge)kind,
                     ended->ledger.limit[kind] +
                         (kind == MODEL_PROCESS_COUNT));
    }
}

static void end_tell(uint32_t call, const struct model_process *ended)
{
    struct model_call *record = &model_calls[call];
    struct model_cqe *cqe =
        model_expect(record->caller, record->user_data, 0);

    cqe->in_words = true;
    cqe->word = ended->end_how;
    record->state = MODEL_DONE;
    model_push(&model_processes[record->caller].records, record->record);
}

static void end_finish(uint32_t process)
{
    struct model_process *ended = &model_processes[process];
    uint32_t call;

    end_calls(process);
    end_caps(process);
    for (uint32_t i = 1; i <= model_process_count; i++) {
        if (model_processes[i].parent == process) {
            end_begin(i, 1, ERR_DISCONNECTED);
        }
    }
    while ((call = model_pop(&ended->waiters))) {
        end_tell(call, ended);
    }
}

static void end_all(void)
{
    struct model_list done = {0};
    uint32_t process;

    while ((process = model_pop(&ending))) {
        end_finish(process);
        model_push_front(&done, process);
    }
    while ((process = model_pop(&done))) {
        end_refund(process); /* children before parents */
    }
}

void model_exit(uint32_t process, int64_t code)
{
    end_begin(process, 0, code);
    end_all();
}

void model_kill(uint32_t process, uint64_t handle, int64_t code,
                uint64_t user_data)
{
    const struct model_edge *edge = model_find(process, handle);

    if (!edge) {
        (void)model_expect(process, user_data, ERR_BAD_CAPABILITY);
        return;
    }
    (void)model_expect(process, user_data, 0);
    end_begin(model_objects[edge->object].process, 1, code);
    end_all();
}

uint32_t model_wait(uint32_t process, uint64_t handle, uint64_t user_data)
{
    const struct model_edge *edge = model_find(process, handle);
    struct model_process *ended;
    struct model_cqe *cqe;
    uint32_t record;

    if (!edge) {
        (void)model_expect(process, user_data, ERR_BAD_CAPABILITY);
        return 0;
    }
    ended = &model_processes[model_objects[edge->object].process];
    if (ended == &model_processes[process]) {
        model_refuse(process, user_data, ERR_INVALID);
        return 0;
    }
    if (!ended->alive) {
        cqe = model_expect(process, user_data, 0);
        cqe->in_words = true;
        cqe->word = ended->end_how;
        return 0;
    }
    record = model_pop(&model_processes[process].records);
    if (!record) {
        model_refuse(process, user_data, ERR_OVERLOADED);
        return 0;
    }
    model_must(model_call_count < MODEL_CALLS, "too many calls");
    model_calls[++model_call_count] = (struct model_call){
        .state = MODEL_WAITS, .caller = process, .record = record,
        .user_data = user_data, .object = edge->object, .node = edge->node};
    model_push(&ended->waiters, model_call_count);
    return model_call_count;
}
