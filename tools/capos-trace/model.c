/*
 * model.c - one pass over the records.
 *
 * A thread has at most one CALL that has no id yet, for it is in the kernel and
 * its operations run one after the other: TARGET, ANSWER and BEGIN are about
 * that one. ANSWER ends it. If neither ANSWER nor BEGIN comes before its next
 * SQE, it was refused, and its first CQE was its end; but a CQE alone may be
 * another's, posted meanwhile.
 */
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "limits.h"

static uint32_t model_process(struct model *model, uint64_t id)
{
    uint32_t at = map_get(&model->process_at, id);

    if (at == MAP_NONE) {
        at = model->process_count;
        model->processes = map_grow(model->processes, at,
                                    sizeof(*model->processes));
        model->processes[at] = (struct model_process){
            .id = id, .namer = MODEL_NAMELESS};
        model->process_count++;
        map_set(&model->process_at, id, at);
        model->id_max = id > model->id_max ? id : model->id_max;
    }
    return at;
}

/* The thread, made known if need be, to begin with in process 0. */
static struct model_thread *model_meet(struct model *model, uint64_t id)
{
    uint32_t at = map_get(&model->thread_at, (uint32_t)id);

    if (at == MAP_NONE) {
        at = model->thread_count;
        model->threads = map_grow(model->threads, at,
                                  sizeof(*model->threads));
        model->threads[at] = (struct model_thread){
            .id = (uint32_t)id,
            .process = MAP_NONE,
            .open_call = MODEL_NO_CALL,
        };
        model->thread_count++;
        map_set(&model->thread_at, (uint32_t)id, at);
        model->id_max = (uint32_t)id > model->id_max ? (uint32_t)id
                                                     : model->id_max;
    }
    return &model->threads[at];
}

/* A name follows; also of a process that has one already. */
static void model_spawn(struct model *model,
                        const struct trace_record *record)
{
    uint32_t at = model_process(model, record->a);
    struct model_process *process = &model->processes[at];

    process->named = 0;
    process->namer = record->cpu;
    memset(process->name, 0, sizeof(process->name));
}

static void model_name(struct model *model, const struct trace_record *record)
{
    uint32_t at = model_process(model, record->a);
    struct model_process *process = &model->processes[at];

    if (process->namer == MODEL_NAMELESS) {
        process->namer = record->cpu;
    }
    if (process->namer != record->cpu) {
        return;
    }
    for (uint32_t i = 0; i < 8 && process->named < MODEL_NAME_BYTES; i++) {
        char c = (char)(record->b >> 8 * i);

        if (c == '\0') {
            break;
        }
        process->name[process->named++] = c >= ' ' && c <= '~' ? c : '?';
    }
}

/* ---------------------------------------------------------------- calls */

static uint32_t model_call_begin(struct model *model,
                                 const struct trace_record *record)
{
    uint32_t at = model->call_count;

    model->calls = map_grow(model->calls, at, sizeof(*model->calls));
    model->calls[at] = (struct model_call){
        .interface = record->a,
        .method = (uint32_t)record->b,
        .call_ns = record->time_ns,
        .caller = record->thread,
    };
    model->call_count++;
    model_meet(model, record->thread)->open_call = at;
    return at;
}

static void model_call_end(struct model *model, uint32_t at,
                           const struct trace_record *record)
{
    struct model_call *call = &model->calls[at];

    call->ended = true;
    call->end_ns = record->time_ns;
    call->result = (int64_t)record->b;
    call->orphan = model_meet(model, call->caller)->ended;
}

/* What happens to a call before it has an id; returns which call it is. */
static uint32_t model_call_early(struct model *model,
                                 const struct trace_record *record)
{
    struct model_thread *caller = model_meet(model, record->thread);
    uint32_t at = caller->open_call;

    if (at == MODEL_NO_CALL) {
        return at;
    }
    switch (record->kind) {
    case TRACE_TARGET:
        model->calls[at].object = record->a;
        model->calls[at].endpoint = record->b;
        break;
    case TRACE_BEGIN:
        model->calls[at].id = record->a;
        model->calls[at].ended = false;
        map_set(&model->call_at, record->a, at);
        caller->open_call = MODEL_NO_CALL;
        break;
    case TRACE_ANSWER:
        model_call_end(model, at, record);
        caller->open_call = MODEL_NO_CALL;
        break;
    case TRACE_CQE:
        if (!model->calls[at].ended) {
            model_call_end(model, at, record);
        }
        break;
    default: /* SQE */
        caller->open_call = MODEL_NO_CALL;
    }
    return at;
}

