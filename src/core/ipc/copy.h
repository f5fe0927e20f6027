/*
 * copy.h - messages between address spaces, copied once.
 */
#ifndef CAPOS_CORE_IPC_COPY_H
#define CAPOS_CORE_IPC_COPY_H

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

/* Copies kernel memory into a window. ERR_BAD_BUFFER. */
int32_t copy_to(struct process *to, uint64_t va, const void *bytes,
                size_t size);

/* Copies from a window into kernel memory. ERR_BAD_BUFFER. */
int32_t copy_from(struct process *from, uint64_t va, void *bytes, size_t size);

#endif
