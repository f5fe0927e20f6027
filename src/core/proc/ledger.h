/*
 * ledger.h - what a process may hold at most, and what it holds.
 *
 * Everything is charged before it is taken and refunded after it is given
 * back, so used <= limit holds at any moment. A ledger is counted: its process
 * holds one reference, and so does whatever was charged to it and may live
 * longer (a memory object in another process's hands, an address space that is
 * being taken apart). All functions may be called from any context; no locks.
 */
#ifndef CAPOS_CORE_LEDGER_H
#define CAPOS_CORE_LEDGER_H

#include <stdint.h>

#include "sync.h"

enum ledger_kind {
    LEDGER_PAGES,     /* frames: data, rings, page tables */
    LEDGER_THREADS,   /* threads alive */
    LEDGER_CAPS,      /* slots of the capability table */
    LEDGER_PROCESSES, /* children alive */
    LEDGER_KINDS,
};

struct ledger {
    sync_u64 used[LEDGER_KINDS];
    uint64_t limit[LEDGER_KINDS];
    sync_u32 references;
};

/* Makes an empty ledger with one reference, in memory of the caller's. */
void ledger_init(struct ledger *ledger, const uint64_t limits[LEDGER_KINDS]);

/* Makes an empty ledger with one reference. NULL: the heap is exhausted. */
struct ledger *ledger_create(const uint64_t limits[LEDGER_KINDS]);

/* Adds a reference and returns the ledger. */
struct ledger *ledger_get(struct ledger *ledger);

/*
 * Gives a reference up. The last one frees a ledger of ledger_create, in which
 * nothing may be charged any more.
 */
void ledger_put(struct ledger *ledger);

/*
 * Charges amount of kind, or nothing. ERR_OVERLOADED: it would go over the
 * limit.
 */
int32_t ledger_charge(struct ledger *ledger, enum ledger_kind kind,
                      uint64_t amount);

/* Takes back part of what was charged. */
void ledger_refund(struct ledger *ledger, enum ledger_kind kind,
                   uint64_t amount);

/* What is charged at this moment. */
uint64_t ledger_used(const struct ledger *ledger, enum ledger_kind kind);

#endif
