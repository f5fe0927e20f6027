/*
 * sim_options.h - what the command line of capos-sim asked for.
 *
 * Filled in by host_options.c before the machine starts, constant afterwards.
 */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct sim_options {
    const char *package;    /* NULL: none */
    const char *trace_path; /* NULL: no trace */
    const char *log_path;   /* NULL: no log file */
    const char *record_path; /* NULL: no recording asked for */
    const char *replay_path; /* NULL: no replay */
    const char *inject;      /* for the core, see hal.h; NULL: nothing */
    uint64_t until;          /* the step to stop at; 0: none */
    uint64_t seed;
    uint64_t memory_bytes;
    uint64_t timeout_s; /* 0: none */
    uint32_t cpus;
    uint32_t epoch_s;    /* UTC at boot, unless realtime */
    uint32_t switch_in;  /* exploring: one access in so many; 0: none */
    uint32_t priorities; /* changes of priority in a stretch; 0: none */
    bool parallel;      /* each CPU is a host thread; realtime and live too */
    bool verbose;       /* the log goes to standard error too */
    bool realtime;      /* the clock follows the host's */
    bool strict;
    bool live; /* input is taken when it comes: terminal or --realtime */
    bool record_last; /* this run at a terminal is recorded unasked */
};

extern struct sim_options sim_options;

#endif
