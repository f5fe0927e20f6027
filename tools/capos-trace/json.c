/*
 * json.c - records turned into slices, arrows and instants, in one pass.
 *
 * An arrow needs a slice around each of its ends, so a thread's life is one,
 * and an arrow that would end on a dead thread ends one step before.
 */
#include "json.h"

#include <inttypes.h>
#include <stdlib.h>

#include "json_arrow.h"
#include "names.h"
#include "ring.h"
#include "start.h"

/* Begins or ends the bar of a call. */
static void bar(struct json *json, char phase, uint32_t at, uint64_t time_ns)
{
    const struct model_call *call = &json->model->calls[at];
    uint32_t caller = model_thread(json->model, call->caller);
    char name[NAMES_METHOD_BYTES];
    char result[NAMES_RESULT_BYTES];

    if (caller == MAP_NONE || call->id == 0) {
        return;
    }
    if (time_ns < call->call_ns) {
        time_ns = call->call_ns; /* another CPU's clock */
    }
    json_event_begin(&json->out, phase, json->threads[caller].track, time_ns,
                     names_method(name, call->interface, call->method));
    json_field(&json->out, "cat", "call");
    json_id(&json->out, at);
    if (phase == 'b') {
        json_arg_hex(&json->out, "call", call->id);
        json_arg_number(&json->out, "object", (int64_t)call->object);
    } else if (call->ended) {
        json_arg_text(&json->out, "result",
                      names_result(result, call->result));
    }
    json_event_end(&json->out);
}

/* --------------------------------------------------------- one record */

static void on_call(struct json *json, const struct trace_record *record,
                    uint32_t at)
{
    const struct model_call *call = &json->model->calls[at];
    char name[NAMES_METHOD_BYTES];
    char result[NAMES_RESULT_BYTES];

    json_instant_begin(json, record, record->thread,
                       names_method(name, record->a, (uint32_t)record->b));
    json_arg_number(&json->out, "object", (int64_t)call->object);
    if (call->ended) {
        json_arg_text(&json->out, "result",
                      names_result(result, call->result));
    }
    json_event_end(&json->out);
    bar(json, 'b', at, record->time_ns);
    if (call->receiver != 0) {
        json_arrow(json, record, 's', record->thread, at);
    }
}

static void on_deliver(struct json *json, const struct trace_record *record,
                       uint32_t at)
{
    const struct model_call *call = &json->model->calls[at];
    bool last = !call->ended || call->orphan;

    json_arrow(json, record, last ? 'f' : 't', (uint32_t)record->b, at);
}

/* The thread on whose CPU the call returned, if it is of the server; or 0. */
static uint32_t returner(const struct json *json,
                         const struct trace_record *record,
                         const struct model_call *call)
{
    uint32_t now = json->cpus[record->cpu].thread;
    const struct model_process *process = model_process_of(json->model, now);

    if (now == call->caller || process == NULL ||
        process != model_process_of(json->model, call->receiver)) {
        return 0;
    }
    return now;
}

static void on_return(struct json *json, const struct trace_record *record,
                      uint32_t at)
{
    const struct model_call *call = &json->model->calls[at];

    bar(json, 'e', at, record->time_ns);
    if (call->receiver != 0 && !call->orphan) {
        json_arrow(json, record, 't', returner(json, record, call), at);
        json_arrow(json, record, 'f', call->caller, at);
    }
}

static void on_message(struct json *json, const struct trace_record *record,
                       uint32_t at)
{
    if (at == MODEL_NO_CALL) {
        return;
    }
    if (record->kind == TRACE_CALL) {
        on_call(json, record, at);
    } else if (record->kind == TRACE_DELIVER) {
        on_deliver(json, record, at);
    } else if (record->kind == TRACE_RETURN) {
        on_return(json, record, at);
    }
}

