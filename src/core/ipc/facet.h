/*
 * facet.h - a client's end of an endpoint: it may be called, and no more.
 *
 * The server chose the tag, which it sees with each call and the client never.
 * Calls that no receive can take wait in the facet's queue, in order. When
 * nobody holds a facet any more, its server is owed a notice of that.
 *
 * A facet that has something for the server stands in one of the endpoint's two
 * rounds, by what comes first: a call with a message in memory, which needs a
 * slot, or anything else. In each round facets stand in the order of their
 * turns, so the endpoint serves them in turn, and a facet that needs a slot holds
 * up no other one. A notice comes when no call is left.
 *
 * Lock: the endpoint's. A notice has a reference of the facet.
 */
#ifndef CAPOS_CORE_IPC_FACET_H
#define CAPOS_CORE_IPC_FACET_H

#include "cap/object.h"
#include "list.h"

#define FACET_QUEUE_LIMIT_DEFAULT 64u

struct call;
struct endpoint;
struct ledger;

enum facet_round {
    FACET_ROUND_INLINE = 0,
    FACET_ROUND_MEMORY = 1,
    FACET_ROUNDS,
};

struct facet {
    struct object object;
    struct endpoint *endpoint; /* one reference */
    uint64_t tag;
    uint64_t interface_id;
    struct list queue; /* calls */
    uint32_t queued;
    uint32_t queue_limit;
    struct list delivered; /* calls in servers' hands */
    bool closed;
    bool given; /* a capability to it was given out */
    bool one_shot;
    bool spent;  /* one-shot: its call has been delivered */
    bool notice; /* its server must be told that nobody holds it */
    struct list_node link;       /* endpoint->facets */
    struct list_node ready_link; /* endpoint->ready[round] */
    enum facet_round round;
    uint64_t turn;
};

/* What a facet is made of. */
struct facet_request {
    uint64_t tag;
    uint64_t interface_id;
    uint32_t queue_limit; /* 0: the default */
    bool one_shot;        /* takes one call, and queues no other */
};

extern const struct object_type facet_type;

/*
 * Makes a facet, which ledger pays; one reference. ERR_OVERLOADED,
 * ERR_NO_MEMORY, ERR_DISCONNECTED.
 */
int32_t facet_create(struct ledger *ledger, struct endpoint *endpoint,
                     const struct facet_request *request, struct facet **out);

/*
 * A capability to it was given out: its server hears of the end of the last one
 * from now on. Who makes it says so; of one that nobody got nobody is told. No
 * lock held; the caller has a reference.
 */
void facet_given(struct facet *facet);

/* Ends its calls disconnected and refuses further ones. No lock held. */
void facet_close(struct facet *facet);

/* The rest wants the endpoint locked. */

/*
 * Why the facet takes no call now: ERR_DISCONNECTED, it is closed or spent;
 * ERR_BAD_CAPABILITY, the last capability to it is gone; 0: it does.
 */
int32_t facet_refusal(const struct facet *facet);

/* Puts a call at the end of its facet's queue. ERR_OVERLOADED: it is full. */
int32_t facet_queue(struct facet *facet, struct call *call);

/* Takes a QUEUED call out, which is then ENDING. */
void facet_unqueue(struct facet *facet, struct call *call);

/* The first of the queue, taken out to be offered; NULL: a notice is due. */
struct call *facet_take(struct facet *facet);

/* Undoes facet_take: the facet keeps its turn. */
void facet_untake(struct facet *facet, struct call *call);

/* The facet had its turn: it goes to the end, if it has something left. */
void facet_next_turn(struct facet *facet);

/*
 * The notice was sent, or is not due any more; the reference that it had is the
 * caller's to put, with no lock held unless there are others.
 */
void facet_noticed(struct facet *facet);

static inline struct facet *facet_of(struct object *object)
{
    return container_of(object, struct facet, object);
}

static inline const struct facet *facet_of_const(const struct object *object)
{
    return container_of_const(object, struct facet, object);
}

#endif
