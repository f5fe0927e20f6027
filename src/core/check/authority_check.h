/*
 * authority_check.h - is all authority an edge, and is all that exists paid for?
 *
 * The invariants of doc/authority.md, counted anew from tables, threads, spaces
 * and ledgers:
 *   A1  what a process reaches has a reference behind it: its slots, its calls in
 *       flight, its mappings, its armed receives; holders of an object are its
 *       slots through the root and its nodes that have not let go of it, holders
 *       of a node are its slots.
 *   A2  each edge says how it came: mode and origin are ones that exist, what the
 *       kernel gave has no giver, and what a process gave has one.
 *   A3  a live edge is exactly one slot, at an odd generation; the free list has
 *       every other slot of the table once.
 *   Ledgers: nothing is over its limit, and what is charged is the sum of what
 *       the ledger's process has, or has made, and of the limits of the ledgers
 *       below; and the frames that are charged to all ledgers, with those of the
 *       kernel's own, are the frames that are not free.
 * No CPU is inside the kernel, but for one that has finished what it was about;
 * so everything is read without locks. It changes nothing and uses no memory but
 * its own.
 */
#ifndef CAPOS_CORE_CHECK_AUTHORITY_CHECK_H
#define CAPOS_CORE_CHECK_AUTHORITY_CHECK_H

#include <stdbool.h>
#include <stdint.h>

/* Stops the kernel with what is wrong, by object and process. */
void authority_check(void);

/* How often it ran. */
extern uint64_t authority_checks;

/*
 * On the way out of the kernel: runs the check if it is time, and no other CPU is
 * inside or can come in meanwhile (one CPU, or lockstep; else it never runs). It is
 * time when a process has ended, and else so seldom that it costs a small part of
 * what the kernel does.
 */
void authority_leave(void);

/* It is time at the next way out. Any context. */
void authority_want(void);

/* At once, before the machine stops, under the same conditions. No lock held. */
void authority_final(void);

/* For the parts of it: what they looked at, as a measure of what they cost. */
extern uint64_t authority_looks;

/* Stops unless the condition holds. */
void authority_must(bool condition, const char *what, uint64_t process_id,
                    uint64_t number);

struct process;

/* The table of a process: A2, A3 (check_table.c). */
void check_table(struct process *process);

/* Counts all slots of all processes: A1's holders (check_holders.c). */
void check_holders(struct process *first);

/*
 * The machine's frames, against all ledgers (check_frames.c). Those that the kernel
 * took at boot, for which nobody pays, are known from the first check on; a test that
 * takes some by itself adds them.
 */
void check_frames(struct process *first);
extern uint64_t check_frames_own;

/* Data pages and heap bytes of every ledger (check_paid.c). */
void check_paid(struct process *first);

/* Threads, spaces (check_reach.c) and the ledger of a process (check_ledger.c). */
void check_reach(struct process *process);
void check_ledger(struct process *process);

#endif
