/*
 * json_arrow.h - arrows: calls from thread to thread, IPIs from CPU to CPU.
 *
 * An arrow is one s, any t, one f; each step needs a slice on its track, and
 * time never goes back along it, though CPUs' clocks may differ.
 */
#ifndef CAPOS_TOOLS_TRACE_JSON_ARROW_H
#define CAPOS_TOOLS_TRACE_JSON_ARROW_H

#include "json_track.h"

/*
 * A step (s, t, f) of the arrow of a call on a thread's track. Nothing, if the
 * thread has ended, id is 0, or the arrow has not begun.
 */
void json_arrow(struct json *json, const struct trace_record *record,
                char phase, uint32_t id, uint32_t call);

/*
 * Ends an arrow that was begun, on the first CPU's track: records that no kernel
 * wrote can leave one without an end.
 */
void json_arrow_drop(struct json *json, uint32_t call, uint64_t time_ns);

/*
 * An IPI leaves for the CPUs of its mask. A FLUSH arrives at once; an ATTENTION
 * when its CPU takes the interrupt, and a further one to that CPU joins it.
 */
void json_ipi_send(struct json *json, const struct trace_record *record);

/* A CPU takes the interrupt: all arrows to it arrive. */
void json_ipi_take(struct json *json, uint32_t cpu, uint64_t time_ns);

#endif
