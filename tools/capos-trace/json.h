/*
 * json.h - a trace in the Chrome trace event format, which Perfetto's UI reads.
 *
 * Tracks: one for each CPU (pid: a round number above all ids; slices say which
 * thread has the CPU, in them when it is in the kernel, by the way in), one for
 * each thread (its life; in it the time from entering the gate to being back; in
 * that waiting and ready). Arrows (s, t, f) lead a delivered call from its caller
 * to the server and back, and an IPI from CPU to CPU; b and e span each call that
 * did not complete at once. All else is an instant.
 */
#ifndef CAPOS_TOOLS_TRACE_JSON_H
#define CAPOS_TOOLS_TRACE_JSON_H

#include <stdio.h>

#include "model.h"

void json_print(FILE *out, const struct model *model);

#endif
