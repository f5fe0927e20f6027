/*
 * caller_info.h - CALLER_INFO: which session a call comes from, as far as its
 * server may know.
 *
 * A server learns a number that is the same for all processes of a session and
 * differs for another session, for another endpoint and after another boot: two
 * services cannot compare what they know. It is a hash of session and endpoint,
 * keyed at boot.
 */
#ifndef CAPOS_CORE_IPC_CALLER_INFO_H
#define CAPOS_CORE_IPC_CALLER_INFO_H

struct sqe;
struct thread;

/* Draws the key. Once, at boot. */
void caller_info_init(void);

/* CALLER_INFO of the current thread; completes at once. */
void caller_info(struct thread *thread, const struct sqe *sqe);

#endif
