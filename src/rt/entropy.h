/*
 * entropy.h - random bytes.
 */
#ifndef CAPOS_RT_ENTROPY_H
#define CAPOS_RT_ENTROPY_H

#include <stddef.h>
#include <stdint.h>

/*
 * Fills bytes from the EntropySource that the program was born with, "entropy".
 * 0; ERR_NOT_FOUND: it has none; or what the calls end with. Any thread.
 */
int32_t entropy_fill(void *bytes, size_t size);

#endif
