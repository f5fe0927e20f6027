/*
 * main.c - capos-trace: a trace of the simulator (src/abi/trace.h) as text, a
 * line for each event.
 *
 * A file that is not a trace, of another version, or cut off in the middle of a
 * record is refused before anything is printed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "decode.h"
#include "file.h"

static const char *wanted_kind;
static const char *wanted_thread;
static bool head_only;

static const struct cli_option options[] = {
    {"--kind", "KIND", "only events of that kind", &wanted_kind, NULL},
    {"--thread", "ID", "only events of that thread (0: of none)",
     &wanted_thread, NULL},
    {"--head", NULL, "only what the file says of itself", NULL, &head_only},
};

static const struct cli cli = {
    .program = "capos-trace",
    .usage = "[--kind KIND] [--thread ID] TRACE",
    .summary =
        "Prints a trace that 'capos-sim --trace FILE' wrote: time, CPU,\n"
        "thread, kind and details of each event. Call ids and user data are\n"
        "hexadecimal, addresses relative to their window.\n",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .operands_min = 1,
    .operands_max = 1,
};

/* What the options ask for. */
struct filter {
    bool by_kind;
    bool by_thread;
    uint16_t kind;
    uint32_t thread;
};

static bool parse_kind(struct filter *filter)
{
    const char *near;

    if (wanted_kind == NULL) {
        return true;
    }
    if (decode_kind(wanted_kind, &filter->kind)) {
        filter->by_kind = true;
        return true;
    }
    near = decode_kind_nearest(wanted_kind);
    if (near != NULL) {
        cli_error(&cli, "no kind '%s'; did you mean '%s'?", wanted_kind, near);
    } else {
        cli_error(&cli, "no kind '%s'; they are listed in src/abi/trace.h",
                  wanted_kind);
    }
    return false;
}

static bool parse_thread(struct filter *filter)
{
    char *end;
    unsigned long value;

    if (wanted_thread == NULL) {
        return true;
    }
    errno = 0;
    value = strtoul(wanted_thread, &end, 10);
    if (wanted_thread[0] < '0' || wanted_thread[0] > '9' || *end != '\0' ||
        errno != 0 || value > UINT32_MAX) {
        cli_error(&cli, "'%s' is not the number of a thread", wanted_thread);
        return false;
    }
    filter->by_thread = true;
    filter->thread = (uint32_t)value;
    return true;
}

/* Why these bytes are no trace that this program can read; NULL: they are. */
static const char *refuse(const uint8_t *bytes, size_t size,
                          struct trace_file *head)
{
    if (size < sizeof(*head)) {
        return "shorter than the head of a trace";
    }
    memcpy(head, bytes, sizeof(*head));
    if (head->magic != TRACE_MAGIC) {
        return "not a trace";
    }
    if (head->version != TRACE_VERSION) {
        return "a trace of another version";
    }
    if (head->record_bytes != sizeof(struct trace_record)) {
        return "damaged: records of another size";
    }
    if ((size - sizeof(*head)) % sizeof(struct trace_record) != 0) {
        return "damaged: ends in the middle of a record";
    }
    return NULL;
}

static bool match(const struct filter *filter,
                  const struct trace_record *record)
{
    return (!filter->by_kind || record->kind == filter->kind) &&
           (!filter->by_thread || record->thread == filter->thread);
}

static void print(const uint8_t *bytes, size_t size,
                  const struct filter *filter)
{
    struct trace_record record;

    for (size_t at = sizeof(struct trace_file); at < size;
         at += sizeof(record)) {
        memcpy(&record, bytes + at, sizeof(record));
        if (match(filter, &record)) {
            decode_print(stdout, &record);
        }
    }
}

static bool show(const char *path, const struct filter *filter)
{
    struct trace_file head;
    size_t size;
    uint8_t *bytes = file_read(path, &size);
    const char *reason;

    if (bytes == NULL) {
        cli_error(&cli, "%s: %s", path, strerror(errno));
        return false;
    }
    reason = refuse(bytes, size, &head);
    if (reason != NULL) {
        cli_error(&cli, "%s: %s", path, reason);
    } else if (head_only) {
        printf("version %" PRIu32 ", seed %" PRIu64 ", %zu events\n",
               head.version, head.seed,
               (size - sizeof(head)) / sizeof(struct trace_record));
    } else {
        print(bytes, size, filter);
    }
    free(bytes);
    return reason == NULL;
}

int main(int argc, char **argv)
{
    struct filter filter = {.by_kind = false};
    uint32_t count;
    int status;

    if (!cli_parse(&cli, argc, argv, &count, &status)) {
        return status;
    }
    if (!parse_kind(&filter) || !parse_thread(&filter)) {
        return CLI_USAGE_STATUS;
    }
    if (!show(argv[0], &filter)) {
        return EXIT_FAILURE;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        cli_error(&cli, "cannot write: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
