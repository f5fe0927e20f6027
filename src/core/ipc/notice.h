/*
 * notice.h - telling a server that nobody holds a facet any more.
 *
 * A notice is delivered like a call that has no caller: it takes a credit of a
 * receive and the place in the ring that goes with it, and the server's RETURN of
 * its id gives the credit back. So a server has never more to look at than it
 * has credits, and nothing is allocated: who must wait for a credit stands in
 * its endpoint's round.
 *
 * The id of a notice: NOTICE_ID, the receiving thread's slot (bits 12-25), its
 * receive (6-11) and the credit (0-5); above, a number. A call id never has that
 * bit.
 */
#ifndef CAPOS_CORE_IPC_NOTICE_H
#define CAPOS_CORE_IPC_NOTICE_H

#include <stdbool.h>
#include <stdint.h>

struct facet;
struct thread;

#define NOTICE_ID (1ull << 31)

/*
 * Sends the facet's notice, which is due, to a receive that has a free credit, or
 * finds that the facet is held again; the notice's reference is then the
 * caller's (facet_noticed). False: no receive has one. Endpoint locked.
 */
bool notice_offer(struct facet *facet);

/*
 * RETURN of that id: gives the credit back, and serves who waits for one. False:
 * it is no notice that the thread's process has.
 */
bool notice_return(struct thread *thread, uint64_t id);

#endif
