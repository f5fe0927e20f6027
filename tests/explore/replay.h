/*
 * replay.h - a failing schedule as a file, and as a text for people.
 */
#ifndef CAPOS_EXPLORE_REPLAY_H
#define CAPOS_EXPLORE_REPLAY_H

#include "engine.h"

struct replay {
    char scenario[64];
    char kind[64];
    uint64_t program; /* checksum of the explorer that wrote it */
    uint32_t count;
    struct choice choices[ENGINE_DEPTH_MAX];
};

/* Writes the file; false: errno says why. */
bool replay_write(const char *path, const struct replay *replay);

/* Reads one; false, with a sentence on standard error. */
bool replay_read(const char *path, struct replay *replay);

/* A checksum of the running program: points have names in one program only. */
uint64_t replay_program(void);

/* Prints a text in which "@ADDRESS@" stands for a place in this program. */
void replay_print(const char *text);

#endif
