/*
 * ledger.h - who pays: what may be held at most, and what is held.
 *
 * A ledger is the object behind a Ledger capability. Everything is charged
 * before it is taken and refunded after it was given back, so used <= limit
 * holds at any moment, on any CPU. All ledgers but the machine's stand below
 * another one: the limits of a child are taken from its parent, where they are
 * charged like anything else, and go back when the child has gone. A closed
 * ledger (its process has ended) gives back at once what is not in use, and the
 * rest as it is refunded; nothing can be charged to it any more.
 *
 * A ledger lives while references remain: its process has one, and so has
 * whatever was charged to it and may live longer (a memory object in another
 * process's hands, an address space that is being taken apart, its children).
 * What a process makes in the kernel's heap is charged as LEDGER_OBJECTS:
 * objects by object_create (object.h), anything else by ledger_alloc.
 */
#ifndef CAPOS_CORE_LEDGER_H
#define CAPOS_CORE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cap/object.h"
#include "list.h"
#include "sync.h"

struct process;

enum ledger_kind {
    LEDGER_PAGES,     /* frames of data: anonymous memory, memory objects */
    LEDGER_TABLES,    /* frames of page tables */
    LEDGER_VIRTUAL,   /* pages of address space, mapped or reserved */
    LEDGER_THREADS,   /* threads alive */
    LEDGER_PROCESSES, /* processes alive that this ledger pays */
    LEDGER_CAPS,      /* slots of the capability table */
    LEDGER_RINGS,     /* frames of rings, start blocks, CapSets */
    LEDGER_CALLS,     /* call records */
    LEDGER_OBJECTS,   /* bytes of kernel heap */
    LEDGER_SCRATCH,   /* frames shown instead of revoked memory */
    LEDGER_LOG_BYTES, /* bytes kept in logs */
    LEDGER_WEIGHT,    /* of threads: shares of the CPU */
    LEDGER_KINDS,
};

/* Ledgers below each other, at most: bounds what the end of one brings about. */
#define LEDGER_DEPTH_MAX 32u

struct ledger {
    struct object object;  /* Ledger; its bytes are charged to parent */
    struct ledger *parent; /* object.ledger; NULL: the machine's */
    uint32_t depth;
    sync_u32 closed;
    sync_u64 left[LEDGER_KINDS];
    sync_u64 limit[LEDGER_KINDS]; /* falls when closed, else constant */
    /* The tree, under the lock of all ledgers. */
    struct process *owner; /* whose ledger it is, until that has ended */
    struct list children;  /* below it and not yet closed */
    struct list_node link;
};

extern const struct object_type ledger_type;

/* Its name in usage and in manifests. */
const char *ledger_kind_name(enum ledger_kind kind);

/*
 * The limit where none is asked for, of a ledger paid by one with limit
 * `payer`: limits.h says how it is made.
 */
uint64_t ledger_default(enum ledger_kind kind, uint64_t payer);

/* Once, at boot. */
void ledger_tree_init(void);

/*
 * The limits of the machine's ledger, with so many frames free: such that nobody
 * is refused for lack of frames who has room in his ledger.
 */
void ledger_machine(uint64_t frames, uint64_t limits[LEDGER_KINDS]);

/* Makes an empty ledger with one reference, in memory of the caller's. */
void ledger_init(struct ledger *ledger, const uint64_t limits[LEDGER_KINDS]);

/*
 * Makes an empty ledger with one reference, its limits taken from parent (NULL:
 * the machine's), all of them or none. ERR_OVERLOADED: parent has not so much
 * left, or there are LEDGER_DEPTH_MAX above it. ERR_DISCONNECTED: parent is
 * closed. ERR_NO_MEMORY.
 */
int32_t ledger_create(struct ledger *parent,
                      const uint64_t limits[LEDGER_KINDS],
                      struct ledger **out);

/* Adds a reference and returns the ledger. */
struct ledger *ledger_get(struct ledger *ledger);

/*
 * Gives a reference up. The last one ends the ledger, in which nothing may be
 * charged any more: its limits go back to the parent. Any lock may be held that
 * comes before LOCK_LEDGER.
 */
void ledger_put(struct ledger *ledger);

/*
 * Charges amount of kind, or nothing. ERR_OVERLOADED: it would go over the
 * limit. Any context; no lock.
 */
int32_t ledger_charge(struct ledger *ledger, enum ledger_kind kind,
                      uint64_t amount);

/* Takes back part of what was charged. Any context; no lock. */
void ledger_refund(struct ledger *ledger, enum ledger_kind kind,
                   uint64_t amount);

/* What is charged at this moment, and what may be. */
uint64_t ledger_used(const struct ledger *ledger, enum ledger_kind kind);
uint64_t ledger_limit(const struct ledger *ledger, enum ledger_kind kind);

/* What is charged but for the limits of the open ledgers below it. */
uint64_t ledger_used_itself(struct ledger *ledger, enum ledger_kind kind);

/*
 * A zeroed block of the heap, charged to the ledger as LEDGER_OBJECTS (NULL: the
 * kernel's own). ERR_OVERLOADED; ERR_NO_MEMORY. Who frees it says the same bytes
 * again.
 */
int32_t ledger_alloc(struct ledger *ledger, size_t bytes, void **out);
void ledger_free(struct ledger *ledger, size_t bytes, void *block);

/*
 * Says whose ledger it is. ERR_DISCONNECTED: it is closed already, because
 * whoever pays it has ended. NULL: nobody's any more.
 */
int32_t ledger_own(struct ledger *ledger, struct process *owner);

/*
 * Closes a ledger. No effect on one that is closed. Whoever does it closes what is
 * below: nobody else finds that from above any more.
 */
void ledger_close(struct ledger *ledger);

/*
 * Closes one ledger below a closed one; false: there is none left. *owner is its
 * process with a reference, or NULL.
 */
bool ledger_close_below(struct ledger *ledger, struct process **owner);

#endif
