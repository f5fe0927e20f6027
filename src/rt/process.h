/*
 * process.h - what a program knows about itself: its start block, the
 * capabilities it was born with, and how it ends.
 */
#ifndef CAPOS_RT_PROCESS_H
#define CAPOS_RT_PROCESS_H

#include <stdint.h>

#include "capset.h"
#include "start.h"

/* The start block of the first thread. Never NULL. */
const struct start_block *process_start(void);

/* Ends the process with all its threads. The code reaches whoever waits. */
_Noreturn void process_exit(int64_t code);

/* How many capabilities the process was born with. */
uint32_t capset_count(void);

/* The index-th of them, or NULL. */
const struct capset_entry *capset_at(uint32_t index);

/*
 * The capability born with under that name, if it offers that interface (0: any
 * interface); CAP_NONE otherwise.
 */
uint64_t capset_find(const char *name, uint64_t interface_id);

/*
 * The same for what a program cannot work without: panics with a sentence that
 * says how to grant it.
 */
uint64_t capset_need(const char *name, uint64_t interface_id);

#endif
