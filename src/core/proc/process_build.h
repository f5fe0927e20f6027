/*
 * process_build.h - the parts of a new process, put in place by the kernel.
 *
 * The process is pinned (process_pin) in those that write into it. Errors:
 * ERR_OVERLOADED, ERR_NO_MEMORY, ERR_DISCONNECTED (the process ends), and those
 * that are named. An error leaves the process as it was, unless it says else.
 */
#ifndef CAPOS_CORE_PROC_PROCESS_BUILD_H
#define CAPOS_CORE_PROC_PROCESS_BUILD_H

#include "cap/transfer.h"
#include "capset.h"
#include "proc/process.h"
#include "ring.h"

/* A CapSet is a page; this many may be granted beside those to itself. */
#define PROCESS_CAPSET_MAX (PAGE_SIZE / sizeof(struct capset_entry))
#define PROCESS_GRANTS_MAX 64u

/* The page of the CapSet, empty. */
int32_t process_map_capset(struct process *process);

/* Inserts the capabilities of the process to itself. Some may stay. */
int32_t process_grant_self(struct process *process);

/* The ELF that a process is to run, and the node that it was named through. */
struct process_image {
    struct memory *memory;
    struct revocation_node *node;
};

/*
 * Maps the segments of the ELF in image; text and read-only data straight from
 * its pages, through its node, the rest as copies. *entry is where to start;
 * *reason says what is wrong with a bad image. ERR_BAD_IMAGE; errors of
 * space_map_program; some segments may stay mapped.
 */
int32_t process_load(struct process *process,
                     const struct process_image *image, uint64_t *entry,
                     const char **reason);

/*
 * Maps the main stack with an inaccessible page below it. bytes 0: default.
 * ERR_TOO_LARGE. An error may leave its addresses reserved.
 */
int32_t process_map_stack(struct process *process, uint32_t bytes,
                          uint64_t *low, uint64_t *high);

/* Under what names capabilities of another table are granted. */
struct process_grants {
    struct cap_table *from;
    const struct ring_xfer *xfers;
    char (*names)[NAME_BYTES_MAX + 1];
    uint32_t count;
};

/*
 * Passes the capabilities on and enters them into the CapSet: all or none.
 * ERR_EXISTS: a name is used already. ERR_INVALID: the process was started; or as
 * cap_transfer.
 */
int32_t process_grant(struct process *process,
                      const struct process_grants *grants);

/* The same for one object that the kernel grants, to init. */
int32_t process_grant_root(struct process *process, const char *name,
                           struct object *object);

/* Writes the argument area, once. ERR_EXISTS: it has one. ERR_INVALID. */
int32_t process_set_args(struct process *process, const void *args,
                         uint32_t bytes);

/*
 * Says where the image is, for start blocks and for who looks at a fault; size 0:
 * unknown. ERR_INVALID: outside of the window, or the process was started. Needs
 * no pin.
 */
int32_t process_set_image(struct process *process, uint64_t base,
                          uint64_t size);

/*
 * Makes the first thread; nothing is granted any more then. It runs when
 * process_start says so. ERR_INVALID: it was started before; or as thread_create.
 */
int32_t process_begin(struct process *process,
                      const struct thread_request *first);

#endif
