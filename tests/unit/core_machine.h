/*
 * core_machine.h - what fake_hal.c lacks for a whole kernel: user contexts and
 * memory, deadlines, the terminal; and a kernel heap out of malloc, so that
 * AddressSanitizer watches every kernel object.
 *
 * The heap takes the place of mem/heap.c. It counts blocks and refuses on
 * demand.
 */
#ifndef CAPOS_TESTS_CORE_MACHINE_H
#define CAPOS_TESTS_CORE_MACHINE_H

#include <setjmp.h>

#include "hal.h"
#include "proc/ledger.h"

extern const char *machine_input;   /* the terminal's bytes, until its NUL */
extern bool machine_input_ended;    /* end of file behind them */
extern uint32_t machine_heap_blocks;

#define MACHINE_WALL_NS 1000000000000ull /* UTC at boot */

/* From now on the allocation after `blocks` more is refused. */
void machine_refuse_heap(uint64_t blocks);

/*
 * Called once, when the core next asks for entropy: in the middle of making a
 * thread, no lock held. Other CPUs can act there.
 */
extern void (*machine_meanwhile)(void);

/*
 * The ledger of a test, empty and never freed, with that limit for each kind of
 * frames and plenty of all else; the frames charged to one; and the sum of all
 * that is charged, for comparing.
 */
struct ledger *machine_ledger(uint64_t frames);
uint64_t machine_frames(const struct ledger *ledger);
uint64_t machine_charged(const struct ledger *ledger);

/* Where hal_power_off goes: to the last setjmp here, with status + 1. */
extern jmp_buf machine_off;

#endif
