/* timeline.c - records as lines of text, and which of them. */
#include "timeline.h"

#include <inttypes.h>
#include <string.h>

#include "names.h"
#include "ring.h"
#include "start.h"

static void print_result(FILE *out, uint64_t bits)
{
    char text[NAMES_RESULT_BYTES];

    fputs(names_result(text, (int64_t)bits), out);
}

/* slot.generation, as the shell shows a CapId. */
static void print_cap(FILE *out, uint64_t cap)
{
    fprintf(out, "%" PRIu32 ".%" PRIu32, (uint32_t)cap, (uint32_t)(cap >> 32));
}

static void print_sqe(FILE *out, const struct trace_record *record)
{
    uint8_t opcode = (uint8_t)record->a;
    uint8_t flags = (uint8_t)(record->a >> 8);
    const char *name = names_opcode(opcode);

    if (name != NULL) {
        fputs(name, out);
    } else {
        fprintf(out, "opcode %u", opcode);
    }
    fputs((flags & RING_INLINE) != 0 ? " inline" : "", out);
    fputs((flags & RING_RINLINE) != 0 ? " rinline" : "", out);
    fputs((flags & RING_QUIET) != 0 ? " quiet" : "", out);
    fputs((flags & RING_YIELD) != 0 ? " yield" : "", out);
    fputs((flags & RING_EXCEPTION) != 0 ? " exception" : "", out);
    if (opcode == RING_CALL || opcode == RING_RECV ||
        opcode == RING_RELEASE) {
        fputs(" cap ", out);
        print_cap(out, record->b);
    } else if (opcode == RING_RETURN) {
        fprintf(out, " call %" PRIx64, record->b);
    }
    if (opcode == RING_CALL) {
        fprintf(out, " method %u", (unsigned)(record->a >> 16 & 0xffff));
    }
}

static void print_call(FILE *out, const struct trace_record *record)
{
    char text[NAMES_METHOD_BYTES];

    fputs(names_method(text, record->a, (uint32_t)record->b), out);
}

static void print_syscall(FILE *out, const struct trace_record *record)
{
    switch (record->a) {
    case GATE_ENTER:
        fprintf(out, "cap_enter min_complete %" PRIu64, record->b);
        break;
    case GATE_EXIT:
        fprintf(out, "exit code %" PRId64, (int64_t)record->b);
        break;
    default:
        fprintf(out, "gate %" PRIu64, record->a);
    }
}

/* "what A more B", for the kinds that are two plain numbers. */
static void print_two(FILE *out, const struct trace_record *record,
                      const char *what, const char *more)
{
    fprintf(out, "%s %" PRIu64, what, record->a);
    if (more != NULL) {
        fprintf(out, " %s %" PRIu64, more, record->b);
    }
}

static void print_name(FILE *out, const struct trace_record *record)
{
    fprintf(out, "process %" PRIu64 " \"", record->a);
    for (uint32_t i = 0; i < 8; i++) {
        char c = (char)(record->b >> 8 * i);

        if (c == '\0') {
            break;
        }
        fputc(c >= ' ' && c <= '~' ? c : '?', out);
    }
    fputc('"', out);
}

/* What passes through rings, and what goes wrong. */
static void print_flow(FILE *out, const struct trace_record *record)
{
    switch (record->kind) {
    case TRACE_CQE:
        fprintf(out, "user_data %" PRIx64 " result ", record->a);
        print_result(out, record->b);
        break;
    case TRACE_DELIVER:
        fprintf(out, "call %" PRIx64 " to thread %" PRIu64, record->a,
                record->b);
        break;
    case TRACE_RETURN:
        fprintf(out, "call %" PRIx64 " result ", record->a);
        print_result(out, record->b);
        break;
    case TRACE_BEGIN:
        fprintf(out, "call %" PRIx64, record->a);
        break;
    case TRACE_ANSWER:
        fputs("result ", out);
        print_result(out, record->b);
        break;
    case TRACE_FAULT:
        fprintf(out, "vector %" PRIu64 " at window + %" PRIx64, record->a,
                record->b);
        break;
    case TRACE_ERROR:
        print_result(out, record->a);
        fprintf(out, " at line %" PRIu64, record->b);
        break;
    default:
        fprintf(out, "a %" PRIx64 " b %" PRIx64, record->a, record->b);
    }
}

/* What happens to threads and processes. */
static void print_life(FILE *out, const struct trace_record *record)
{
    switch (record->kind) {
    case TRACE_SPAWN:
        print_two(out, record, "process", "parent");
        break;
    case TRACE_EXIT:
        fprintf(out, "process %" PRIu64 " code ", record->a);
        print_result(out, record->b);
        break;
    case TRACE_THREAD:
    case TRACE_END:
        print_two(out, record, "thread", "process");
        break;
    case TRACE_RESUME:
    case TRACE_WAKE:
    case TRACE_WAIT:
        print_two(out, record, "thread", NULL);
        break;
    case TRACE_LEAVE:
        if (record->a != 0) {
            print_two(out, record, "to thread", NULL);
        } else {
            fputs("idle", out);
        }
        break;
    default:
        print_flow(out, record);
    }
}

