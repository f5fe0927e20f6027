/*
 * decode.c - the names behind the numbers of a trace record.
 *
 * The lists are those of the headers (trace.h, errors.h) and of the schema, so
 * only the opcodes of the ring are named here.
 */
#include "decode.h"

#include <inttypes.h>
#include <string.h>

#include "capos.schema.gen.h"
#include "errors.h"
#include "nearest.h"
#include "ring.h"
#include "start.h"

#define KIND_NAME(id, value, name) [value] = name,
static const char *const kinds[] = {TRACE_KINDS(KIND_NAME)};
#undef KIND_NAME

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const char *const opcodes[] = {
    [RING_NOP] = "NOP",         [RING_CALL] = "CALL",
    [RING_RECV] = "RECV",       [RING_RETURN] = "RETURN",
    [RING_RELEASE] = "RELEASE", [RING_CANCEL] = "CANCEL",
    [RING_PARK] = "PARK",       [RING_UNPARK] = "UNPARK",
    [RING_CALLER_INFO] = "CALLER_INFO",
};

bool decode_kind(const char *name, uint16_t *kind)
{
    for (uint16_t i = 0; i < KINDS; i++) {
        if (kinds[i] != NULL && strcmp(kinds[i], name) == 0) {
            *kind = i;
            return true;
        }
    }
    return false;
}

const char *decode_kind_nearest(const char *name)
{
    const char *names[KINDS];
    uint32_t count = 0;

    for (uint32_t i = 0; i < KINDS; i++) {
        if (kinds[i] != NULL) {
            names[count++] = kinds[i];
        }
    }
    return nearest_match(name, names, count);
}

/* A result: a count or the name of an error. */
static void print_result(FILE *out, uint64_t bits)
{
    int64_t value = (int64_t)bits;

    switch (value) {
#define ERROR_CASE(name, number, sentence, remedy)                             \
    case number:                                                               \
        fputs(#name, out);                                                     \
        return;
        CAPOS_ERRORS(ERROR_CASE)
#undef ERROR_CASE
    default:
        fprintf(out, "%" PRId64, value);
    }
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

    if (opcode < sizeof(opcodes) / sizeof(opcodes[0])) {
        fputs(opcodes[opcode], out);
    } else {
        fprintf(out, "opcode %u", opcode);
    }
    fputs((flags & RING_INLINE) != 0 ? " inline" : "", out);
    fputs((flags & RING_RINLINE) != 0 ? " rinline" : "", out);
    fputs((flags & RING_QUIET) != 0 ? " quiet" : "", out);
    fputs((flags & RING_YIELD) != 0 ? " yield" : "", out);
    fputs((flags & RING_EXCEPTION) != 0 ? " exception" : "", out);
    fputs((flags & RING_SHARED) != 0 ? " shared" : "", out);
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
    const struct schema_interface *iface = capos_schema_interface(record->a);

    if (iface == NULL) {
        fprintf(out, "interface %" PRIx64 " method %" PRIu64, record->a,
                record->b);
        return;
    }
    fprintf(out, "%s.%s", iface->name,
            capos_schema_method_name(record->a, (uint16_t)record->b));
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
    case TRACE_FAULT:
        fprintf(out, "vector %" PRIu64 " at window + %" PRIx64, record->a,
                record->b);
        break;
    case TRACE_ERROR:
        print_result(out, record->a);
        fprintf(out, " at line %" PRIu64, record->b);
        break;
    case TRACE_BEGIN:
        fprintf(out, "call %" PRIx64, record->a);
        break;
    case TRACE_ANSWER:
        fputs("result ", out);
        print_result(out, record->b);
        break;
    default:
        fprintf(out, "a %" PRIx64 " b %" PRIx64, record->a, record->b);
    }
}

/* A piece of a name: eight bytes in memory order, the last ones maybe NUL. */
static void print_name(FILE *out, const struct trace_record *record)
{
    fprintf(out, "process %" PRIu64 " ", record->a);
    for (uint32_t i = 0; i < 8; i++) {
        char byte = (char)(record->b >> 8 * i);

        if (byte == '\0') {
            return;
        }
        fputc(byte >= ' ' && byte <= '~' ? byte : '?', out);
    }
}

/* Events of processes and threads. */
static void print_life(FILE *out, const struct trace_record *record)
{
    switch (record->kind) {
    case TRACE_SPAWN:
        print_two(out, record, "process", "parent");
        break;
    case TRACE_NAME:
        print_name(out, record);
        break;
    case TRACE_EXIT:
        fprintf(out, "process %" PRIu64 " code ", record->a);
        print_result(out, record->b);
        break;
    case TRACE_THREAD:
    case TRACE_END:
        print_two(out, record, "thread", "process");
        break;
    case TRACE_LEAVE:
        if (record->a == 0) {
            fputs("idle", out);
            break;
        }
        print_two(out, record, "thread", NULL);
        break;
    default:
        print_two(out, record, "thread", NULL);
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
    case TRACE_IRQ:
        print_two(out, record, "line", NULL);
        break;
    case TRACE_TARGET:
        print_two(out, record, "object",
                  record->b == 0 ? NULL : "endpoint");
        break;
    case TRACE_SPAWN:
    case TRACE_NAME:
    case TRACE_EXIT:
    case TRACE_THREAD:
    case TRACE_END:
    case TRACE_LEAVE:
    case TRACE_WAKE:
    case TRACE_RESUME:
        print_life(out, record);
        break;
    case TRACE_TICK:
    case TRACE_PREEMPTED:
        break;
    default:
        print_flow(out, record);
    }
}

void decode_print(FILE *out, const struct trace_record *record)
{
    const char *name = record->kind < KINDS ? kinds[record->kind] : NULL;
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
