/*
 * search.h - which schedules of a scenario are run.
 */
#ifndef CAPOS_EXPLORE_SEARCH_H
#define CAPOS_EXPLORE_SEARCH_H

#include "engine.h"

struct search_options {
    uint32_t bound;        /* preemptions, depth first; UINT32_MAX: not at all */
    uint32_t seeds;        /* of random priorities; 0: none */
    uint32_t changes;      /* of priorities in a schedule */
    double seconds_max;    /* for the depth-first search */
    const char *directory; /* for replay files */
    bool verify;           /* that each schedule begins where all others do */
};

struct search_report {
    uint64_t schedules;  /* run to their end, depth first, in the last pass */
    uint64_t redundant;  /* left, because they equal others */
    uint64_t skipped;    /* not begun, for the same reason, with all below */
    uint64_t random;
    uint32_t passes;
    uint32_t points_max; /* of choice in a schedule */
    bool exhausted;
    bool failed;
    double seconds;
};

/* Boots the machine and sets the scenario up. False: that failed. */
bool search_prepare(const struct explore_scenario *scenario);

/* Runs schedules until one fails or there are no more. */
void search_run(const struct search_options *options,
                struct search_report *report);

/* One schedule with these choices, from the beginning; prints if trace. */
enum engine_result search_replay(const struct choice *choices, uint32_t count,
                                 bool trace);

/*
 * Leaves out choices as long as the schedule still fails in the same way, for
 * two minutes at most.
 * Returns how many are left in choices.
 */
uint32_t search_shrink(struct choice *choices, uint32_t count,
                       const char *kind);

#endif