/* "attention to cpu 1 cpu 3" */
static void print_ipi(FILE *out, const struct trace_record *record)
{
    fprintf(out, "%s to", names_ipi(record->b));
    for (uint32_t i = 0; i < 64; i++) {
        if ((record->a >> i & 1) != 0) {
            fprintf(out, " cpu %" PRIu32, i);
        }
    }
}

/* What happens to CPUs. */
static void print_cpu(FILE *out, const struct trace_record *record)
{
    switch (record->kind) {
    case TRACE_CPU:
        print_two(out, record, "cpu", record->b != 0 ? "thread" : NULL);
        break;
    case TRACE_IPI:
        print_ipi(out, record);
        break;
    case TRACE_IRQ:
        print_two(out, record, "line", NULL);
        fprintf(out, " %s", names_line(record->a));
        break;
    default: /* STEAL */
        print_two(out, record, "thread", "from cpu");
    }
}

static void print_details(FILE *out, const struct trace_record *record)
{
    switch (record->kind) {
    case TRACE_BOOT:
        print_two(out, record, "package bytes", "free frames");
        break;
    case TRACE_SYSCALL:
        print_syscall(out, record);
        break;
    case TRACE_SQE:
        print_sqe(out, record);
        break;
    case TRACE_CALL:
        print_call(out, record);
        break;
    case TRACE_TARGET:
        print_two(out, record, "object",
                  record->b != 0 ? "endpoint" : NULL);
        break;
    case TRACE_NAME:
        print_name(out, record);
        break;
    case TRACE_TICK:
    case TRACE_PREEMPTED:
        break;
    case TRACE_CPU:
    case TRACE_IPI:
    case TRACE_IRQ:
    case TRACE_STEAL:
        print_cpu(out, record);
        break;
    default:
        print_life(out, record);
    }
}

static void print_record(FILE *out, const struct trace_record *record)
{
    const char *name = names_kind(record->kind);
    char number[16];

    if (name == NULL) {
        snprintf(number, sizeof(number), "kind-%u", record->kind);
        name = number;
    }
    fprintf(out, "%5" PRIu64 ".%09" PRIu64 " cpu%-2u t%-4" PRIu32 " %-9s ",
            record->time_ns / 1000000000u, record->time_ns % 1000000000u,
            record->cpu, record->thread, name);
    print_details(out, record);
    fputc('\n', out);
}

/* ------------------------------------------------------------- filters */

static bool process_match(const struct model_process *process,
                          const char *wanted)
{
    char id[24];

    snprintf(id, sizeof(id), "%" PRIu64, process->id);
    return strcmp(wanted, process->name) == 0 || strcmp(wanted, id) == 0;
}

bool timeline_process_known(const struct model *model, const char *process)
{
    for (uint32_t i = 0; i < model->process_count; i++) {
        if (process_match(&model->processes[i], process)) {
            return true;
        }
    }
    return false;
}

/* True if the record tells of the process itself. */
static bool process_told(const struct model *model,
                         const struct trace_record *record,
                         const char *process)
{
    uint64_t id;
    uint32_t at;

    switch (record->kind) {
    case TRACE_SPAWN:
    case TRACE_EXIT:
    case TRACE_NAME:
        id = record->a;
        break;
    case TRACE_THREAD:
    case TRACE_END:
        id = record->b;
        break;
    default:
        return false;
    }
    at = map_get(&model->process_at, id);
    return at != MAP_NONE && process_match(&model->processes[at], process);
}

/* True if the record is of a thread of the process, or is delivered to one. */
static bool process_concerned(const struct model *model,
                              const struct trace_record *record,
                              const char *process)
{
    const struct model_process *owner =
        model_process_of(model, record->thread);

    if (owner != NULL && process_match(owner, process)) {
        return true;
    }
    if (record->kind == TRACE_DELIVER) {
        owner = model_process_of(model, (uint32_t)record->b);
        return owner != NULL && process_match(owner, process);
    }
    return process_told(model, record, process);
}

static bool match(const struct model *model,
                  const struct trace_record *record,
                  const struct timeline_filter *filter)
{
    return (!filter->by_kind || record->kind == filter->kind) &&
           (!filter->by_thread || record->thread == filter->thread) &&
           (!filter->by_cpu || record->cpu == filter->cpu) &&
           record->time_ns >= filter->from_ns &&
           record->time_ns <= filter->to_ns &&
           (filter->process == NULL ||
            process_concerned(model, record, filter->process));
}

uint32_t timeline_print(FILE *out, const struct model *model,
                        const struct timeline_filter *filter)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < model->trace->count; i++) {
        const struct trace_record *record = &model->trace->records[i];

        if (match(model, record, filter)) {
            print_record(out, record);
            count++;
        }
    }
    return count;
}
