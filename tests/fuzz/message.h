/*
 * message.h - params of any method, made of the schema's tables.
 *
 * The tables are what tools/capnpc-capos generates of capos.capnp, so a method that
 * is added there has params here. What is made is well-formed; its values are
 * hostile as often as `wildness` says.
 */
#ifndef CAPOS_FUZZ_MESSAGE_H
#define CAPOS_FUZZ_MESSAGE_H

#include "capnp/schema.h"
#include "values.h"

#define MESSAGE_WORDS 1024u
#define MESSAGE_CAPS_ROOM (MESSAGE_CAPS_MAX + 1u)

struct message {
    const struct player *player; /* whose values */
    uint32_t wildness; /* 0: what a program would write; 3: mostly not */
    uint32_t structs;  /* made so far */
    uint32_t ncaps;    /* descriptors that the capability pointers name */
    struct ring_xfer xfers[MESSAGE_CAPS_ROOM];
};

/* A transfer descriptor. */
struct ring_xfer message_xfer(struct message *message);

/* Fills a struct of that type; s is its fresh builder, or an inline one. */
void message_fill(struct message *message, struct wire_builder_struct s,
                  const struct schema_struct *type);

/*
 * The same as a message of its own; returns its bytes, or 0 if it did not fit.
 */
uint32_t message_build(struct message *message,
                       const struct schema_struct *type,
                       uint64_t words[MESSAGE_WORDS]);

#endif
