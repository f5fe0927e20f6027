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

/* Copies kernel memory into a window. ERR_BAD_BUFFER. */
int32_t copy_to(struct process *to, uint64_t va, const void *bytes,
                size_t size);

/*
 * True if all the bytes can be written now. Another thread of the process may
 * change that at once.
 */
bool copy_writable(struct process *process, uint64_t va, uint32_t bytes);

#endif
