/*
 * root.h - objects that are made once, at boot, and never end.
 *
 * They lie in static memory and keep the reference that they started with.
 */
#ifndef CAPOS_CORE_OBJ_ROOT_H
#define CAPOS_CORE_OBJ_ROOT_H

#include "cap/object.h"

/* Starts a root object and returns it with a reference for the caller. */
struct object *root_init(struct object *object,
                         const struct object_type *type);

/* The destroy function of root objects: stops the machine. */
void root_destroy(struct object *object);

#endif