/* What happens to a call that goes by its id. */
static uint32_t model_call_late(struct model *model,
                                const struct trace_record *record)
{
    uint32_t at = map_get(&model->call_at, record->a);

    if (at == MODEL_NO_CALL) {
        return at;
    }
    if (record->kind == TRACE_DELIVER) {
        model->calls[at].receiver = (uint32_t)record->b;
    } else {
        model_call_end(model, at, record);
        map_set(&model->call_at, record->a, MAP_NONE);
    }
    return at;
}

/* ------------------------------------------------------------- the pass */

static void model_thread_new(struct model *model,
                             const struct trace_record *record)
{
    uint32_t process = model_process(model, record->b);

    model_meet(model, record->a)->process = process;
}

/* A CPU that idles has no records of its own; ids beyond all CPUs are wrong. */
static void model_cpu(struct model *model, const struct trace_record *record)
{
    if (record->a >= model->cpu_count && record->a < LIMIT_CPUS) {
        model->cpu_count = (uint32_t)record->a + 1;
    }
    if (record->b != 0) {
        (void)model_meet(model, record->b);
    }
}

static uint32_t model_record(struct model *model,
                             const struct trace_record *record)
{
    switch (record->kind) {
    case TRACE_THREAD:
        model_thread_new(model, record);
        break;
    case TRACE_END:
        model_meet(model, record->a)->ended = true;
        break;
    case TRACE_SPAWN:
        model_spawn(model, record);
        break;
    case TRACE_EXIT:
        (void)model_process(model, record->a);
        break;
    case TRACE_NAME:
        model_name(model, record);
        break;
    case TRACE_CPU:
        model_cpu(model, record);
        break;
    case TRACE_CALL:
        return model_call_begin(model, record);
    case TRACE_SQE:
    case TRACE_TARGET:
    case TRACE_BEGIN:
    case TRACE_ANSWER:
    case TRACE_CQE:
        return model_call_early(model, record);
    case TRACE_DELIVER:
        (void)model_meet(model, record->b);
        return model_call_late(model, record);
    case TRACE_RETURN:
        return model_call_late(model, record);
    default:
        break;
    }
    return MODEL_NO_CALL;
}

/* Threads of which no THREAD told get a process of their own: 0. */
static void model_adopt(struct model *model)
{
    for (uint32_t i = 0; i < model->thread_count; i++) {
        if (model->threads[i].process == MAP_NONE) {
            model->threads[i].process = model_process(model, 0);
        }
    }
}

void model_init(struct model *model, const struct trace *trace)
{
    *model = (struct model){.trace = trace};
    model->call_of = map_array(trace->count, sizeof(*model->call_of));
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct trace_record *record = &trace->records[i];

        if (record->thread != 0) {
            (void)model_meet(model, record->thread);
        }
        if (record->cpu >= model->cpu_count) {
            model->cpu_count = record->cpu + 1u;
        }
        if (record->time_ns > model->time_ns) {
            model->time_ns = record->time_ns;
        }
        model->call_of[i] = model_record(model, record);
    }
    model_adopt(model);
}

void model_fini(struct model *model)
{
    map_fini(&model->process_at);
    map_fini(&model->thread_at);
    map_fini(&model->call_at);
    free(model->processes);
    free(model->threads);
    free(model->calls);
    free(model->call_of);
}

uint32_t model_thread(const struct model *model, uint32_t id)
{
    return map_get(&model->thread_at, id);
}

const struct model_process *model_process_of(const struct model *model,
                                             uint32_t thread)
{
    uint32_t at = model_thread(model, thread);

    return at == MAP_NONE ? NULL
                          : &model->processes[model->threads[at].process];
}
