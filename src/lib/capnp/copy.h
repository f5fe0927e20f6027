/*
 * copy.h - copies any struct into a message of its own, in canonical form.
 *
 * Needs no schema: what has pointers and what has not stands on the wire.
 */
#ifndef CAPOS_CAPNP_COPY_H
#define CAPOS_CAPNP_COPY_H

#include "capnp/build.h"

/*
 * Starts the builder over with a canonical copy of s: objects in preorder,
 * trailing zeros of data and pointer sections left away. Capability pointers
 * keep their index. Returns the bytes of the message; ERR_TOO_LARGE: it does
 * not fit; ERR_BAD_MESSAGE: something in s is malformed. Recurses once per
 * level of the message: not for the small stacks of a kernel.
 */
int32_t wire_copy(struct wire_struct s, struct wire_builder *builder);

#endif
