/*
 * histogram.h - how long calls took, for each method: count, least, median,
 * 99th percentile, greatest, and bars over powers of two.
 */
#ifndef CAPOS_TOOLS_TRACE_HISTOGRAM_H
#define CAPOS_TOOLS_TRACE_HISTOGRAM_H

#include <stdio.h>

#include "model.h"

/* The q-th of 100 parts of count ascending numbers: the nearest rank. */
uint64_t histogram_percentile(const uint64_t *sorted, uint32_t count,
                              uint32_t q);

/* Prints the histograms of all calls, the most frequent method first. */
void histogram_print(FILE *out, const struct model *model);

#endif
