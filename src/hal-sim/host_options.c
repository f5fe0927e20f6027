/*
 * host_options.c - the command line of capos-sim.
 *
 * One table says every option: it is parsed, completed and printed from there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_files.h"
#include "host_version.h"
#include "limits.h"
#include "nearest.h"
#include "sim_options.h"
#include "sim_replay.h"
#include "sync_variant.h"

/* Only the exploring build can switch inside the kernel. */
#ifdef SYNC_EXPLORING
#define SWITCH_DEFAULT 4u
#else
#define SWITCH_DEFAULT 0u
#endif
#define PRIORITIES_MAX 64u

#define MEMORY_DEFAULT (256ull << 20)
#define MEMORY_MIN (8ull << 20)
#define MEMORY_MAX (64ull << 30)
#define EPOCH_DEFAULT 1767225600u /* 2026-01-01 */
#define STATUS_USAGE 2

enum option {
    OPTION_CPUS,
    OPTION_EPOCH,
    OPTION_HELP,
    OPTION_INJECT,
    OPTION_LOG,
    OPTION_MEMORY,
    OPTION_NO_PACKAGE,
    OPTION_NO_RECORD,
    OPTION_PARALLEL,
    OPTION_PRIORITIES,
    OPTION_REALTIME,
    OPTION_RECORD,
    OPTION_REPLAY,
    OPTION_SEED,
    OPTION_STRICT,
    OPTION_SWITCH,
    OPTION_TIMEOUT,
    OPTION_TRACE,
    OPTION_UNTIL,
    OPTION_VERBOSE,
    OPTION_VERSION,
    OPTIONS,
};

struct option_text {
    const char *name;
    const char *value; /* NULL: takes none */
    const char *help;
};

static const struct option_text options[OPTIONS] = {
    [OPTION_CPUS] = {"--cpus", "N", "virtual CPUs, 1 to 64 (default 1)"},
    [OPTION_EPOCH] = {"--epoch", "SECONDS",
                      "UTC at boot, since 1970 (default: 2026 began)"},
    [OPTION_HELP] = {"--help", NULL, "print this and exit"},
    [OPTION_INJECT] = {"--inject", "KIND:N",
                       "refuse the N-th heap, frames, charge, slot, map or "
                       "ipi"},
    [OPTION_LOG] = {"--log", "FILE", "write the kernel's log to FILE"},
    [OPTION_MEMORY] = {"--memory", "SIZE",
                       "physical memory, with K, M or G (default 256M)"},
    [OPTION_NO_PACKAGE] = {"--no-package", NULL,
                           "start without a boot package (for tests)"},
    [OPTION_NO_RECORD] = {"--no-record", NULL,
                          "do not keep runs at a terminal (see below)"},
    [OPTION_PARALLEL] = {"--parallel", NULL,
                         "give each CPU a host thread: runs differ"},
    [OPTION_PRIORITIES] = {"--priorities", "D",
                           "CPUs have random priorities, which change at D "
                           "moments"},
    [OPTION_REALTIME] = {"--realtime", NULL,
                         "let the clock follow the host's: runs differ"},
    [OPTION_RECORD] = {"--record", "FILE", "write a recording for --replay"},
    [OPTION_REPLAY] = {"--replay", "FILE",
                       "repeat that run, with its seed, memory and input"},
    [OPTION_SEED] = {"--seed", "N", "random numbers of the run (default 1)"},
    [OPTION_STRICT] = {"--strict", NULL,
                       "close every window but the running program's"},
    [OPTION_SWITCH] = {"--switch", "N",
                       "exploring: another CPU at one in N accesses "
                       "(default 4)"},
    [OPTION_TIMEOUT] = {"--timeout", "SECONDS",
                        "end with status 98 after so much real time"},
    [OPTION_TRACE] = {"--trace", "FILE", "write what happens to FILE"},
    [OPTION_UNTIL] = {"--until", "STEP",
                      "stop at that entry into the kernel, in the debugger"},
    [OPTION_VERBOSE] = {"--verbose", NULL,
                        "show the kernel's log on standard error"},
    [OPTION_VERSION] = {"--version", NULL, "print the version and exit"},
};

struct sim_options sim_options = {
    .seed = 1,
    .memory_bytes = MEMORY_DEFAULT,
    .cpus = 1,
    .epoch_s = EPOCH_DEFAULT,
    .switch_in = SWITCH_DEFAULT,
};

