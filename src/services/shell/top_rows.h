/*
 * top_rows.h - what processes and CPUs did between two looks at them.
 *
 * Pure. A process that was not there before counts from its start; one that is
 * gone does not appear. CPUs neither come nor go. A time that went back, for the
 * kernel reads it while another CPU runs, counts as none.
 */
#ifndef CAPOS_SHELL_TOP_ROWS_H
#define CAPOS_SHELL_TOP_ROWS_H

#include <stdint.h>

#include "limits.h"

#define TOP_PROCESSES_MAX 256u

/* One process at one time. */
struct top_row {
    uint64_t id;
    uint64_t cpu_ns; /* since its start; after top_rows_since: since the look */
    uint64_t pages;
    uint32_t threads;
    uint8_t state;   /* enum process_info_state */
    char name[NAME_BYTES_MAX + 1];
};

/* One CPU at one time. */
struct top_cpu {
    uint64_t busy_ns; /* since boot; after top_cpus_since: since the look */
    uint64_t thread;  /* that it runs; 0: none */
    uint64_t process;
    uint32_t number;
    uint32_t queued;
};

/* All of them at one time: processes by growing id, CPUs by number. */
struct top_sample {
    uint64_t at_ns;
    uint32_t cpu_count;
    struct top_cpu cpus[LIMIT_CPUS];
    uint32_t count;
    uint32_t left_out; /* processes beyond TOP_PROCESSES_MAX */
    struct top_row rows[TOP_PROCESSES_MAX];
};

/*
 * Makes each cpu_ns of rows, a copy of now's, the difference to before, and
 * sorts: most time first, then by id. Returns the sum.
 */
uint64_t top_rows_since(const struct top_sample *before,
                        const struct top_sample *now, struct top_row *rows);

/*
 * Makes each busy_ns of cpus, a copy of now's, the difference to before. Returns
 * the sum.
 */
uint64_t top_cpus_since(const struct top_sample *before,
                        const struct top_sample *now, struct top_cpu *cpus);

/* The name of a process of the sample; "-" if it is not there. */
const char *top_rows_name(const struct top_sample *sample, uint64_t id);

/* Tenths of a percent of one CPU; 0 if no time has passed. */
uint32_t top_rows_share(uint64_t cpu_ns, uint64_t elapsed_ns);

#endif
