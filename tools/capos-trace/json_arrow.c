/* json_arrow.c - steps of arrows. */
#include "json_arrow.h"

static void step(struct json *json, char phase, struct json_track track,
                 uint64_t time_ns, const char *what, uint32_t id)
{
    json_event_begin(&json->out, phase, track, time_ns, what);
    json_field(&json->out, "cat", what[0] == 'c' ? "message" : "ipi");
    json_id(&json->out, id);
    if (phase != 's') {
        json_field(&json->out, "bp", "e");
    }
    json_event_end(&json->out);
}

/* A step of a call's arrow, no earlier than the one before. */
static void call_step(struct json *json, char phase, struct json_track track,
                      uint64_t *last_ns, uint64_t time_ns, uint32_t call)
{
    struct json_flow *flow = &json->flows[call];

    flow->open = phase != 'f';
    flow->last_ns = json_advance(
        last_ns, time_ns > flow->last_ns ? time_ns : flow->last_ns);
    step(json, phase, track, flow->last_ns, "call", call);
}

void json_arrow(struct json *json, const struct trace_record *record,
                char phase, uint32_t id, uint32_t call)
{
    struct json_thread *thread =
        json_thread_touch(json, id, record->time_ns);

    if (thread != NULL && json->flows[call].open == (phase != 's')) {
        call_step(json, phase, thread->track, &thread->last_ns,
                  record->time_ns, call);
    }
}

/* A CPU's track with a slice on it. */
static uint64_t *cpu_ready(struct json *json, uint32_t cpu, uint64_t time_ns)
{
    if (!json->cpus[cpu].open) {
        json_cpu_begin(json, cpu, time_ns, "idle");
    }
    return &json->cpus[cpu].last_ns;
}

void json_arrow_drop(struct json *json, uint32_t call, uint64_t time_ns)
{
    if (json->flows[call].open) {
        call_step(json, 'f', json_cpu_track(json, 0),
                  cpu_ready(json, 0, time_ns), time_ns, call);
    }
}

/* ------------------------------------------------------------------ IPIs */

static uint64_t ipi_step(struct json *json, char phase, uint32_t cpu,
                         uint64_t time_ns, uint32_t arrow)
{
    uint64_t *last_ns = cpu_ready(json, cpu, time_ns);

    time_ns = json_advance(last_ns, time_ns);
    step(json, phase, json_cpu_track(json, cpu), time_ns, "ipi", arrow);
    return time_ns;
}

void json_ipi_send(struct json *json, const struct trace_record *record)
{
    struct json_cpu *from = &json->cpus[record->cpu];

    for (uint32_t to = 0;
         to < JSON_IPI_CPUS && to < json->model->cpu_count; to++) {
        bool flush = record->b == TRACE_IPI_FLUSH;
        uint64_t sent_ns;

        if ((record->a >> to & 1) == 0 ||
            (!flush && from->sent[to].arrow != 0)) {
            continue;
        }
        sent_ns = ipi_step(json, 's', record->cpu, record->time_ns,
                           json->ipis++);
        if (flush) {
            (void)ipi_step(json, 'f', to, sent_ns, json->ipis - 1);
        } else {
            from->sent[to] = (struct json_ipi){sent_ns, json->ipis};
        }
    }
}

void json_ipi_take(struct json *json, uint32_t cpu, uint64_t time_ns)
{
    for (uint32_t i = 0; cpu < JSON_IPI_CPUS && i < json->model->cpu_count;
         i++) {
        struct json_ipi *ipi = &json->cpus[i].sent[cpu];

        if (ipi->arrow != 0) {
            (void)ipi_step(json, 'f', cpu,
                           time_ns > ipi->sent_ns ? time_ns : ipi->sent_ns,
                           ipi->arrow - 1);
            ipi->arrow = 0;
        }
    }
}
