/*
 * main.c - capos-graph: who holds which capability, and how it came to that,
 * at any moment of a trace (src/abi/trace.h).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "diff.h"
#include "file.h"
#include "graph.h"
#include "nearest.h"
#include "print.h"
#include "reach.h"

static const char *wanted_event;
static const char *wanted_time;
static bool wanted_all;

static const struct cli_option options[] = {
    {"--event", "N", "as it was before the trace's event N (from 0 on)",
     &wanted_event, NULL},
    {"--time", "NS", "as it was at that time, in nanoseconds since boot",
     &wanted_time, NULL},
    {"--all", NULL, "dot, svg: a place for each object, shared or not", NULL,
     &wanted_all},
};

static const struct cli cli = {
    .program = "capos-graph",
    .usage = "[text|dot|svg] TRACE | reach WHAT TRACE | diff TRACE TRACE "
             "[options]",
    .summary =
        "Shows the authority in a system at one moment of a trace, by default\n"
        "at its end.\n"
        "  text   each process with its capabilities and whom they came from\n"
        "  dot    a picture, for graphviz\n"
        "  svg    the same, drawn by graphviz's program dot\n"
        "  reach  who can reach WHAT (an interface, an object's or a process's\n"
        "         id or name), through which grants\n"
        "  diff   what the second one has more (+) and less (-); exits with 1\n"
        "         if there is a difference; the options are for the second one\n",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .operands_min = 1,
    .operands_max = 3,
};

/* A trace in memory, with its graph. */
struct loaded {
    uint8_t *bytes;
    struct graph graph;
};

static bool load(const char *path, uint32_t event, uint64_t time_ns,
                 struct loaded *loaded)
{
    struct trace trace;
    size_t size;
    const char *reason;

    loaded->bytes = file_read(path, &size);
    if (loaded->bytes == NULL) {
        cli_error(&cli, "%s: %s", path, strerror(errno));
        return false;
    }
    reason = trace_open(loaded->bytes, size, &trace);
    if (reason != NULL) {
        cli_error(&cli, "%s: %s", path, reason);
        free(loaded->bytes);
        return false;
    }
    graph_init(&loaded->graph, &trace, event, time_ns);
    return true;
}

static void unload(struct loaded *loaded)
{
    graph_fini(&loaded->graph);
    free(loaded->bytes);
}

static int print_svg(const struct graph *graph)
{
    FILE *dot = popen("dot -Tsvg", "w");
    int status;

    if (dot == NULL) {
        cli_error(&cli, "cannot run dot: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    print_dot(dot, graph, wanted_all);
    status = pclose(dot);
    if (status != 0) {
        cli_error(&cli, "dot failed: apt-get install graphviz");
    }
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int show(const char *what, const char *target, struct loaded *second,
                const struct loaded *first)
{
    if (strcmp(what, "diff") == 0) {
        return diff_print(stdout, &first->graph, &second->graph) ? 1 : 0;
    }
    if (strcmp(what, "dot") == 0) {
        print_dot(stdout, &second->graph, wanted_all);
    } else if (strcmp(what, "svg") == 0) {
        return print_svg(&second->graph);
    } else if (strcmp(what, "text") == 0) {
        print_text(stdout, &second->graph);
    } else if (!reach_print(stdout, &second->graph, target)) {
        cli_error(&cli, "nobody holds '%s' at that moment", target);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

static int run(const char *what, char **operands)
{
    bool diff = strcmp(what, "diff") == 0;
    bool reach = strcmp(what, "reach") == 0;
    uint64_t event = UINT32_MAX;
    uint64_t time_ns = UINT64_MAX;
    struct loaded first;
    struct loaded second;
    int status = EXIT_FAILURE;

    if ((wanted_event != NULL &&
         !cli_number(&cli, wanted_event, "the number of an event", UINT32_MAX,
                     &event)) ||
        (wanted_time != NULL &&
         !cli_number(&cli, wanted_time, "a time in nanoseconds", UINT64_MAX,
                     &time_ns))) {
        return CLI_USAGE_STATUS;
    }
    if (diff && !load(operands[0], UINT32_MAX, UINT64_MAX, &first)) {
        return EXIT_FAILURE;
    }
    if (load(operands[diff || reach], (uint32_t)event, time_ns, &second)) {
        status = show(what, operands[0], &second, &first);
        unload(&second);
    }
    if (diff) {
        unload(&first);
    }
    return status;
}

/* How many operands follow the word; 0: it is none of ours. */
static uint32_t operands_of(const char *what)
{
    static const char *const one[] = {"text", "dot", "svg"};

    for (size_t i = 0; i < sizeof(one) / sizeof(one[0]); i++) {
        if (strcmp(what, one[i]) == 0) {
            return 1;
        }
    }
    return strcmp(what, "reach") == 0 || strcmp(what, "diff") == 0 ? 2 : 0;
}

static int usage(const char *what)
{
    static const char *const all[] = {"text", "dot", "svg", "reach", "diff"};
    const char *near = nearest_match(what, all, sizeof(all) / sizeof(all[0]));

    if (operands_of(what)) {
        cli_error(&cli, "'%s' wants %u operands; see --help", what,
                  operands_of(what));
    } else {
        cli_error(&cli, "cannot show '%s'; %s%s", what,
                  near ? "did you mean " : "see --help", near ? near : "");
    }
    return CLI_USAGE_STATUS;
}

int main(int argc, char **argv)
{
    uint32_t count;
    int status;

    if (!cli_parse(&cli, argc, argv, &count, &status)) {
        return status;
    }
    if (count == 1) {
        status = run("text", argv);
    } else if (count == operands_of(argv[0]) + 1) {
        status = run(argv[0], argv + 1);
    } else {
        return usage(argv[0]);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        cli_error(&cli, "cannot write: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    return status;
}
