/*
 * input.h - what is typed, for the prompt and for commands that can be stopped.
 *
 * Bytes are read ahead only while a command watches for a key; otherwise the
 * console belongs to whatever program the shell runs. What was read ahead and
 * not used goes to the prompt.
 */
#ifndef CAPOS_SHELL_INPUT_H
#define CAPOS_SHELL_INPUT_H

#include "capos.h"

/* The next byte, waiting for it. 1, 0 at the end of input, or an ERR_*. */
int32_t input_byte(char *byte);

/*
 * Waits until a submitted call is done; Ctrl-C cancels it. Either way it has
 * ended when this returns; rpc->status says how. watch: false if the call is
 * itself a reader of the console.
 */
void input_await(struct rpc *rpc, bool watch);

/*
 * Waits that long, unless q or Ctrl-C is typed or the input ends: then false.
 * Other keys are swallowed.
 */
bool input_pause(uint64_t timer, uint64_t wait_ns);

#endif
