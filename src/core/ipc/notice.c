/* notice.c - notices: sent in the place of a credit, returned like calls. */
#include "ipc/notice.h"

#include "ipc/call.h"
#include "ipc/endpoint.h"
#include "ipc/receive.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "ring/complete.h"

#define NOTICE_RECEIVE_SHIFT 6u

_Static_assert(RECV_CREDITS_MAX <= 1u << NOTICE_RECEIVE_SHIFT,
               "a credit fits its part of an id");
_Static_assert((uint64_t)LIMIT_THREADS << CALL_RECORD_BITS <= NOTICE_ID,
               "no call id has the bit of a notice");

static uint64_t notice_id(struct endpoint *endpoint,
                          const struct receive *receive, uint32_t credit)
{
    const struct thread *thread = receive->thread;
    uint64_t record = (uint64_t)(receive - thread->receives);

    return (uint64_t)++endpoint->notices << 32 | NOTICE_ID |
           (uint64_t)thread->slot << CALL_RECORD_BITS |
           record << NOTICE_RECEIVE_SHIFT | credit;
}

/* Sends it to that receive; false: it has no free credit. Endpoint locked. */
static bool notice_send(const struct facet *facet, struct receive *receive)
{
    int32_t credit = receive_take(receive, false, 0);
    struct cqe *place;

    if (credit < 0) {
        return false;
    }
    place = complete_begin(receive->thread);
    if (!place) {
        receive_untake(receive, (uint32_t)credit);
        return false; /* the thread has ended, its receives follow */
    }
    place->user_data = receive->user_data;
    place->kind = RING_CQE_UNHELD;
    place->flags = 0;
    place->method = 0;
    place->result = 0;
    place->call_id = notice_id(facet->endpoint, receive, (uint32_t)credit);
    place->tag = facet->tag;
    receive->calls[credit] = place->call_id;
    complete_end(receive->thread, place);
    return true;
}

bool notice_offer(struct facet *facet)
{
    struct list *receives = &facet->endpoint->receives;
    struct list_node *node = list_first(receives);
    bool over = sync_load(&facet->object.holders) != 0;

    for (; node && !over; node = list_next(receives, node)) {
        over = notice_send(facet, container_of(node, struct receive, link));
    }
    if (over) {
        facet_noticed(facet);
    }
    return over;
}

bool notice_return(struct thread *thread, uint64_t id)
{
    uint32_t place = (uint32_t)(id & ~NOTICE_ID);
    uint32_t record = (place & ((1u << CALL_RECORD_BITS) - 1)) >>
                      NOTICE_RECEIVE_SHIFT;
    struct thread *owner = thread_at(place >> CALL_RECORD_BITS);

    return id & NOTICE_ID && record < RECV_RECORDS && owner &&
           owner->process == thread->process &&
           receive_return(&owner->receives[record], id, thread);
}