/* Options whose value is taken as it is. */
static const char **const option_words[OPTIONS] = {
    [OPTION_INJECT] = &sim_options.inject,
    [OPTION_LOG] = &sim_options.log_path,
    [OPTION_RECORD] = &sim_options.record_path,
    [OPTION_REPLAY] = &sim_options.replay_path,
    [OPTION_TRACE] = &sim_options.trace_path,
};

static bool switch_given;
static bool seed_given;
static bool no_package;
static bool no_record;

static _Noreturn void usage(void)
{
    printf("usage: capos-sim [PACKAGE] [options]\n"
           "Runs a capOS boot package as a Linux process. Without PACKAGE it "
           "is capos.pkg,\nbeside the program or in the current directory.\n"
           "\n");
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_text *option = &options[i];

        printf("  %-12s %-8s %s\n", option->name,
               option->value != NULL ? option->value : "", option->help);
    }
    printf("\nOn a terminal, Ctrl-] or Ctrl-C twice ends the run. Status: what "
           "the system powers\noff with; 97 all programs wait for ever; 98 "
           "time limit; 2 wrong command line.\nA run at a terminal is "
           "recorded in ~/.cache/capos/last.replay.\n");
    exit(0);
}

static _Noreturn void refuse(const char *what, const char *word)
{
    fprintf(stderr, "capos-sim: %s: %s\n", word, what);
    exit(STATUS_USAGE);
}

static _Noreturn void refuse_unknown(const char *word)
{
    const char *names[OPTIONS];

    for (int i = 0; i < OPTIONS; i++) {
        names[i] = options[i].name;
    }
    const char *near = nearest_match(word, names, OPTIONS);

    fprintf(stderr, "capos-sim: %s: unknown option%s%s%s\n", word,
            near != NULL ? "; did you mean " : "; try --help",
            near != NULL ? near : "", near != NULL ? "?" : "");
    exit(STATUS_USAGE);
}

/* A decimal number, with K, M or G if scaled. */
static uint64_t number(const char *text, const char *option, bool scaled)
{
    static const char units[] = "KMG";
    char *end;

    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    const char *unit = scaled && *end != '\0' ? strchr(units, *end) : NULL;

    if (unit != NULL) {
        uint32_t shift = 10 * (uint32_t)(unit - units + 1);

        if (value > UINT64_MAX >> shift) {
            errno = ERANGE;
        }
        value <<= shift;
        end++;
    }
    if (errno != 0 || *text < '0' || *text > '9' || *end != '\0') {
        refuse("not a number it can use", option);
    }
    return value;
}

static uint32_t limited(const char *text, const char *option, uint32_t least,
                        uint32_t most)
{
    uint64_t value = number(text, option, false);

    if (value < least || value > most) {
        refuse("out of range", option);
    }
    return (uint32_t)value;
}

bool host_options_memory_good(uint64_t bytes)
{
    return bytes >= MEMORY_MIN && bytes <= MEMORY_MAX && bytes % 4096 == 0;
}

static uint64_t memory_size(const char *text, const char *option)
{
    uint64_t bytes = number(text, option, true) & ~0xfffull;

    if (!host_options_memory_good(bytes)) {
        refuse("must be between 8M and 64G", option);
    }
    return bytes;
}

static void apply(enum option option, const char *value)
{
    const char *name = options[option].name;

    switch (option) {
    case OPTION_CPUS:
        sim_options.cpus = limited(value, name, 1, LIMIT_CPUS);
        break;
    case OPTION_INJECT:
    case OPTION_LOG:
    case OPTION_RECORD:
    case OPTION_REPLAY:
    case OPTION_TRACE:
        *option_words[option] = value;
        break;
    case OPTION_EPOCH:
        sim_options.epoch_s = limited(value, name, 0, UINT32_MAX);
        break;
    case OPTION_MEMORY:
        sim_options.memory_bytes = memory_size(value, name);
        break;
    case OPTION_NO_PACKAGE:
        no_package = true;
        break;
    case OPTION_NO_RECORD:
        no_record = true;
        break;
    case OPTION_PARALLEL:
        sim_options.parallel = true;
        break;
    case OPTION_PRIORITIES:
        sim_options.priorities = limited(value, name, 1, PRIORITIES_MAX);
        break;
    case OPTION_UNTIL:
        sim_options.until = number(value, name, false);
        break;
    case OPTION_REALTIME:
        sim_options.realtime = true;
        break;
    case OPTION_SEED:
        sim_options.seed = number(value, name, false);
        seed_given = true;
        break;
    case OPTION_STRICT:
        sim_options.strict = true;
        break;
    case OPTION_SWITCH:
        sim_options.switch_in = limited(value, name, 0, UINT32_MAX);
        switch_given = true;
        break;
    case OPTION_TIMEOUT:
        sim_options.timeout_s = number(value, name, false);
        break;
    case OPTION_VERBOSE:
        sim_options.verbose = true;
        break;
    case OPTION_VERSION:
        printf("capos-sim (capOS) %s\n", HOST_VERSION);
        exit(0);
    case OPTION_HELP:
    case OPTIONS:
        usage();
    }
}

