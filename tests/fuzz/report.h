/*
 * report.h - what a target has done, so that a run of it can be judged.
 */
#ifndef CAPOS_FUZZ_REPORT_H
#define CAPOS_FUZZ_REPORT_H

#include <stdio.h>

/* Prints it; returns how many things never happened that have to. */
int fuzz_report(FILE *out);

#endif