/* The CPU gives up its thread, which another one may have by now. */
static void on_switch_from(struct json *json, uint32_t cpu, uint64_t time_ns)
{
    struct json_thread *before =
        json_thread_touch(json, json->cpus[cpu].thread, time_ns);

    if (before != NULL && before->cpu == cpu + 1) {
        before->cpu = 0;
        if (before->off == OFF_NOT) {
            json_thread_off(json, before, time_ns, OFF_READY);
        }
    }
}

/* The CPU goes on with a thread, or idles (id 0). */
static void on_switch(struct json *json, uint32_t number, uint64_t time_ns,
                      uint32_t id)
{
    struct json_cpu *cpu = &json->cpus[number];
    struct json_thread *thread;
    char label[JSON_LABEL_BYTES];

    if (cpu->thread != id || !cpu->open || cpu->starting) {
        if (cpu->open) {
            json_cpu_end(json, number, time_ns);
        }
        if (cpu->thread != id) {
            on_switch_from(json, number, time_ns);
        }
        json_thread_label(json, id, label);
        json_cpu_begin(json, number, time_ns, id != 0 ? label : "idle");
        cpu->thread = id;
    }
    thread = json_thread_touch(json, id, time_ns);
    if (thread != NULL) {
        thread->cpu = number + 1;
        json_thread_back(json, thread, time_ns);
    }
}

/* A way into the kernel; a trace that begins late learns here who runs. */
static void on_entry(struct json *json, const struct trace_record *record)
{
    struct json_cpu *cpu = &json->cpus[record->cpu];

    if (cpu->thread != record->thread || !cpu->open) {
        on_switch(json, record->cpu, record->time_ns, record->thread);
    }
    json_cpu_kernel(json, record->cpu, record->time_ns,
                    names_kind(record->kind));
}

/* A CPU starts, or a trace that begins in the middle finds it. */
static void on_cpu(struct json *json, const struct trace_record *record)
{
    uint32_t cpu = (uint32_t)record->a;

    if (record->a >= json->model->cpu_count) {
        return;
    }
    if (record->b == 0 && record->cpu == cpu && !json->cpus[cpu].open) {
        json_cpu_begin(json, cpu, record->time_ns, "start");
        json->cpus[cpu].starting = true;
    } else {
        on_switch(json, cpu, record->time_ns, (uint32_t)record->b);
    }
    if (record->cpu == cpu) {
        json_cpu_kernel(json, cpu, record->time_ns, "start");
    }
}

static void on_syscall(struct json *json, const struct trace_record *record)
{
    const char *name = names_gate(record->a);
    struct json_thread *thread =
        json_thread_touch(json, record->thread, record->time_ns);

    if (thread == NULL) {
        return;
    }
    json_thread_back(json, thread, record->time_ns);
    thread->gate = true;
    json_thread_begin(json, thread, record->time_ns,
                      name != NULL ? name : "unknown gate number");
    json_field(&json->out, "cat", "gate");
    json_arg_number(&json->out,
                    record->a == GATE_ENTER ? "min_complete" : "code",
                    (int64_t)record->b);
    json_event_end(&json->out);
}

static void on_sqe(struct json *json, const struct trace_record *record)
{
    const char *name = names_opcode((uint8_t)record->a);

    if (name != NULL && (uint8_t)record->a != RING_CALL) {
        json_instant_begin(json, record, record->thread, name);
        json_arg_hex(&json->out, "cap", record->b);
        json_event_end(&json->out);
    }
}

/* Instants of threads, with nothing but their numbers. */
static void on_event(struct json *json, const struct trace_record *record)
{
    char result[NAMES_RESULT_BYTES];
    uint32_t where = record->thread;

    if (where == 0) {
        where = json->cpus[record->cpu].thread;
    }
    json_instant_begin(json, record, where, names_kind(record->kind));
    if (record->kind == TRACE_ERROR) {
        json_arg_text(&json->out, "error",
                      names_result(result, (int64_t)record->a));
        json_arg_number(&json->out, "line", (int64_t)record->b);
    } else {
        json_arg_number(&json->out, "a", (int64_t)record->a);
        json_arg_number(&json->out, "b", (int64_t)record->b);
    }
    json_event_end(&json->out);
}

