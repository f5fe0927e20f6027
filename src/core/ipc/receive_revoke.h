/*
 * receive_revoke.h - receives that are taken back: for revocation nodes.
 *
 * What was armed through a node other than the root ends when that is revoked,
 * and so do the calls that it took: who may not serve an endpoint any more may not
 * answer in its name either. As long as calls of such a receive are in somebody's
 * hands it stands in its node's list, armed or not. A thread that ends takes them
 * along, for then nobody could find them there.
 */
#ifndef CAPOS_CORE_IPC_RECEIVE_REVOKE_H
#define CAPOS_CORE_IPC_RECEIVE_REVOKE_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/receive.h"

struct process;

/* Calls that a receive took and that were not returned, by their ids. */
struct receive_calls {
    uint32_t count;
    uint64_t ids[RECV_CREDITS_MAX];
};

/* Which these are. The receive's endpoint is locked. */
void receive_calls(const struct receive *receive, struct receive_calls *calls);

/*
 * Ends those of them that are still in that process's hands with
 * ERR_DISCONNECTED. No lock held.
 */
void receive_end_calls(struct process *server,
                       const struct receive_calls *calls);

/* Leaves its node's list, in which it stands, as its record becomes free. */
void receive_leave_node(struct receive *receive);

/*
 * The endpoint of a receive that is in a node's list, with a reference. The node
 * is locked.
 */
struct endpoint *receive_revoke_get(struct receive *receive);

/*
 * Ends the receive, if it still is one of the node's, which leads to that
 * endpoint; gives the endpoint's reference up. The server finds its RECV ended
 * with ERR_DISCONNECTED. False: another CPU is just freeing it. No lock held.
 */
bool receive_revoke(struct receive *receive, struct endpoint *endpoint,
                    struct revocation_node *node);

#endif
