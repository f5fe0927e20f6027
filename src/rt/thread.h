/*
 * thread.h - the threads of a program, and how each finds its own ring.
 *
 * A thread's data (its ring client first of all) is found through the stack
 * pointer: the first thread's lies in the program's data, every other thread's
 * at the bottom of the aligned span that also holds its stack. That needs no
 * register, no TLS and no kernel entry at start. It asks one thing of programs:
 * a thread stays on the stack that it was given.
 *
 *   span, THREAD_SPAN_BYTES, aligned to its size
 *   0      struct thread, one page
 *   4096   reserved addresses: an overflowing stack faults here
 *   ...    stack, THREAD_STACK_BYTES, up to the end
 */
#ifndef CAPOS_RT_THREAD_H
#define CAPOS_RT_THREAD_H

#include <stdint.h>

#include "limits.h"
#include "ring_client.h"

#define THREAD_SPAN_BYTES (128u * 1024u)
#define THREAD_STACK_BYTES (64u * 1024u)

struct thread {
    struct ring_client client; /* first member */
    void (*run)(void *argument);
    void *argument;
    uint64_t handle; /* ThreadHandle, until joined */
    uint64_t id;
    void *reserved; /* the addresses that the span was cut from */
};

extern struct thread thread_first;
extern uintptr_t thread_first_stack;       /* its lowest byte */
extern uintptr_t thread_first_stack_bytes;

/* The calling thread. */
static inline struct thread *thread_self(void)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    if (here - thread_first_stack < thread_first_stack_bytes) {
        return &thread_first;
    }
    return (struct thread *)(here & ~(uintptr_t)(THREAD_SPAN_BYTES - 1));
}

/* The calling thread's ring. */
static inline struct ring_client *ring_self(void)
{
    return &thread_self()->client;
}

/* The transport that every generated stub is given. */
static inline struct transport *rt(void)
{
    return &thread_self()->client.transport;
}

/* Called once, by the entry code. ERR_BAD_RING: see ring_client_init. */
int32_t thread_init_first(const struct start_block *block);

/*
 * Starts a thread that runs run(argument) and then ends. *thread stays valid
 * until it is joined. 0, ERR_NOT_FOUND: no capability "self-threads";
 * ERR_OVERLOADED: memory, threads or addresses are used up; or what
 * ThreadControl.create says.
 */
int32_t thread_start(struct thread **thread, void (*run)(void *argument),
                     void *argument);

/*
 * The same with a word that becomes 0 when nothing is left of the thread, however
 * it ended; who is parked on it (sync_park.h) is woken. ERR_EXCEPTION also: the
 * word is not aligned or not writable.
 */
int32_t thread_start_word(struct thread **thread,
                          void (*run)(void *argument), void *argument,
                          sync_u32 *word);

/*
 * Waits until the thread has ended and takes its stack back; *code is what
 * thread_exit was given, 0 if run returned. 0 or an ERR_*; then the thread is
 * not joined.
 */
int32_t thread_join(struct thread *thread, int64_t *code);

/* Ends the calling thread; the last one's code becomes the process's. */
_Noreturn void thread_exit(int64_t code);

/*
 * The same, and when the thread has left its stack for good the kernel sets
 * *word to 0 and wakes who is parked on it (sync_park.h).
 */
_Noreturn void thread_exit_clear(int64_t code, sync_u32 *word);

#endif