static void cpu_instant(struct json *json, const struct trace_record *record,
                        const char *first, const char *second)
{
    json_instant_begin(json, record, 0, names_kind(record->kind));
    if (first != NULL) {
        json_arg_number(&json->out, first, (int64_t)record->a);
    }
    if (second != NULL) {
        json_arg_number(&json->out, second, (int64_t)record->b);
    }
    json_event_end(&json->out);
}

static void on_ipi(struct json *json, const struct trace_record *record)
{
    json_instant_begin(json, record, 0, names_kind(record->kind));
    json_arg_text(&json->out, "why", names_ipi(record->b));
    json_arg_hex(&json->out, "cpus", record->a);
    json_event_end(&json->out);
    json_ipi_send(json, record);
}

static void on_irq(struct json *json, const struct trace_record *record)
{
    json_instant_begin(json, record, 0, names_kind(record->kind));
    json_arg_text(&json->out, "line", names_line(record->a));
    json_event_end(&json->out);
    if (record->a == TRACE_LINE_ATTENTION) {
        json_ipi_take(json, record->cpu, record->time_ns);
    }
}

/* What CPUs do, threads aside. */
static void on_machine(struct json *json, const struct trace_record *record)
{
    switch (record->kind) {
    case TRACE_BOOT:
        if (!json->cpus[record->cpu].open) {
            json_cpu_begin(json, record->cpu, record->time_ns, "boot");
            json->cpus[record->cpu].starting = true;
        }
        cpu_instant(json, record, "package", "frames");
        break;
    case TRACE_CPU:
        on_cpu(json, record);
        break;
    case TRACE_STEAL:
        cpu_instant(json, record, "thread", "from");
        break;
    case TRACE_IPI:
        on_ipi(json, record);
        break;
    case TRACE_IRQ:
        on_irq(json, record);
        break;
    default: /* TICK, PREEMPTED */
        cpu_instant(json, record, NULL, NULL);
    }
}

static void on_thread(struct json *json, const struct trace_record *record)
{
    struct json_thread *thread =
        json_thread_touch(json, record->a, record->time_ns);

    if (thread == NULL) {
        return;
    }
    if (record->kind == TRACE_END) {
        json_thread_finish(json, thread, record->time_ns);
    } else if (record->kind == TRACE_WAKE) {
        json_instant_begin(json, record, (uint32_t)record->a, "wake");
        json_arg_number(&json->out, "cpu", record->cpu);
        json_event_end(&json->out);
        json_thread_off(json, thread, record->time_ns, OFF_READY);
    } else if (record->kind == TRACE_WAIT) {
        json_thread_off(json, thread, record->time_ns, OFF_WAITING);
    }
}

static void on_record(struct json *json, const struct trace_record *record,
                      uint32_t call)
{
    switch (record->kind) {
    case TRACE_SYSCALL:
        on_entry(json, record);
        on_syscall(json, record);
        break;
    case TRACE_LEAVE:
        json_cpu_user(json, record->cpu, record->time_ns);
        on_switch(json, record->cpu, record->time_ns, (uint32_t)record->a);
        break;
    case TRACE_THREAD:
    case TRACE_END:
    case TRACE_WAKE:
    case TRACE_WAIT:
        on_thread(json, record);
        break;
    case TRACE_SQE:
        on_sqe(json, record);
        break;
    case TRACE_TICK:
    case TRACE_IRQ:
        on_entry(json, record);
        on_machine(json, record);
        break;
    case TRACE_FAULT:
        on_entry(json, record);
        on_event(json, record);
        break;
    case TRACE_SPAWN:
    case TRACE_EXIT:
    case TRACE_ERROR:
        on_event(json, record);
        break;
    case TRACE_BOOT:
    case TRACE_CPU:
    case TRACE_IPI:
    case TRACE_PREEMPTED:
    case TRACE_STEAL:
        on_machine(json, record);
        break;
    default:
        on_message(json, record, call);
    }
}

