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

extern const char *machine_input;   /* the terminal's bytes, until its NUL */
extern bool machine_input_ended;    /* end of file behind them */
extern uint32_t machine_heap_blocks;

/* From now on the allocation after `blocks` more is refused. */
void machine_refuse_heap(uint64_t blocks);

/*
 * Called once, when the core next asks for entropy: in the middle of making a
 * thread, no lock held. Other CPUs can act there.
 */
extern void (*machine_meanwhile)(void);

/* Where hal_power_off goes: to the last setjmp here, with status + 1. */
extern jmp_buf machine_off;

#endif
