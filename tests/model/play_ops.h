/* play_ops.h - the operations, and what they have in common. */
#ifndef CAPOS_TESTS_MODEL_PLAY_OPS_H
#define CAPOS_TESTS_MODEL_PLAY_OPS_H

#include "play.h"

#define RESULT_AREA(index) (0x8000u + 0x100u * (index))
#define PARAMS_AREA(index) (0xa000u + 0x100u * (index))
#define RECEIVE_AREA(record) (0xc000u + 0x400u * (record))
#define RETURN_AREA 0xe000u
#define SLOT_BYTES 256u
#define PAYLOAD_AT 0x80u /* in an area: behind the transfer descriptors */

#define SPAWN_SPARE 4096u /* bytes of objects that making a process takes */

#define ANY_KIND UINT32_MAX
#define KIND(kind) (1u << (kind))

extern uint32_t play_step; /* the operation, from 1 on: its user_data */

/* The process that acts. */
uint32_t choose_actor(uint32_t number);

/*
 * The number-th capability of the process to an object of those kinds; sometimes
 * one that does not exist. 0: it has none.
 */
uint64_t choose_cap(uint32_t process, uint32_t kinds, uint32_t number);

/* Up to most descriptors, by the seed; returns how many. */
uint32_t choose_xfers(uint32_t process, struct model_xfer *xfers,
                      uint32_t most, uint32_t seed);

struct actor *actor_of(uint32_t process);

/* Submits the entry under this operation's user_data, and lets it run. */
void play_submit(uint32_t process, struct sqe *sqe);

/* A call of a kernel object's method with words as params. */
void play_words(uint32_t process, uint64_t cap, uint64_t interface_id,
                uint16_t method, uint64_t word0, uint64_t word1,
                uint64_t word2);

/* An area that no call in flight has; PLAY_AREAS: all are in use. */
uint32_t area_choose(const struct actor *actor);

/* Writes payload and descriptors at an area; fills in the entry. */
void play_message(const struct actor *actor, struct sqe *sqe, uint32_t area,
                  const struct model_xfer *xfers, uint32_t count);

/* Each carries its operation out on both sides; false: there was nothing to do. */
bool play_spawn(uint32_t process, const struct op *op);
bool play_exit(uint32_t process, const struct op *op);
bool play_kill(uint32_t process, const struct op *op);
bool play_wait(uint32_t process, const struct op *op);
bool play_release(uint32_t process, const struct op *op);
bool play_endpoint(uint32_t process, const struct op *op);
bool play_mint(uint32_t process, const struct op *op);
bool play_close(uint32_t process, const struct op *op);
bool play_recv(uint32_t process, const struct op *op);
bool play_call(uint32_t process, const struct op *op);
bool play_return(uint32_t process, const struct op *op);
bool play_cancel(uint32_t process, const struct op *op);
bool play_revoker(uint32_t process, const struct op *op);
bool play_attach(uint32_t process, const struct op *op);
bool play_revoke(uint32_t process, const struct op *op);

#endif
