/*
 * kernel_call.h - calls on kernel objects.
 *
 * The kernel serves them like any service: generated dispatch, typed readers and
 * builders. Params are copied once into the CPU's scratch area, results built in
 * another one and copied out at the end; the caller's result buffer is seen to
 * be writable before the method runs, so that no effect is left without an
 * answer. A method that completes later defers the call: the record it gets was
 * prepaid by the caller.
 */
#ifndef CAPOS_CORE_IPC_KERNEL_CALL_H
#define CAPOS_CORE_IPC_KERNEL_CALL_H

#include <stddef.h>
#include <stdint.h>

#include "cap/table.h"
#include "cap/transfer.h"
#include "ipc/call.h"
#include "capnp/server.h"

struct kernel_call {
    struct server_call server; /* first: handlers get this */
    struct thread *thread;     /* the caller, current */
    const struct sqe *sqe;
    struct revocation_node *node; /* that it goes through */
    int32_t refused; /* ERR_BAD_CAPABILITY: it was revoked meanwhile; else 0 */
    uint32_t ncaps;  /* that came with the params */
    struct ring_xfer xfers[MESSAGE_CAPS_MAX];
};

static inline struct kernel_call *kernel_call_of(struct server_call *server)
{
    return (struct kernel_call *)server;
}

/* The process that calls. */
struct process *kernel_caller(struct server_call *server);

/* The node through which the object was called: for what is made through it. */
static inline struct revocation_node *kernel_node(struct server_call *server)
{
    return kernel_call_of(server)->node;
}

/*
 * Runs a CALL of the current thread on a kernel object, to which the caller has a
 * reference, through the node that was found with it.
 */
void kernel_call_run(struct thread *thread, struct object *object,
                     struct revocation_node *node, const struct sqe *sqe);

/*
 * A capability of the params, by the index that its field has. The kernel takes
 * no capabilities: it gets what a copy would be. The handler owes
 * cap_transfer_put(edge). Errors as cap_transfer_peek; ERR_BAD_CAPABILITY also:
 * the field names none.
 */
int32_t kernel_cap(struct server_call *server, uint32_t index,
                   struct cap_edge *edge);

/*
 * Raises the exception that fits an error of errors.h. Returns ERR_EXCEPTION,
 * for the handler to return.
 */
int32_t kernel_raise(struct server_call *server, int32_t error,
                     const char *reason);

/*
 * Gives the caller a capability to the object and adds it to the results; *index
 * is what to set in them. If the called capability can be revoked, what it gives
 * can be revoked with it. Errors as cap_insert and node_create, or ERR_TOO_LARGE:
 * the result buffer has no place for it. Must be the handler's last step that can
 * fail.
 */
int32_t kernel_give(struct server_call *server, struct object *object,
                    uint32_t *index);

/* The same for several objects, at most MESSAGE_CAPS_MAX: all of them or none. */
int32_t kernel_give_all(struct server_call *server,
                        struct object *const *objects, uint32_t count,
                        uint32_t *index);

/* As kernel_give for a capability as the edge says, but for its origin. */
int32_t kernel_give_edge(struct server_call *server,
                         const struct cap_edge *edge, uint32_t *index);

/*
 * As kernel_give, for an object that was just made: takes over the maker's
 * reference, also on an error. ERR_NO_MEMORY too: object is NULL.
 */
int32_t kernel_give_new(struct server_call *server, struct object *object,
                        uint32_t *index);

/*
 * Takes a record for completing the call later; the handler then returns
 * SERVER_PENDING. object (may be NULL) is kept referenced until then. The record
 * goes into a list that lock guards (which is held), or, lock being NULL, has
 * its timer started and nothing else: who takes it out of there, under the lock,
 * completes it, and a cancel does the same. NULL: the caller has no record left,
 * or the capability was revoked meanwhile: then the caller hears of that, whatever
 * the handler returns.
 */
struct call *kernel_defer(struct server_call *server, struct object *object,
                          struct lock *lock);

/* Completes a deferred call, taken out of its list, with inline results. */
void kernel_finish_inline(struct call *call, const uint64_t words[4]);

/* The same with a message. */
void kernel_finish_message(struct call *call, const void *message,
                           uint32_t bytes);

#endif