/* Takes --name, --name=value or --name value; returns words used. */
static int take_option(char **words)
{
    size_t length = strcspn(words[0], "=");

    for (int i = 0; i < OPTIONS; i++) {
        const struct option_text *option = &options[i];

        if (strlen(option->name) != length ||
            strncmp(words[0], option->name, length) != 0) {
            continue;
        }
        bool attached = words[0][length] == '=';

        if (option->value == NULL && attached) {
            refuse("takes no value", option->name);
        }
        if (option->value == NULL) {
            apply((enum option)i, NULL);
            return 1;
        }
        const char *value = attached ? words[0] + length + 1 : words[1];

        if (value == NULL || *value == '\0') {
            refuse("needs a value", option->name);
        }
        apply((enum option)i, value);
        return attached ? 1 : 2;
    }
    refuse_unknown(words[0]);
}

/* capos.pkg beside the program, else in the current directory. */
static const char *default_package(void)
{
    static char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 16);

    if (length > 0) {
        path[length] = '\0';
        char *slash = strrchr(path, '/');

        if (slash != NULL) {
            memcpy(slash + 1, "capos.pkg", sizeof("capos.pkg"));
            if (access(path, R_OK) == 0) {
                return path;
            }
        }
    }
    return "capos.pkg";
}

/* What cannot be had together. */
static void check_together(void)
{
    if (switch_given && SWITCH_DEFAULT == 0) {
        refuse("only capos-sim-explore switches inside the kernel", "--switch");
    }
    if (sim_options.strict && sim_options.cpus > 1) {
        refuse("closes windows for one CPU only: not with --cpus above 1",
               "--strict");
    }
    if (sim_options.realtime && sim_options.record_path != NULL) {
        refuse("a run with --realtime cannot be repeated", "--record");
    }
    if (sim_options.inject != NULL && (sim_options.record_path != NULL ||
                                       sim_options.replay_path != NULL)) {
        refuse("a recording does not say it: the same words repeat the run",
               "--inject");
    }
    if (!sim_options.parallel) {
        return;
    }
    if (sim_options.record_path != NULL || sim_options.replay_path != NULL ||
        seed_given || sim_options.until != 0 || sim_options.priorities != 0 ||
        switch_given || sim_options.inject != NULL) {
        refuse("runs cannot be repeated: not with --record, --replay, --seed, "
               "--until, --priorities, --switch or --inject",
               "--parallel");
    }
    if (sim_options.strict) {
        refuse("closes windows for one CPU only: not with --parallel",
               "--strict");
    }
    sim_options.realtime = true;
}

/* The recording says what the run is. */
static void take_recording(void)
{
    if (sim_options.realtime || sim_options.record_path != NULL) {
        refuse("goes with neither --realtime nor --record", "--replay");
    }
    if (!host_replay_open()) {
        exit(STATUS_USAGE);
    }
}

void host_options_read(int argc, char **argv)
{
    bool only_words = false;

    for (int i = 1; i < argc;) {
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
            i++;
        } else if (!only_words && argv[i][0] == '-') {
            i += take_option(argv + i);
        } else if (sim_options.package == NULL) {
            sim_options.package = argv[i++];
        } else {
            refuse("only one boot package can be given", argv[i]);
        }
    }
    if (no_package) {
        sim_options.package = NULL;
    } else if (sim_options.package == NULL && sim_options.replay_path == NULL) {
        sim_options.package = default_package();
    }
    check_together();
    sim_options.live = sim_options.realtime || isatty(STDIN_FILENO);
    sim_options.record_last =
        isatty(STDIN_FILENO) && !no_record && !sim_options.realtime &&
        sim_options.inject == NULL;
    if (sim_options.replay_path != NULL) {
        take_recording();
    }
}
