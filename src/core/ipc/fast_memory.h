/*
 * fast_memory.h - messages in memory, a capability that comes along, and giving one
 * back, the short way (fast.h).
 */
#ifndef CAPOS_CORE_IPC_FAST_MEMORY_H
#define CAPOS_CORE_IPC_FAST_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct sqe;
struct thread;

/*
 * As fast_one, for what is not inline both ways: a CALL that a receive takes at
 * once, its params or results or both being in memory, with one capability at most;
 * a RETURN from memory; a RELEASE. opcode is what was read of it.
 */
bool fast_memory(struct thread *thread, const struct sqe *place,
                 uint8_t opcode);

#endif
