/*
 * user_authority.h - what programs of scenarios about authority do: lend, take
 * back, move, share memory (user.h).
 */
#ifndef CAPOS_EXPLORE_USER_AUTHORITY_H
#define CAPOS_EXPLORE_USER_AUTHORITY_H

#include "user.h"

/* A new revoker, and a capability that it can take back. */
uint64_t user_revoker(struct user *self);
uint64_t user_attach(struct user *self, uint64_t revoker, uint64_t cap);
int32_t user_revoke(struct user *self, uint64_t revoker);

/* A page of memory; where it is mapped, readable and writable, or an error. */
uint64_t user_page(struct user *self);
int64_t user_map_page(struct user *self, uint64_t memory);
int32_t user_unmap(struct user *self, uint64_t address);

/* Echo.reverse, which takes a capability along for good. */
void user_move_begin(struct user *self, struct user_op *op, uint64_t facet,
                     uint64_t cap);

/* As user_park_begin and user_unpark, for a word that others may have, too. */
void user_park_shared_begin(struct user *self, struct user_op *op,
                            uint64_t address);
void user_unpark_shared(struct user *self, uint64_t address);

/* No more choices; waits until everybody else waits. */
void user_settle(struct user *self);

/*
 * For a server: takes calls and answers Echo.add with what it was given and
 * Echo.reverse with an exception, until its receive has ended; how that ended.
 * A RETURN may come too late.
 */
int32_t user_serve(struct user *self, const struct user_op *receive);

#endif
