/*
 * spawn_request.h - SpawnRequest, decoded: the params of ProcessSpawner.
 */
#ifndef CAPOS_CORE_OBJ_SPAWN_REQUEST_H
#define CAPOS_CORE_OBJ_SPAWN_REQUEST_H

#include "obj/methods.h"
#include "proc/process_build.h"

/* Names, limits and descriptors lie in it. */
struct spawn {
    struct process_request request;
    struct process_grants grants;
    struct thread_request first; /* entry and stack are not known yet */
    const void *args;            /* in the call's params */
    uint32_t args_bytes;
    uint32_t stack_bytes;
    struct object *image;  /* a MemoryObject, one reference; NULL: none */
    struct revocation_node *image_node; /* that it was named through */
    struct object *ledger; /* a Ledger, one reference; NULL: the caller's */
    uint64_t limits[LEDGER_KINDS];
    char name[NAME_BYTES_MAX + 1];
    char names[PROCESS_GRANTS_MAX][NAME_BYTES_MAX + 1];
    struct ring_xfer xfers[PROCESS_GRANTS_MAX];
};

/*
 * Decodes a request of the caller's into a zeroed struct, changing nothing else.
 * NULL, or what is wrong with it. In either case spawn_release is due.
 */
const char *spawn_decode(struct spawn *spawn, struct process *caller,
                         struct spawn_request_reader request);

/* Lets go of what the request names. */
void spawn_release(struct spawn *spawn);

/* Copies a name; false if it is empty, too long or holds a NUL. */
bool spawn_name(char name[NAME_BYTES_MAX + 1], struct wire_text text);

#endif
