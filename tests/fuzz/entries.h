/*
 * entries.h - submission entries of hostile programs.
 *
 * Each function makes one, of fields that are biased to what gets far into the
 * kernel, and may write to the program's memory. entry_any is of any kind, and now
 * and then damaged.
 */
#ifndef CAPOS_FUZZ_ENTRIES_H
#define CAPOS_FUZZ_ENTRIES_H

#include "message.h"

/* The interfaces of the kernel's objects; made of the sources (kernel.gen.h). */
#define KERNEL_METHODS_MAX 16u
struct kernel_interface {
    uint64_t id;
    const char *name;
    uint64_t called[KERNEL_METHODS_MAX];   /* well-formed calls, by method */
    uint64_t answered[KERNEL_METHODS_MAX]; /* of them, by the object itself */
};
extern struct kernel_interface kernel_interfaces[];
extern const uint32_t kernel_interface_count;

/* Forgets which calls are in flight. */
void entries_start(void);

struct sqe entry_any(const struct player *player);

/* A method of a kernel object, its params as the schema says. */
struct sqe entry_method(const struct player *player);

/* A call on a facet, with capabilities. */
struct sqe entry_facet(const struct player *player);
struct sqe entry_recv(const struct player *player);
struct sqe entry_return(const struct player *player);

/* A call that the player may RETURN was delivered: its CQE. */
void entries_delivered(const struct cqe *cqe);

/* A completion: counts the answered method, if it is one's. */
void entries_completed(const struct cqe *cqe);

/* The last method called needs no answer any more: caller or machine is gone. */
void entries_ended(void);

#endif
