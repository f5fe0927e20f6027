/*
 * world.h - hostile programs on a live kernel: the whole core on the unit tests'
 * machine (core_fixture.h) with two CPUs, booted once for many inputs.
 *
 * An input begins with init, which only sleeps, and two programs that share an
 * endpoint. The first holds everything that init was born with. Whom the kernel
 * has resumed takes the next turn, also threads and processes that were made
 * meanwhile. In the end everything but init is killed, and frames, ledgers, kernel
 * heap and init's table have to be as they were: what is wrong aborts.
 */
#ifndef CAPOS_FUZZ_WORLD_H
#define CAPOS_FUZZ_WORLD_H

#include "core_fixture.h"
#include "pick.h"

struct world_rules {
    /*
     * A turn of the program, which is current on the CPU that the test acts as:
     * pushes entries, and does whatever else it likes to its memory.
     */
    void (*turn)(struct player *player);
    /* After it has entered the kernel; NULL: nothing. */
    void (*after)(struct player *player);
    uint32_t entries; /* at most, before the programs are ended */
    bool interrupts;  /* refusals, faults, interrupts at any time */
};

extern uint64_t world_entries; /* into the kernel, over all inputs */

/*
 * Plays the records of the input. False: a program switched the machine off, so
 * that there was nothing to compare; the next input boots again.
 */
bool world_play(const uint8_t *bytes, size_t size,
                const struct world_rules *rules);

/* Stops with the message: for what a target finds wrong. */
_Noreturn void world_wrong(const char *what);

#endif
