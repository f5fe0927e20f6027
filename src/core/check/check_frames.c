/*
 * check_frames.c - every frame that is not free is paid for: what is charged in all
 * ledgers, with the heap's pages and what the kernel took for itself at boot, is what
 * the machine's frames lack.
 *
 * This is exact for frames, whoever holds the memory object that has them. What a
 * closed ledger still has is charged to the one above it, so the open ones have it
 * all; they hang below the first process's, but for those below a process that ends
 * at this moment: with it, their whole limits count as charged above.
 */
#include "check/authority_check.h"
#include "mem/frames.h"
#include "mem/heap.h"
#include "proc/process.h"

/* Frames as which of several kinds they may be charged. */
static uint64_t frames_sum(struct ledger *ledger,
                           uint64_t (*of)(struct ledger *, enum ledger_kind))
{
    return of(ledger, LEDGER_PAGES) + of(ledger, LEDGER_TABLES) +
           of(ledger, LEDGER_RINGS) + of(ledger, LEDGER_SCRATCH);
}

static uint64_t frames_used(struct ledger *ledger, enum ledger_kind kind)
{
    return ledger_used(ledger, kind);
}

/* In a ledger and all below it; LEDGER_DEPTH_MAX bounds this. */
static uint64_t frames_charged(struct ledger *ledger)
{
    uint64_t charged = frames_sum(ledger, ledger_used_itself);

    authority_looks++;
    for (struct list_node *node = list_first(&ledger->children); node;
         node = list_next(&ledger->children, node)) {
        charged += frames_charged(container_of(node, struct ledger, link));
    }
    return charged;
}

uint64_t check_frames_own;

void check_frames(struct process *first)
{
    static bool known;
    struct ledger *top = first ? first->ledger : NULL;
    uint64_t taken = frames_total() - frames_available();
    uint64_t charged;
    uint64_t heap;

    if (!top || top->parent) {
        return; /* the first process has ended, and takes all others with it */
    }
    charged = frames_charged(top);
    for (struct process *process = first; process;
         process = process_next(process)) {
        if (process->ledger && sync_load(&process->ledger->closed)) {
            charged += frames_charged(process->ledger) -
                       frames_sum(process->ledger, frames_used);
        }
    }
    (void)heap_use(UINT32_MAX, &heap);
    if (!known) {
        check_frames_own = taken - charged - heap;
        known = true;
    }
    authority_must(taken == charged + heap + check_frames_own,
                   "frames are taken that nobody pays for, or paid for twice",
                   0, taken - charged - heap - check_frames_own);
}
