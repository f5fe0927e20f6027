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
#include "ipc/call.h"
#include "capnp/server.h"

struct kernel_call {
    struct server_call server; /* first: handlers get this */
    struct thread *thread;     /* the caller, current */
    const struct sqe *sqe;
};

static inline struct kernel_call *kernel_call_of(struct server_call *server)
{
    return (struct kernel_call *)server;
}

/* The process that calls. */
struct process *kernel_caller(struct server_call *server);

/*
 * Runs a CALL of the current thread on a kernel object, to which the caller has a
 * reference.
 */
void kernel_call_run(struct thread *thread, struct object *object,
                     const struct sqe *sqe);

/*
 * Raises the exception that fits an error of errors.h. Returns ERR_EXCEPTION,
 * for the handler to return.
 */
int32_t kernel_raise(struct server_call *server, int32_t error,
                     const char *reason);

/*
 * Gives the caller a capability to the object and adds it to the results; *index
 * is what to set in them. Errors as cap_reserve, or ERR_TOO_LARGE: the result
 * buffer has no place for it. Must be the handler's last step that can fail.
 */
int32_t kernel_give(struct server_call *server, struct object *object,
                    uint32_t *index);

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
 * completes it, and a cancel does the same. NULL: the caller has no record left.
 */
struct call *kernel_defer(struct server_call *server, struct object *object,
                          struct lock *lock);

/* Completes a deferred call, taken out of its list, with inline results. */
void kernel_finish_inline(struct call *call, const uint64_t words[4]);

/* The same with a message. */
void kernel_finish_message(struct call *call, const void *message,
                           uint32_t bytes);

#endif
