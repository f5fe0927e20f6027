/*
 * inject.h - refuses one allocation, charge, reservation or interrupt.
 *
 * For tests of roll-backs (doc/assurance.md): the machine is asked at boot, with
 * hal_boot.inject, for one of
 *
 *   count             nothing is refused; how many points there were is told, and
 *                     which of them in which operation
 *   KIND:N            the N-th point of that kind is refused, N from 1
 *   watch:LOOK        nothing is refused; the state is shown (see below)
 *   skip:OPERATION:LOOK:STATUS:KIND:DETAIL:REASON
 *                     that operation is not tried: it ends with that status, and
 *                     exception if it has one (REASON in hexadecimal)
 *   orders            it asks for one of these at once (HAL_PORT_ORDERS), or for
 *   to:KIND:N         it asks again right before that point (operation: before
 *                     that operation), and counts until then
 *
 * So a machine can be copied right before each point (tests/inject), which saves
 * to boot it and to run up to there.
 *
 * Points are counted from boot, each kind by itself. An operation is a call on a
 * kernel object, a transfer of capabilities or the reservation of a call's record:
 * what is done whole or not at all; those inside of another one are a part of it.
 * They are numbered from 1 too, on one CPU only.
 *
 * When a point was refused, it is told in which operation and how that ended; and
 * on the first way out of the kernel after it on which no work is left, the state
 * of all that counts is shown (inject_show.c), LOOK being the number of operations
 * by then. In the end it is shown again. Everything goes to the log's port, past
 * the log. Release kernels have none of it.
 */
#ifndef CAPOS_CORE_CHECK_INJECT_H
#define CAPOS_CORE_CHECK_INJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "variant.h"

struct cpu;
struct server_call;

enum inject_kind {
    INJECT_HEAP = 0, /* a block of the kernel heap */
    INJECT_FRAMES,   /* frames, but for the heap's own */
    INJECT_CHARGE,   /* of a ledger, of more than nothing */
    INJECT_SLOT,     /* in a capability, thread or log table; a record of a call,
                        a promise, a receive, a parked operation */
    INJECT_MAP,      /* a window, a mapping: what the machine may be out of */
    INJECT_IPI,      /* an interrupt or a flush of other CPUs: it comes late */
    INJECT_KINDS,
};

/* Something was asked for; constant after boot. */
extern bool inject_on;

/* Once, at boot; NULL: nothing is asked for. False: that is nothing it knows. */
bool inject_init(const char *words);

/* A point; true if it is refused. Any context. */
bool inject_point(enum inject_kind kind);

static inline bool inject_refuses(enum inject_kind kind)
{
    return VARIANT_CHECKS && inject_on && inject_point(kind);
}

/*
 * A point that is an operation of its own: refused or skipped, nothing of it was
 * done.
 */
bool inject_point_alone(enum inject_kind kind);

static inline bool inject_refuses_alone(enum inject_kind kind)
{
    return VARIANT_CHECKS && inject_on && inject_point_alone(kind);
}

/*
 * Around an operation. False: it is not tried, *status is what it ends with, and
 * the exception is in the call (NULL: it cannot have one); inject_end is not
 * called then.
 */
bool inject_begins(struct server_call *call, int32_t *status);
void inject_ends(const struct server_call *call, int32_t status);

static inline bool inject_begin(struct server_call *call, int32_t *status)
{
    return !VARIANT_CHECKS || !inject_on || inject_begins(call, status);
}

static inline void inject_end(const struct server_call *call, int32_t status)
{
    if (VARIANT_CHECKS && inject_on) {
        inject_ends(call, status);
    }
}

/* Interrupts a CPU when this one next leaves the kernel after this time. */
void inject_late(uint32_t cpu);

/* Before other CPUs are flushed: if that is refused, they run on for a while. */
void inject_flush_late(void);

static inline void inject_flush(void)
{
    if (inject_refuses(INJECT_IPI)) {
        inject_flush_late();
    }
}

/* On the way out of the kernel. */
void inject_leave(struct cpu *cpu);

/* The machine is about to stop. */
void inject_final(void);

/* Shows all that counts, with a heading (inject_show.c). No lock held. */
void inject_show(const char *heading, uint64_t operations);

/* Writes a line to the log's port. */
void inject_say(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
