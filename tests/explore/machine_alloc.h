/*
 * machine_alloc.h - what of the kernel heap is in use.
 */
#ifndef CAPOS_EXPLORE_MACHINE_ALLOC_H
#define CAPOS_EXPLORE_MACHINE_ALLOC_H

#include <stdint.h>

/* Blocks taken and not given back. */
uint32_t machine_blocks(void);

#endif
