/* shrink.h - making a program that diverges shorter. */
#ifndef CAPOS_TESTS_MODEL_SHRINK_H
#define CAPOS_TESTS_MODEL_SHRINK_H

#include <stdbool.h>
#include <stdio.h>

#include "program.h"

/* True if the program runs to its end without a divergence (main.c). */
bool run_program(const struct program *program, FILE *said);

/*
 * Leaves out parts, halves first, then smaller ones, as long as what remains still
 * diverges (delta debugging); then makes operands 0 where they do not matter.
 */
void shrink(struct program *program);

#endif
