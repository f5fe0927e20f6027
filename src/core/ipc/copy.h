/*
 * copy.h - messages between address spaces, copied once.
 *
 * All functions take the locks of the spaces (LOCK_SPACE; of two the one of the
 * lower process id first), so that mappings stay while they are used. Nothing is
 * reached in a closed space. The caller holds no lock behind LOCK_ENDPOINT.
 */
#ifndef CAPOS_CORE_IPC_COPY_H
#define CAPOS_CORE_IPC_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process;

enum copy_fault {
    COPY_DONE = 0,
    COPY_FROM, /* the source is not readable */
    COPY_TO,   /* the destination is not writable */
};

/* Copies between two windows; on a fault the destination is unspecified. */
enum copy_fault copy_between(struct process *to, uint64_t to_va,
                             struct process *from, uint64_t from_va,
                             size_t bytes);

/* A message with capabilities, on its way from one process to another. */
struct copy_message {
    struct process *to;
    struct process *from;
    uint64_t to_va; /* payload */
    uint64_t from_va;
    uint32_t bytes;
    uint32_t ncaps;    /* at most MESSAGE_CAPS_MAX */
    uint64_t xfers;    /* address in from: struct ring_xfer[ncaps] */
    uint64_t caps_va;  /* address in to: where the CapIds go */
    uint64_t *caps;    /* and here, if they all went; NULL: nobody asks */
    uint32_t origin;   /* enum cap_origin */
};

/*
 * Copies the payload, then passes the capabilities on, all or none. Returns an
 * enum copy_fault, after which no capability was passed on, or an error of
 * cap_transfer.
 */
int32_t copy_message(const struct copy_message *message);

/* Copies kernel memory into a window. ERR_BAD_BUFFER. */
int32_t copy_to(struct process *to, uint64_t va, const void *bytes,
                size_t size);

/* The other way. ERR_BAD_BUFFER: the bytes are unspecified then. */
int32_t copy_from(struct process *from, uint64_t va, void *bytes, size_t size);

/*
 * True if all the bytes can be written now. Another thread of the process may
 * change that at once.
 */
bool copy_writable(struct process *process, uint64_t va, uint32_t bytes);

#endif
