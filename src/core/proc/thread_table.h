/*
 * thread_table.h - all threads by slot, for finding calls by their id.
 */
#ifndef CAPOS_CORE_PROC_THREAD_TABLE_H
#define CAPOS_CORE_PROC_THREAD_TABLE_H

#include <stdint.h>

struct thread;

/* Makes the empty table. Once, at boot. */
void thread_table_init(void);

/* Gives the thread a slot and a start for its generations. ERR_OVERLOADED. */
int32_t thread_table_add(struct thread *thread);

/* Frees the slot, if it has one; generations go on where the thread stopped. */
void thread_table_remove(struct thread *thread);

#endif
