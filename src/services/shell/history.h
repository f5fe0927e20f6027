/*
 * history.h - the lines that were entered, to be had again.
 *
 * Pure. The last HISTORY_LINES are kept; an empty line, a line of blanks and a
 * line equal to the one before are not. While somebody looks through them, at
 * says where, and draft holds what was being written before.
 *
 * Invariant: at <= count <= HISTORY_LINES; at == count: at the draft.
 */
#ifndef CAPOS_SHELL_HISTORY_H
#define CAPOS_SHELL_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#define LINE_BYTES_MAX 512u
#define HISTORY_LINES 32u

/* All zero is an empty history. */
struct history {
    char lines[HISTORY_LINES][LINE_BYTES_MAX];
    char draft[LINE_BYTES_MAX];
    uint32_t first; /* index of the oldest */
    uint32_t count;
    uint32_t at;
};

/* Adds a line of fewer than LINE_BYTES_MAX bytes and goes back to the draft. */
void history_add(struct history *history, const char *line);

/* Goes back to the draft without adding anything. */
void history_rewind(struct history *history);

/*
 * The next older line, or NULL if there is none. current is what stands in the
 * editor: the first step back keeps it as the draft.
 */
const char *history_older(struct history *history, const char *current);

/* The next newer line, at last the draft; NULL when already there. */
const char *history_newer(struct history *history);

#endif
