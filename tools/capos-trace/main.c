/*
 * main.c - capos-trace: a trace of the kernel (src/abi/trace.h) as text, as
 * JSON for Perfetto's UI, or as histograms of how long calls took.
 *
 * A file that is not a trace is refused before anything is printed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "file.h"
#include "histogram.h"
#include "json.h"
#include "nearest.h"
#include "names.h"
#include "timeline.h"

static const char *wanted_kind;
static const char *wanted_thread;
static const char *wanted_process;
static const char *wanted_cpu;
static const char *wanted_from;
static const char *wanted_to;
static bool head_only;

static const struct cli_option options[] = {
    {"--kind", "KIND", "text: only events of that kind", &wanted_kind, NULL},
    {"--thread", "ID", "text: only events of that thread (0: of none)",
     &wanted_thread, NULL},
    {"--process", "P", "text: only what concerns that process (id or name)",
     &wanted_process, NULL},
    {"--cpu", "N", "text: only events of that CPU", &wanted_cpu, NULL},
    {"--from", "NS", "text: only events from that time on", &wanted_from,
     NULL},
    {"--to", "NS", "text: only events up to that time", &wanted_to, NULL},
    {"--head", NULL, "only what the file says of itself", NULL, &head_only},
};

static const struct cli cli = {
    .program = "capos-trace",
    .usage = "[text|json|histogram] [options] TRACE",
    .summary =
        "Prints a trace that 'capos-sim --trace FILE' wrote.\n"
        "  text       a line for each event: time, CPU, thread, kind, details\n"
        "             (what is done if nothing is asked for)\n"
        "  json       Chrome trace event format, for Perfetto's UI\n"
        "  histogram  for each method, how long its calls took\n"
        "Call ids and user data are hexadecimal, addresses relative to their\n"
        "window, times nanoseconds since boot.\n",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .operands_min = 1,
    .operands_max = 2,
};

enum mode {
    MODE_TEXT = 0,
    MODE_JSON,
    MODE_HISTOGRAM,
    MODES,
};

static const char *const modes[MODES] = {"text", "json", "histogram"};

static bool parse_mode(const char *name, enum mode *mode)
{
    const char *near = nearest_match(name, modes, MODES);

    for (uint32_t i = 0; i < MODES; i++) {
        if (strcmp(name, modes[i]) == 0) {
            *mode = (enum mode)i;
            return true;
        }
    }
    cli_error(&cli, "cannot print '%s'; %s%s", name,
              near != NULL ? "did you mean " : "there are text, json and ",
              near != NULL ? near : "histogram");
    return false;
}

static bool parse_kind(struct timeline_filter *filter)
{
    const char *near;

    if (wanted_kind == NULL) {
        return true;
    }
    if (names_find_kind(wanted_kind, &filter->kind)) {
        filter->by_kind = true;
        return true;
    }
    near = names_nearest_kind(wanted_kind);
    if (near != NULL) {
        cli_error(&cli, "no kind '%s'; did you mean '%s'?", wanted_kind, near);
    } else {
        cli_error(&cli, "no kind '%s'; they are listed in src/abi/trace.h",
                  wanted_kind);
    }
    return false;
}

static bool parse_filter(struct timeline_filter *filter)
{
    uint64_t thread = 0;
    uint64_t cpu = 0;

    if (!parse_kind(filter) ||
        (wanted_thread != NULL &&
         !cli_number(&cli, wanted_thread, "the number of a thread",
                     UINT32_MAX, &thread)) ||
        (wanted_cpu != NULL &&
         !cli_number(&cli, wanted_cpu, "the number of a CPU", UINT16_MAX,
                     &cpu)) ||
        (wanted_from != NULL &&
         !cli_number(&cli, wanted_from, "a time in nanoseconds", UINT64_MAX,
                     &filter->from_ns)) ||
        (wanted_to != NULL &&
         !cli_number(&cli, wanted_to, "a time in nanoseconds", UINT64_MAX,
                     &filter->to_ns))) {
        return false;
    }
    filter->by_thread = wanted_thread != NULL;
    filter->thread = (uint32_t)thread;
    filter->by_cpu = wanted_cpu != NULL;
    filter->cpu = (uint16_t)cpu;
    filter->process = wanted_process;
    return true;
}

static bool filters_wanted(void)
{
    return wanted_kind != NULL || wanted_thread != NULL ||
           wanted_process != NULL || wanted_cpu != NULL ||
           wanted_from != NULL || wanted_to != NULL;
}

static bool print(const struct trace *trace, enum mode mode,
                  const struct timeline_filter *filter)
{
    struct model model;
    bool known = true;

    model_init(&model, trace);
    switch (mode) {
    case MODE_JSON:
        json_print(stdout, &model);
        break;
    case MODE_HISTOGRAM:
        histogram_print(stdout, &model);
        break;
    default:
        known = filter->process == NULL ||
                timeline_process_known(&model, filter->process);
        if (known) {
            (void)timeline_print(stdout, &model, filter);
        } else {
            cli_error(&cli, "no process '%s' in this trace", filter->process);
        }
    }
    model_fini(&model);
    return known;
}

static bool show(const char *path, enum mode mode,
                 const struct timeline_filter *filter)
{
    struct trace trace;
    size_t size;
    uint8_t *bytes = file_read(path, &size);
    const char *reason;
    bool good = true;

    if (bytes == NULL) {
        cli_error(&cli, "%s: %s", path, strerror(errno));
        return false;
    }
    reason = trace_open(bytes, size, &trace);
    if (reason != NULL) {
        cli_error(&cli, "%s: %s", path, reason);
        good = false;
    } else if (head_only) {
        printf("version %" PRIu32 ", seed %" PRIu64 ", %" PRIu32 " events\n",
               trace.head.version, trace.head.seed, trace.count);
    } else {
        good = print(&trace, mode, filter);
    }
    free(bytes);
    return good;
}

int main(int argc, char **argv)
{
    struct timeline_filter filter = {.to_ns = UINT64_MAX};
    enum mode mode = MODE_TEXT;
    uint32_t count;
    int status;

    if (!cli_parse(&cli, argc, argv, &count, &status)) {
        return status;
    }
    if ((count == 2 && !parse_mode(argv[0], &mode)) ||
        !parse_filter(&filter)) {
        return CLI_USAGE_STATUS;
    }
    if (mode != MODE_TEXT && filters_wanted()) {
        cli_error(&cli, "only text can be filtered");
        return CLI_USAGE_STATUS;
    }
    if (!show(argv[count - 1], mode, &filter)) {
        return EXIT_FAILURE;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        cli_error(&cli, "cannot write: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
