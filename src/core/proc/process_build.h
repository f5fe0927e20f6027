/*
 * process_build.h - the parts of a new process, put in place by the kernel.
 *
 * All of them write into a space in which nothing runs yet. Errors are those of
 * process_create; what was done before an error is undone with the process.
 */
#ifndef CAPOS_CORE_PROC_PROCESS_BUILD_H
#define CAPOS_CORE_PROC_PROCESS_BUILD_H

#include "proc/process.h"

/*
 * Maps the segments of the ELF in image; text and read-only data straight from
 * its pages, the rest as copies. *entry is where to start; *reason says what is
 * wrong with a bad image.
 */
int32_t process_load(struct process *process, struct memory *image,
                     uint64_t *entry, const char **reason);

/* Maps the main stack with an inaccessible page below it. bytes 0: default. */
int32_t process_map_stack(struct process *process, uint32_t bytes,
                          uint64_t *low, uint64_t *high);

/* Inserts the granted capabilities, and writes CapSet and argument area. */
int32_t process_grant(struct process *process,
                      const struct process_request *request);

#endif
