/*
 * pipe.h - bytes through a pipe, whole.
 *
 * Any thread; both wait for the other side.
 */
#ifndef CAPOS_RT_PIPE_H
#define CAPOS_RT_PIPE_H

#include <stdint.h>

#define PIPE_READ_BYTES 1024u /* taken by one pipe_read */

/*
 * Writes all bytes, in order; those of other writers may come between every
 * PIPE_ATOMIC_BYTES. Returns 0, or how a call ended: a part may be written.
 */
int32_t pipe_write(uint64_t writer, const void *bytes, uint32_t size);

/*
 * Takes 1 to max bytes, but at most PIPE_READ_BYTES. Returns how many, 0: there
 * is no writer any more; or how the call ended.
 */
int32_t pipe_read(uint64_t reader, void *bytes, uint32_t max);

#endif
