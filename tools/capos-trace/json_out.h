/*
 * json_out.h - events of the Chrome trace event format, one a line.
 *
 * json_event_begin writes phase, track, time and name; json_arg_* add
 * arguments, json_field others, in that order: fields first; json_event_end
 * closes. Names are printable ASCII already or come from tables, all text is
 * escaped all the same.
 */
#ifndef CAPOS_TOOLS_TRACE_JSON_OUT_H
#define CAPOS_TOOLS_TRACE_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_out {
    FILE *out;
    bool any;  /* an event was written */
    bool args; /* the open event has arguments */
};

/* Where an event is shown. */
struct json_track {
    uint64_t pid;
    uint64_t tid;
};

void json_open(struct json_out *json, FILE *out, uint64_t seed);
void json_close(struct json_out *json);

/* name NULL: none, which E allows. */
void json_event_begin(struct json_out *json, char phase,
                      struct json_track track, uint64_t time_ns,
                      const char *name);
void json_event_end(struct json_out *json);

void json_field(struct json_out *json, const char *key, const char *text);
void json_id(struct json_out *json, uint64_t id);
void json_arg_text(struct json_out *json, const char *key, const char *text);
void json_arg_number(struct json_out *json, const char *key, int64_t number);
void json_arg_hex(struct json_out *json, const char *key, uint64_t number);

#endif
