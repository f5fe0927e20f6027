/*
 * play.h - carries programs out, on the kernel and on the model in lockstep.
 *
 * The kernel is the whole one, on the unit tests' machine of arrays
 * (core_fixture.h); init and the processes it spawns, seven at a time, are
 * played. After every operation each program's completions must be those that the
 * model expects; every PLAY_COMPARE_EVERY operations all tables, ledgers and
 * objects must be the model's (state.c).
 */
#ifndef CAPOS_TESTS_MODEL_PLAY_H
#define CAPOS_TESTS_MODEL_PLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "core_fixture.h"
#include "model.h"
#include "program.h"

#define PLAY_COMPARE_EVERY 16u
#define PLAY_PROCESSES 8u /* alive at a time */
#define PLAY_AREAS 24u
#define PLAY_PAYLOAD 16u
#define PLAY_METHOD 5u
#define PLAY_KNOWN 4u /* roots that every process is born with */

/* One process: what the driver keeps of it. */
struct actor {
    bool attached;
    struct player player;
    uint64_t areas[PLAY_AREAS]; /* user_data of the call that has it, or 0 */
};

extern struct actor actors[MODEL_PROCESSES + 1]; /* by the model's index */
extern uint64_t play_call_ids[MODEL_CALLS + 1]; /* the kernel's, by call */
extern uint64_t play_done[OP_KINDS];    /* operations that were carried out */

/* Boots both, runs the program and ends; does not return on a divergence. */
void play_run(const struct program *program);

/* Says what differs, where in the program, and ends this program of the host. */
_Noreturn void play_differs(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Compares all of the kernel with all of the model (state.c). */
void state_begin(void);
void state_compare(void);

/* Compares what is in all completion queues with what is expected (answers.c). */
void answers_compare(bool any_order);
/* The same for one completion of a process. */
void answer_compare(uint32_t process, const struct cqe *cqe);

#endif
