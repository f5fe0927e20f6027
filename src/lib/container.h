/*
 * container.h - from a member back to the structure that holds it, for
 * everything intrusive (list.h, pairing.h).
 */
#ifndef CAPOS_LIB_CONTAINER_H
#define CAPOS_LIB_CONTAINER_H

#include <stddef.h>

/* The struct type whose member is at pointer; pointer must not be NULL. */
#define container_of(pointer, type, member)                                    \
    ((type *)(void *)((char *)(pointer) - offsetof(type, member)))

/* The same for a pointer to const. */
#define container_of_const(pointer, type, member)                              \
    ((const type *)(const void *)((const char *)(pointer) -                    \
                                  offsetof(type, member)))

#endif
