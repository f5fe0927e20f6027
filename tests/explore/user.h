/*
 * user.h - what the programs of scenarios are written with.
 *
 * A program is a C function on a stack of its own; a context finds it by the
 * first argument word of its start block. It uses libcapos' ring client on its
 * real ring. Its other memory is in its window: addresses there are numbers,
 * which user_load and user_store reach as the CPU would, faults included.
 *
 * Functions that make an operation and wait for it fail the schedule if it does
 * not end as it must in a sound setup; the ones that scenarios are about come in
 * two parts, _begin and user_await, or return the result.
 */
#ifndef CAPOS_EXPLORE_USER_H
#define CAPOS_EXPLORE_USER_H

#include "explore.h"
#include "ring_client.h"
#include "start.h"

struct machine_user;
struct wire_builder;

struct user {
    struct ring_client ring; /* first member */
    struct start_block start;
    struct machine_user *machine;
    uint64_t memory; /* first address of the stack: the program's to use */
};

/* An operation in flight; where its result goes lies in the window. */
struct user_op {
    struct rpc rpc;
    uint64_t result; /* address */
};

typedef void user_program(struct user *self);

/* Ends the schedule unless it is so. */
#define USER_EXPECT(condition)                                                 \
    do {                                                                       \
        if (!(condition)) {                                                    \
            explore_fail("expectation", "%s:%d: %s", __FILE__, __LINE__,       \
                         #condition);                                          \
        }                                                                      \
    } while (0)

/* The same, telling a value. */
#define USER_EQUAL(value, wanted)                                              \
    do {                                                                       \
        long long value_ = (long long)(value);                                 \
                                                                               \
        if (value_ != (long long)(wanted)) {                                   \
            explore_fail("expectation", "%s:%d: %s is %lld, not %s", __FILE__, \
                         __LINE__, #value, value_, #wanted);                   \
        }                                                                      \
    } while (0)

/* ------------------------------------------------------------ for the machine */

/* Writes the boot package and returns its bytes. */
uint64_t user_package(unsigned char *to);

/* The first thing on a program's stack. */
_Noreturn void user_main(struct machine_user *machine);

/* ------------------------------------------------------------------ scenarios */

/*
 * Waits (by yielding) until `programs` others have called this too; then, in one
 * of them, exploration begins. Everything before is setup.
 */
void user_line(struct user *self, uint32_t programs);

/* Says that this program has done all that the scenario wants of it. */
void user_done(void);

/* How many must have said so when nothing moves any more. */
void user_wanted(uint32_t programs);

/*
 * Says that what follows in this program, its end or another's, is not what the
 * scenario is about: when `programs` have said so there are no more choices.
 */
void user_over(uint32_t programs);

/*
 * For the first process, at its end: no more choices, everything given back,
 * and the books compared with those at the start of the scenario.
 */
void user_finish(struct user *self);

/*
 * The same, when a process is left: once nothing moves it is killed. What it and
 * others do at their ends is explored by scenarios of its own.
 */
void user_finish_without(struct user *self, uint64_t process);

/* Waits until everybody else waits, or so long if there is a deadline before. */
void user_sleep(struct user *self, uint64_t time_ns);

/* ----------------------------------------------------------------- operations */

/* A capability of the CapSet. */
uint64_t user_cap(const struct user *self, const char *name);

/* A call of a kernel object or a service, in the form of the schema. */
void user_call_begin(struct user *self, struct user_op *op, uint64_t cap,
                     uint64_t interface_id, uint16_t method, uint64_t word0,
                     uint64_t word1, uint64_t word2);
int32_t user_await(struct user *self, struct user_op *op);
int32_t user_call(struct user *self, uint64_t cap, uint64_t interface_id,
                  uint16_t method, uint64_t word0, uint64_t word1,
                  uint64_t word2);

/* A call whose params are a message; one at a time for a thread. */
void user_message_begin(struct user *self, struct user_op *op, uint64_t cap,
                        uint64_t interface_id, uint16_t method,
                        const struct wire_builder *builder);

/* The index-th capability of a result. */
uint64_t user_result_cap(const struct user *self, const struct user_op *op,
                         uint32_t index);

struct user_grant {
    const char *name;
    uint64_t cap;
};

/* Starts a process with up to `count` grants; its ProcessHandle, or an error. */
int64_t user_spawn(struct user *self, user_program *program,
                   const struct user_grant *grants, uint32_t count);

/* Starts a thread, numbered from 1 on, of this process; its ThreadHandle. */
uint64_t user_thread(struct user *self, user_program *program,
                     uint32_t number);

/* Starts a spawn without waiting for it. */
void user_spawn_begin(struct user *self, struct user_op *op,
                      user_program *program, const struct user_grant *grants,
                      uint32_t count);

uint64_t user_endpoint(struct user *self);
uint64_t user_mint(struct user *self, uint64_t endpoint, uint64_t tag);
int32_t user_release(struct user *self, uint64_t cap);
int32_t user_kill(struct user *self, uint64_t process);
int32_t user_wait(struct user *self, uint64_t process);
int32_t user_join(struct user *self, uint64_t thread);

void user_park_begin(struct user *self, struct user_op *op, uint64_t address,
                     uint32_t expected, uint64_t timeout_ns);
int32_t user_unpark(struct user *self, uint64_t address, uint32_t count);
int32_t user_cancel(struct user *self, const struct user_op *victim);

/* Arms a receive of inline calls. */
void user_recv_begin(struct user *self, struct user_op *op, uint64_t endpoint,
                     uint32_t credits);

/* The same for calls whose params lie in memory: slots of 128 bytes at area. */
void user_recv_memory_begin(struct user *self, struct user_op *op,
                            uint64_t endpoint, uint32_t credits,
                            uint64_t area);

/* Echo.reverse of what lies at `text`, its result in memory. */
void user_reverse_begin(struct user *self, struct user_op *op, uint64_t cap,
                        uint64_t text, uint32_t bytes);

/* Waits for a delivery or a completion and takes it from the ring. */
struct cqe user_next(struct user *self);

/* Queues a RETURN with an inline result; it is quiet unless it fails. */
void user_return(struct user *self, uint64_t call_id, uint64_t word);

/* Enters, so that the kernel sees what was queued. */
void user_submit(struct user *self);

/* Fresh pages, mapped readable and writable. */
uint64_t user_map(struct user *self, uint64_t pages);

/* --------------------------------------------------------------------- memory */

uint32_t user_load(struct user *self, uint64_t address);
void user_store(struct user *self, uint64_t address, uint32_t value);

/* Computes for ever without entering the kernel. */
_Noreturn void user_compute(struct user *self);

/* Ends the process. */
_Noreturn void user_exit(struct user *self, int64_t code);

/* Ends this thread. */
_Noreturn void user_thread_exit(struct user *self);

#endif
