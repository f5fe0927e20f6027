/*
 * emit.h - output files of capnpc-capos, and the writers that fill them.
 *
 * A file is written under a temporary name and renamed when it is whole, so a
 * failed run leaves no half-written header behind.
 */
#ifndef CAPNPC_CAPOS_EMIT_H
#define CAPNPC_CAPOS_EMIT_H

#include <stdio.h>

#include "request.h"

struct output {
    FILE *file;
    char path[160];
    char temporary[176];
};

/* Opens BASE.SUFFIX and writes the comment that says what made it. */
void output_open(struct output *output, const struct request *request,
                 const char *suffix, const char *what);
void output_close(struct output *output);

/* Include guard of a header; NULL closes it. */
void emit_guard(FILE *file, const struct request *request, const char *what);

/* A schema comment as a C comment, wrapped; nothing if text is NULL. */
void emit_comment(FILE *file, const char *indent, const char *text);

/* A string literal with everything unusual escaped. */
void emit_string(FILE *file, struct wire_text text);

/* C type of a flat or capability field. */
struct name emit_type(const struct type *type);

/* The element of a list of that type, of so many levels: WIRE_BYTE, ... */
const char *emit_element(const struct type *type, uint8_t lists);

/* The writers: one per output file. */
void write_types(const struct request *request);
void write_client(const struct request *request);
void write_server_header(const struct request *request);
void write_schema_header(const struct request *request);
void write_schema_source(const struct request *request);

#endif
