/*
 * revoker.h - what revocation nodes know of the Revoker that made them.
 *
 * A revoker has a list of its nodes; a node keeps its revoker alive, not the
 * other way round, so a revoker that nobody holds revokes nothing.
 */
#ifndef CAPOS_CORE_OBJ_REVOKER_H
#define CAPOS_CORE_OBJ_REVOKER_H

#include <stdint.h>

struct revocation_node;
struct revoker;

/*
 * Makes the node one of the revoker's, with a reference to the revoker.
 * ERR_BAD_CAPABILITY: it has been revoked. No lock behind LOCK_CAPS held.
 */
int32_t revoker_keep(struct revoker *revoker, struct revocation_node *node);

/* Undoes it, at the end of the node. No lock behind LOCK_CAPS held. */
void revoker_forget(struct revocation_node *node);

/* The object id of a revoker, for traces. */
uint64_t revoker_id(const struct revoker *revoker);

#endif
