/* host_input.h - the main thread's end of the pipe for live input. */
#ifndef SIM_HOST_INPUT_H
#define SIM_HOST_INPUT_H

#include <stdbool.h>
#include <stddef.h>

/* True if the pipe takes more. */
bool host_input_room(void);

/* Passes on what was received; size 0: the end of input. */
void host_input_push(const void *bytes, size_t size);

#endif
