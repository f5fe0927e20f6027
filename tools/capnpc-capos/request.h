/*
 * request.h - the schema that capnp hands to its plug-ins, as the writers of
 * this generator want to see it.
 *
 * Reads a CodeGeneratorRequest (schema.capnp of Cap'n Proto) with the project's
 * own wire runtime and offsets written out by hand: a generator that needed
 * generated code would have to be built twice. Whatever the generator does not
 * support is refused here, with a sentence, before any output is written.
 */
#ifndef CAPNPC_CAPOS_REQUEST_H
#define CAPNPC_CAPOS_REQUEST_H

#include "capnp/schema.h"

#define NAME_MAX_BYTES 192

struct name {
    char text[NAME_MAX_BYTES];
};

enum node_kind {
    NODE_FILE = 0,
    NODE_STRUCT = 1,
    NODE_ENUM = 2,
    NODE_INTERFACE = 3,
    NODE_CONST = 4,
    NODE_ANNOTATION = 5,
};

struct node {
    struct wire_struct s;
    uint64_t id;
    enum node_kind kind;
    bool own;         /* belongs to the file that output is made for */
    uint16_t index;   /* among the file's nodes of this kind, or more */
    struct name c;    /* snake_case, scopes included */
    struct name upper; /* the same in capitals */
    const char *title; /* as the schema says it, scopes included */
    struct wire_struct docs; /* SourceInfo, or empty */
    /* Structs. */
    uint16_t data_words;
    uint16_t pointers;
    uint16_t tag_count;
    uint32_t tag_offset; /* 16-bit units */
    bool group;
    struct wire_list fields;
};

struct type {
    uint8_t kind;  /* enum schema_kind; of the innermost element */
    uint8_t lists; /* List() around it */
    const struct node *of;
};

struct field {
    struct name c;
    struct name upper;
    const char *name;
    const char *doc;
    struct type type;
    uint16_t tag;
    uint32_t offset; /* in units of the type */
    uint64_t bits;   /* default of a data field */
    struct wire_text text; /* default of Text and Data; bytes NULL: none */
};

struct method {
    struct name c; /* <interface>_<method> */
    struct name upper;
    struct name member; /* <method>, usable as a C name */
    const char *name;
    const char *doc;
    const struct node *params;
    const struct node *results;
    bool inline_params;
    bool inline_results;
};

struct request {
    struct node *nodes;
    uint32_t count;
    char base[64]; /* of the output files: "capos" */
    char source[128]; /* the schema file, without folders */
    struct wire_struct file;
    uint16_t counts[NODE_ANNOTATION + 1]; /* own nodes by kind */
};

/*
 * Reads the request and finds the nodes of its only requested file. Ends the
 * program with a message when the schema uses what is not supported.
 */
void request_open(struct request *request, struct wire_message *message);
void request_close(struct request *request);

/* The own node of that kind and index. */
const struct node *request_own(const struct request *request,
                               enum node_kind kind, uint16_t index);

void field_read(const struct request *request, const struct node *node,
                uint32_t i, struct field *field);
uint32_t method_count(const struct node *node);
void method_read(const struct request *request, const struct node *node,
                 uint32_t i, struct method *method);
/* The constant's type; its value in value. */
struct type const_read(const struct request *request, const struct node *node,
                       struct field *value);
/* Name of an enumerant as the schema has it; *doc may become NULL. */
const char *enumerant_read(const struct node *node, uint32_t i,
                           const char **doc);
uint32_t enumerant_count(const struct node *node);
const char *node_doc(const struct node *node);

/* True for what can be one argument of a C function: data, Text and Data. */
bool type_flat(const struct type *type);
/* True for capabilities; AnyPointer is one, as a field of a method. */
bool type_cap(const struct type *type);
bool type_data(const struct type *type);

/* snake_case of a schema name; capitals of a C name. */
struct name name_snake(const char *text);
struct name name_upper(const struct name *name);
struct name name_join(const struct name *scope, const struct name *name);
/* name, with "_" behind it if C or the generated code has it already. */
struct name name_argument(const struct name *name);

/* Prints "capnpc-capos: ..." and exits with 1. */
_Noreturn void fail(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
