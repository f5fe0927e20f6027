/* json_track.c - slices and instants on their tracks. */
#include "json_track.h"

#include <inttypes.h>

#include "names.h"

struct json_track json_cpu_track(const struct json *json, uint32_t cpu)
{
    return (struct json_track){json->cpus_pid, json->cpus_pid + cpu};
}

uint64_t json_advance(uint64_t *last_ns, uint64_t time_ns)
{
    if (time_ns > *last_ns) {
        *last_ns = time_ns;
    }
    return *last_ns;
}

void json_thread_begin(struct json *json, struct json_thread *thread,
                       uint64_t time_ns, const char *name)
{
    json_event_begin(&json->out, 'B', thread->track,
                     json_advance(&thread->last_ns, time_ns), name);
}

static void thread_end(struct json *json, struct json_thread *thread,
                       uint64_t time_ns)
{
    json_event_begin(&json->out, 'E', thread->track,
                     json_advance(&thread->last_ns, time_ns), NULL);
    json_event_end(&json->out);
}

struct json_thread *json_thread_touch(struct json *json, uint64_t id,
                                      uint64_t time_ns)
{
    uint32_t at = model_thread(json->model, (uint32_t)id);
    struct json_thread *thread;

    if (at == MAP_NONE || id == 0 || json->threads[at].ended) {
        return NULL;
    }
    thread = &json->threads[at];
    if (!thread->alive) {
        thread->alive = true;
        json_thread_begin(json, thread, time_ns, "thread");
        json_field(&json->out, "cat", "thread");
        json_event_end(&json->out);
    }
    return thread;
}

void json_thread_off(struct json *json, struct json_thread *thread,
                     uint64_t time_ns, enum json_off off)
{
    if (thread->off == off) {
        return;
    }
    if (thread->off != OFF_NOT) {
        thread_end(json, thread, time_ns);
    }
    thread->off = off;
    if (off != OFF_NOT) {
        json_thread_begin(json, thread, time_ns,
                          off == OFF_WAITING ? "waiting" : "ready");
        json_field(&json->out, "cat", "off");
        json_event_end(&json->out);
    }
}

void json_thread_back(struct json *json, struct json_thread *thread,
                      uint64_t time_ns)
{
    json_thread_off(json, thread, time_ns, OFF_NOT);
    if (thread->gate) {
        thread->gate = false;
        thread_end(json, thread, time_ns);
    }
}

void json_thread_finish(struct json *json, struct json_thread *thread,
                        uint64_t time_ns)
{
    json_thread_back(json, thread, time_ns);
    thread_end(json, thread, time_ns);
    thread->alive = false;
    thread->ended = true;
}

void json_thread_label(const struct json *json, uint32_t id,
                       char label[JSON_LABEL_BYTES])
{
    const struct model_process *process = model_process_of(json->model, id);

    snprintf(label, JSON_LABEL_BYTES, "%s%sthread %" PRIu32,
             process != NULL ? process->name : "",
             process != NULL && process->name[0] != '\0' ? ", " : "", id);
}

static void cpu_slice_begin(struct json *json, uint32_t cpu, uint64_t time_ns,
                            const char *name, const char *cat)
{
    json_event_begin(&json->out, 'B', json_cpu_track(json, cpu),
                     json_advance(&json->cpus[cpu].last_ns, time_ns), name);
    json_field(&json->out, "cat", cat);
    json_event_end(&json->out);
}

static void cpu_slice_end(struct json *json, uint32_t cpu, uint64_t time_ns)
{
    json_event_begin(&json->out, 'E', json_cpu_track(json, cpu),
                     json_advance(&json->cpus[cpu].last_ns, time_ns), NULL);
    json_event_end(&json->out);
}

void json_cpu_begin(struct json *json, uint32_t cpu, uint64_t time_ns,
                    const char *name)
{
    struct json_cpu *state = &json->cpus[cpu];

    state->open = true;
    state->starting = false;
    cpu_slice_begin(json, cpu, time_ns, name, "cpu");
}

void json_cpu_end(struct json *json, uint32_t cpu, uint64_t time_ns)
{
    json_cpu_user(json, cpu, time_ns);
    json->cpus[cpu].open = false;
    cpu_slice_end(json, cpu, time_ns);
}

void json_cpu_kernel(struct json *json, uint32_t cpu, uint64_t time_ns,
                     const char *name)
{
    if (!json->cpus[cpu].kernel) {
        json->cpus[cpu].kernel = true;
        cpu_slice_begin(json, cpu, time_ns, name, "kernel");
    }
}

void json_cpu_user(struct json *json, uint32_t cpu, uint64_t time_ns)
{
    if (json->cpus[cpu].kernel) {
        json->cpus[cpu].kernel = false;
        cpu_slice_end(json, cpu, time_ns);
    }
}

void json_instant_begin(struct json *json,
                        const struct trace_record *record, uint32_t id,
                        const char *name)
{
    struct json_thread *thread = json_thread_touch(json, id, record->time_ns);

    if (thread != NULL) {
        json_event_begin(&json->out, 'i', thread->track,
                         json_advance(&thread->last_ns, record->time_ns), name);
    } else {
        json_event_begin(&json->out, 'i', json_cpu_track(json, record->cpu),
                         json_advance(&json->cpus[record->cpu].last_ns,
                                 record->time_ns), name);
    }
    json_field(&json->out, "s", "t");
    json_field(&json->out, "cat", names_kind(record->kind));
}
