/*
 * enter.h - cap_enter: consume submissions, then wait for completions.
 */
#ifndef CAPOS_CORE_RING_ENTER_H
#define CAPOS_CORE_RING_ENTER_H

#include <stdint.h>

struct thread;

/*
 * The system call of the current thread (start.h says what it promises). An
 * interrupt that waits cuts a deep drain short: the gate then returns what is
 * available, though less than asked, and the program enters again.
 */
void ring_enter(struct thread *thread, uint64_t min_complete,
                uint64_t timeout_ns);

#endif