/* ------------------------------------------------------------ the file */

static void name_track(struct json *json, const char *what,
                       struct json_track track, const char *name)
{
    json_event_begin(&json->out, 'M', track, 0, what);
    json_arg_text(&json->out, "name", name);
    json_event_end(&json->out);
}

/* CPUs stand above the processes, which come in the order of their ids. */
static void name_cpus(struct json *json)
{
    struct json_track first = json_cpu_track(json, 0);
    char name[JSON_LABEL_BYTES];

    name_track(json, "process_name", first, "CPUs");
    json_event_begin(&json->out, 'M', first, 0, "process_sort_index");
    json_arg_number(&json->out, "sort_index", -1);
    json_event_end(&json->out);
    for (uint32_t i = 0; i < json->model->cpu_count; i++) {
        snprintf(name, sizeof(name), "CPU %" PRIu32, i);
        name_track(json, "thread_name", json_cpu_track(json, i), name);
    }
}

static void name_threads(struct json *json)
{
    const struct model *model = json->model;

    for (uint32_t i = 0; i < model->process_count; i++) {
        const struct model_process *process = &model->processes[i];
        struct json_track track = {process->id, process->id};

        name_track(json, "process_name", track,
                   process->name[0] != '\0' ? process->name : "process");
        json_event_begin(&json->out, 'M', track, 0, "process_sort_index");
        json_arg_number(&json->out, "sort_index", (int64_t)process->id);
        json_event_end(&json->out);
    }
    for (uint32_t i = 0; i < model->thread_count; i++) {
        const char *name = model->processes[model->threads[i].process].name;

        name_track(json, "thread_name", json->threads[i].track,
                   name[0] != '\0' ? name : "thread");
    }
}

static void json_init(struct json *json, FILE *out,
                      const struct model *model)
{
    *json = (struct json){.model = model, .cpus_pid = 1000};
    json->threads = map_array(model->thread_count, sizeof(*json->threads));
    json->cpus = map_array(model->cpu_count, sizeof(*json->cpus));
    json->flows = map_array(model->call_count, sizeof(*json->flows));
    while (json->cpus_pid <= model->id_max &&
           json->cpus_pid < UINT64_MAX / 10) {
        json->cpus_pid *= 10;
    }
    for (uint32_t i = 0; i < model->thread_count; i++) {
        const struct model_thread *thread = &model->threads[i];

        json->threads[i].track = (struct json_track){
            model->processes[thread->process].id, thread->id};
    }
    json_open(&json->out, out, model->trace->head.seed);
}

/* Ends what is open when the trace does. */
static void json_fini(struct json *json)
{
    const struct model *model = json->model;

    for (uint32_t i = 0; i < model->call_count; i++) {
        json_arrow_drop(json, i, model->time_ns);
        if (!model->calls[i].ended) {
            bar(json, 'e', i, model->time_ns);
        }
    }
    for (uint32_t i = 0; i < model->cpu_count; i++) {
        json_ipi_take(json, i, model->time_ns);
    }
    for (uint32_t i = 0; i < model->cpu_count; i++) {
        if (json->cpus[i].open) {
            json_cpu_end(json, i, model->time_ns);
        }
    }
    for (uint32_t i = 0; i < model->thread_count; i++) {
        if (json->threads[i].alive) {
            json_thread_finish(json, &json->threads[i], model->time_ns);
        }
    }
    json_close(&json->out);
    free(json->threads);
    free(json->cpus);
    free(json->flows);
}

void json_print(FILE *out, const struct model *model)
{
    struct json json;

    json_init(&json, out, model);
    name_cpus(&json);
    name_threads(&json);
    for (uint32_t i = 0; i < model->trace->count; i++) {
        on_record(&json, &model->trace->records[i], model->call_of[i]);
    }
    json_fini(&json);
}
