/* shrink.h - making a program that diverges shorter. */
#ifndef CAPOS_TESTS_MODEL_SHRINK_H
#define CAPOS_TESTS_MODEL_SHRINK_H

#include <stdbool.h>
#include <stdio.h>

#include "program.h"

/*
 * Runs it in a child. True if that comes to its end without a divergence; what
 * diverges is said to *said. Of a program of which nothing was left out, whole,
 * the kernel must have checked itself, too: a short one gives it no occasion
 * (main.c).
 */
bool run_program(const struct program *program, bool whole, FILE *said);

/*
 * How a program fails: the first line that it said, each number in it being "#".
 * Two that are equal are taken for the same defect.
 */
struct failure {
    char text[200];
};

/* Reads what was said, from its start. */
void failure_read(struct failure *failure, FILE *said);

/*
 * Leaves out parts, halves first, then smaller ones, as long as what remains still
 * fails in that way (delta debugging); then makes operands 0 where they do not
 * matter.
 */
void shrink(struct program *program, const struct failure *failure);

#endif
