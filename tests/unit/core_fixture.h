/*
 * core_fixture.h - the whole kernel in a test: booted from a small package on
 * the machine of arrays, its user programs played by the test.
 *
 * A player is one user thread. It writes SQEs into its ring with player_push,
 * enters the kernel as core_on_syscall would be called, and reads CQEs. Only a
 * thread that the kernel has resumed can enter: player_go makes others wait
 * (with a timeout, so that they come back) until the player is such a one. The
 * test then acts as the CPU that has it. One CPU is inside the kernel at a time,
 * and interrupts between CPUs come when the test delivers them.
 *
 * fixture_begin boots and plays init; fixture_end ends every other process,
 * gives back what init took, and fails the test unless frames, ledgers, kernel
 * heap and init's capability table are as they were. core_check.h's invariants
 * hold after every entry.
 */
#ifndef CAPOS_TESTS_CORE_FIXTURE_H
#define CAPOS_TESTS_CORE_FIXTURE_H

#include <check.h>
#include <stdlib.h>

#include "capos.gen.h"
#include "core_machine.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "sched/cpu.h"
#include "start.h"

#define SCRATCH_RESULTS 0u     /* offsets in the main stack of a player */
#define SCRATCH_PARAMS 0x4000u
#define SCRATCH_FREE 0x8000u   /* from here on the test's own */
#define SCRATCH_BYTES 0x10000u /* stack that a spawned player has */

#define PLAYER_WAITS INT64_MIN /* player_enter: the thread waits now */

struct player {
    struct process *process; /* one reference */
    struct thread *thread;   /* one reference */
    struct ring_header *ring;
    struct sqe *sq; /* the program may have overwritten the header */
    struct cqe *cq;
    uint32_t sq_mask;
    uint32_t cq_mask;
    uint64_t scratch;
    uint64_t handle; /* CapId of its ProcessHandle with its parent */
    uint32_t sq_tail;
    uint32_t cq_head;
};

struct fixture_grant {
    const char *name;
    uint64_t cap; /* the parent's */
};

/* What fixture_spawn asks; all 0 is fine. */
struct fixture_request {
    struct fixture_grant grants[8]; /* up to the first without a name */
    uint64_t pages;
    uint32_t threads;
    uint32_t caps;
    uint32_t processes;
    uint64_t limits[LEDGER_KINDS]; /* instead of these four, if not 0 */
    uint64_t ledger;               /* the parent's CapId of who pays */
    uint32_t sq_entries;
    uint32_t cq_entries;
    uint32_t weight;
    uint32_t cpu_hint;
    uint32_t result_len; /* 0: plenty */
    uint64_t image;      /* 0: fixture_image */
};

extern struct player fixture_init; /* the first process */
extern uint64_t fixture_image;     /* init's MemoryObject of a program */

void fixture_begin(void); /* one CPU */
void fixture_begin_on(uint32_t cpus);
void fixture_end(void);

/* Delivers an interrupt by another CPU, if one waits for this one. */
bool fixture_attend_cpu(uint32_t cpu);

/* Delivers all of them, also those that come of it. */
void fixture_attend(void);

/* The first process with an id above after; NULL: none. */
struct process *fixture_process(uint64_t after);

/* The number of the CPU that has resumed the thread; FIXTURE_NO_CPU: none. */
#define FIXTURE_NO_CPU UINT32_MAX
uint32_t fixture_cpu_of(const struct thread *thread);

/* Makes this the point to which fixture_end must come back. */
void fixture_mark(void);

/*
 * One tick at the first deadline of all CPUs, when everybody waits or somebody
 * computes; acts as that CPU.
 */
void fixture_tick(void);

/* Init waits for so long; the interrupts that come of that are delivered. */
void fixture_sleep(uint64_t length_ns);

/* ----------------------------------------------------------------- players */

/* The CapId under that name in the process's CapSet. */
uint64_t player_cap(const struct player *player, const char *name);

/* A view of user memory, which must be mapped. */
void player_write(const struct player *player, uint64_t va, const void *bytes,
                  size_t size);
void player_read(const struct player *player, uint64_t va, void *bytes,
                 size_t size);

/* Waits until the kernel resumes the player's thread. */
void player_go(struct player *player);

/* True if the kernel has resumed it, on any CPU. */
bool player_current(const struct player *player);

void player_push(struct player *player, const struct sqe *sqe);

/*
 * Enters, on the CPU that has the player, which must be current. The gate's
 * result, or PLAYER_WAITS.
 */
int64_t player_enter(struct player *player, uint64_t min_complete,
                     uint64_t timeout_ns);

/* Enters for one completion that is not there yet: the thread waits now. */
void player_wait(struct player *player, uint64_t timeout_ns);

/* push, go and enter (polling). */
void player_submit(struct player *player, const struct sqe *sqe);

bool player_pop(struct player *player, struct cqe *cqe);

/* Pops a completion, which must be there and have this user_data. */
struct cqe player_expect(struct player *player, uint64_t user_data);

/* submit and expect; for operations that complete at once. Its result. */
int32_t player_do(struct player *player, const struct sqe *sqe);

/* CALL of a kernel object in the form that the schema says. */
struct sqe player_call_sqe(const struct player *player, uint64_t cap,
                           uint64_t interface_id, uint16_t method,
                           const uint64_t words[4]);

/* The same with a message as params, which is written to SCRATCH_PARAMS. */
struct sqe player_message_sqe(const struct player *player, uint64_t cap,
                              uint64_t interface_id, uint16_t method,
                              const struct wire_builder *builder);

/* player_call_sqe, submit, expect: the completion. */
struct cqe player_call(struct player *player, uint64_t cap,
                       uint64_t interface_id, uint16_t method, uint64_t word0,
                       uint64_t word1, uint64_t word2);

/* The index-th capability that came with a result in memory; 0: none. */
uint64_t player_result_cap(const struct player *player,
                           const struct cqe *cqe, uint32_t index);

/* ------------------------------------------------------------------- things */

/* SPAWN by the parent; its result. On success *child is ready to play. */
struct cqe fixture_try_spawn(struct player *parent,
                             const struct fixture_request *request,
                             struct player *child);
void fixture_spawn(struct player *parent,
                   const struct fixture_request *request,
                   struct player *child);

/* Begins to play a thread. */
void player_attach(struct player *player, struct thread *thread);

/* Lets go of the structs; the process lives on. */
void player_detach(struct player *player);

/* The same for those among them that are played. */
void players_detach(struct player *players, uint32_t count);

/* A second thread of the player's process on the upper half of its stack. */
uint64_t fixture_thread(struct player *player, struct player *second);

/* The same with a cpuHint; its completion. */
struct cqe fixture_try_thread(struct player *player, uint32_t cpu_hint,
                              struct player *second);

uint64_t fixture_notification(struct player *player);

/* Maps anonymous pages of its own, with that enum protection; where they are. */
uint64_t player_map(struct player *player, uint32_t pages,
                    uint32_t protection);
void player_unmap(struct player *player, uint64_t va, uint32_t pages);

/* A new endpoint; the owner's CapId. */
uint64_t fixture_endpoint(struct player *player);
uint64_t fixture_mint(struct player *player, uint64_t endpoint, uint64_t tag,
                      uint32_t queue_limit);

void fixture_release(struct player *player, uint64_t cap);
void fixture_kill(struct player *player, uint64_t handle, int64_t code);

#endif
