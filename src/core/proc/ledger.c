/*
 * ledger.c - quotas by compare and swap (ledger.h).
 *
 * Invariant: used[kind] <= limit[kind], at any moment and on any CPU.
 */
#include "proc/ledger.h"

#include <stddef.h>

#include "fail.h"
#include "mem/heap.h"

void ledger_init(struct ledger *ledger, const uint64_t limits[LEDGER_KINDS])
{
    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        sync_store64(&ledger->used[kind], 0);
        ledger->limit[kind] = limits[kind];
    }
    sync_store(&ledger->references, 1);
}

struct ledger *ledger_create(const uint64_t limits[LEDGER_KINDS])
{
    struct ledger *ledger = heap_alloc(sizeof(*ledger));

    if (ledger) {
        ledger_init(ledger, limits);
    }
    return ledger;
}

struct ledger *ledger_get(struct ledger *ledger)
{
    ASSERT(sync_add(&ledger->references, 1) != 0);
    return ledger;
}

void ledger_put(struct ledger *ledger)
{
    uint32_t before = sync_sub(&ledger->references, 1);

    ASSERT(before != 0);
    if (before != 1) {
        return;
    }
    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        ASSERT(sync_load64(&ledger->used[kind]) == 0);
    }
    heap_free(ledger);
}

int32_t ledger_charge(struct ledger *ledger, enum ledger_kind kind,
                      uint64_t amount)
{
    uint64_t used = sync_load64(&ledger->used[kind]);

    do {
        if (amount > ledger->limit[kind] - used) {
            return FAIL(ERR_OVERLOADED, "over the ledger's limit");
        }
    } while (!sync_cas64(&ledger->used[kind], &used, used + amount));
    return 0;
}

void ledger_refund(struct ledger *ledger, enum ledger_kind kind,
                   uint64_t amount)
{
    /* Adding the two's complement subtracts. */
    uint64_t before = sync_add64(&ledger->used[kind], 0 - amount);

    ASSERT(before >= amount);
}

uint64_t ledger_used(const struct ledger *ledger, enum ledger_kind kind)
{
    return sync_load64(&ledger->used[kind]);
}
