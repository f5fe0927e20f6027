/*
 * pipe.h - a pipe: a bounded stream of bytes between two ends.
 *
 * The two ends are objects of their own; both keep the pipe. Invariants, with
 * the lock held and no call being served:
 *   - a read waits only while the pipe is empty, and then no write waits
 *   - a write waits only for room, so the pipe is not empty then, and behind
 *     those that came before it
 *   - bytes leave the pipe when they have been copied to a reader's window, and
 *     a write is counted when its bytes are in the pipe: whoever is cancelled or
 *     dies takes nothing with it
 * An end that nobody holds any more is closed. Calls that wait go on: what waits
 * to be written when the last writer goes is still read before the end of file.
 */
#ifndef CAPOS_CORE_OBJ_PIPE_H
#define CAPOS_CORE_OBJ_PIPE_H

#include "ipc/kernel_call.h"
#include "lock.h"

struct pipe {
    struct object object; /* no capability: the ends point to it */
    struct lock lock;     /* LOCK_ENDPOINT: windows are reached with it held */
    bool read_closed;     /* nobody holds the reader */
    bool write_closed;    /* nobody holds the writer */
    uint32_t capacity;
    uint32_t used;
    uint32_t first;      /* where the oldest byte is */
    struct list readers; /* deferred reads; words[0] is max */
    struct list writers; /* deferred writes; memory.params_len bytes to write */
    uint8_t bytes[];
};

struct pipe_end {
    struct object object;
    struct pipe *pipe; /* one reference */
};

/*
 * A new pipe with both ends, a reference to each of which is the caller's.
 * ERR_OVERLOADED, ERR_NO_MEMORY: nothing is left.
 */
int32_t pipe_create(struct ledger *ledger, uint32_t capacity,
                    struct object **reader, struct object **writer);

/* The types of the ends; the reader's and writer's files have them. */
extern const struct object_type pipe_reader_type;
extern const struct object_type pipe_writer_type;

static inline struct pipe_end *pipe_end_of(struct object *object)
{
    return container_of(object, struct pipe_end, object);
}

/*
 * Takes a record for a call on an end that has to wait, as the last one of the
 * list. NULL: the caller has none left, or PIPE_WAITERS_MAX wait. Locked.
 */
struct call *pipe_wait(struct pipe_end *end, struct server_call *call,
                       struct list *calls);

/* True if nothing will ever come out again. Locked. */
static inline bool pipe_ended(const struct pipe *pipe)
{
    return !pipe->used && pipe->write_closed && list_empty(&pipe->writers);
}

/* True if nobody will ever take anything out again. Locked. */
static inline bool pipe_broken(const struct pipe *pipe)
{
    return pipe->read_closed && list_empty(&pipe->readers);
}

/* Takes the first count bytes, which are there, out to `to`. Locked. */
void pipe_take(struct pipe *pipe, void *to, uint32_t count);

/*
 * How many of that many bytes, at least 1, a write may put in: 0 if there is no
 * room for as many as must go in together. Locked.
 */
uint32_t pipe_fit(const struct pipe *pipe, uint32_t bytes);

/* Puts count bytes in, for which there is room. Locked. */
void pipe_put(struct pipe *pipe, const void *from, uint32_t count);

/*
 * Completes all waiting calls that can be. Uses the CPU's place for params, if
 * there are bytes in the pipe. No lock held; the pipe must stay meanwhile.
 */
void pipe_serve(struct pipe *pipe);

#endif
