/*
 * space_revoke.h - mappings that are taken back: for revocation nodes.
 *
 * What was mapped through a node other than the root can be revoked. It then
 * shows the scratch frame of its space instead, on all CPUs, with the protection
 * that it had: so a program never faults because somebody else revoked. The
 * scratch frame is charged when the first such mapping is made.
 */
#ifndef CAPOS_CORE_SPACE_REVOKE_H
#define CAPOS_CORE_SPACE_REVOKE_H

#include "mem/space.h"

struct region;
struct revocation_node;

/*
 * For space.c, the space being locked: lets a region be taken back through the
 * node, with the scratch frame that this needs (ERR_BAD_CAPABILITY: the node is
 * revoked; ERR_OVERLOADED, ERR_NO_MEMORY), and frees the scratch frame, which no
 * region shows or may come to show.
 */
int32_t space_bind(struct region *region, struct revocation_node *node);
void space_scratch_drop(struct space *space);

/*
 * The space of a region that is in a node's list, with a reference to whom the
 * space belongs to, so that it stays readable. The node is locked.
 */
struct space *space_revoke_get(const struct region *region);
void space_revoke_put(struct space *space);

/*
 * Covers all regions of the space that were mapped through the node, and lets go
 * of their memory. True: some of the process's program was among them. No lock
 * behind LOCK_ENDPOINT held.
 */
bool space_revoke(struct space *space, const struct revocation_node *node);

#endif
