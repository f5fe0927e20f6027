/*
 * root.h - objects that are made once, at boot, and never end: what init is born
 * with.
 *
 * Each is a file of this folder with a `const struct root <object>_root`, which
 * begins a line so that the build finds it: it makes roots.gen.h, the list of all
 * of them in the order of the files. A root lies in static memory and keeps the
 * reference that it started with.
 */
#ifndef CAPOS_CORE_OBJ_ROOT_H
#define CAPOS_CORE_OBJ_ROOT_H

#include "cap/object.h"
#include "roots.gen.h"

struct hal_boot;
struct package;

/* What a root may want to know of the machine; valid while init is made. */
struct root_start {
    const struct hal_boot *boot;
    const struct package *package;
};

struct root {
    const char *name; /* in init's CapSet, unique; manifests pass it on by it */
    struct object *object;
    const struct object_type *type;
    /* Readies the rest of the object, before anybody can call; or NULL. */
    void (*start)(const struct root_start *start);
};

#define ROOT_DECLARE(object) extern const struct root object##_root;
ROOTS(ROOT_DECLARE)
#undef ROOT_DECLARE

/* How many there are. */
#define ROOT_ONE(object) +1u
enum { ROOT_COUNT = 0 ROOTS(ROOT_ONE) };
#undef ROOT_ONE

/*
 * Starts the root of that number, below ROOT_COUNT, and returns it. Once each;
 * its object has a reference for the caller then.
 */
const struct root *root_init(uint32_t number, const struct root_start *start);

/* The destroy function of root objects: stops the machine. */
void root_destroy(struct object *object);

#endif
