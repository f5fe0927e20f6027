/* run.c - whole programs (play.h). */
#include <stdarg.h>

#include "play_ops.h"

struct actor actors[MODEL_PROCESSES + 1];
uint64_t play_call_ids[MODEL_CALLS + 1];
uint64_t play_done[OP_KINDS];
uint32_t play_step;

_Noreturn void play_differs(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    fprintf(stderr, "operation %u: ", play_step);
    vfprintf(stderr, format, list);
    fprintf(stderr, "\n");
    va_end(list);
    exit(1);
}

static bool (*const plays[OP_KINDS])(uint32_t process, const struct op *op) = {
    [OP_SPAWN] = play_spawn,       [OP_EXIT] = play_exit,
    [OP_KILL] = play_kill,         [OP_WAIT] = play_wait,
    [OP_RELEASE] = play_release,   [OP_ENDPOINT] = play_endpoint,
    [OP_MINT] = play_mint,         [OP_CLOSE] = play_close,
    [OP_RECV] = play_recv,         [OP_CALL] = play_call,
    [OP_RETURN] = play_return,     [OP_CANCEL] = play_cancel,
    [OP_REVOKER] = play_revoker,   [OP_ATTACH] = play_attach,
    [OP_REVOKE] = play_revoke,
};

/* Lets go of the processes that ended with this operation. */
static void sweep(void)
{
    for (uint32_t i = 1; i <= model_process_count; i++) {
        if (!actors[i].attached || model_processes[i].alive) {
            continue;
        }
        if (process_state(actors[i].player.process) != PROCESS_ENDED) {
            play_differs("process %llu has not ended",
                         (unsigned long long)model_processes[i].id);
        }
        player_detach(&actors[i].player);
        actors[i].attached = false;
    }
}

static void play_op(const struct op *op)
{
    uint32_t process = choose_actor(op->actor);
    bool any_order = op->kind == OP_KILL || op->kind == OP_EXIT ||
                     op->kind == OP_REVOKE;

    if (plays[op->kind](process, op)) {
        play_done[op->kind]++;
        answers_compare(any_order);
        sweep();
    }
}

/* Init receives no more. */
static void disarm_all(void)
{
    for (uint32_t i = 0; i < MODEL_RECEIVES; i++) {
        const struct model_receive *receive = &model_processes[1].receives[i];
        struct sqe sqe = {.opcode = RING_CANCEL,
                          .words = {receive->user_data}};

        if (receive->endpoint && !receive->ending) {
            play_submit(1, &sqe);
            model_cancel(1, sqe.words[0], play_step);
            answers_compare(true);
            play_step++;
        }
    }
}

/* Init answers what it has received, so that its receives can end. */
static void return_all(void)
{
    for (uint32_t i = 0; i < MODEL_RECEIVES; i++) {
        const struct model_list *busy = &model_processes[1].receives[i].busy;

        while (busy->count) {
            uint32_t call = busy->items[0];
            struct sqe sqe = {.opcode = RING_RETURN, .flags = RING_EXCEPTION,
                              .cap = play_call_ids[call]};

            sqe.flags = model_calls[call].notice ? RING_INLINE : sqe.flags;
            play_submit(1, &sqe);
            model_raise(1, call, play_step);
            answers_compare(true);
            play_step++;
        }
    }
}

/* Init gives back all that it was not born with, on both sides. */
static void give_back(void)
{
    const struct model_table *table = &model_processes[1].table;

    for (uint32_t slot = (uint32_t)fixture_image + 1; slot < table->slots;
         slot++) {
        struct sqe sqe = {.opcode = RING_RELEASE,
                          .cap = slot | (uint64_t)table->at[slot].generation
                                            << 32};
        int32_t error;

        if (table->at[slot].generation & 1) {
            play_submit(1, &sqe);
            error = model_release(1, sqe.cap);
            (void)model_expect(1, play_step, error);
            answers_compare(true);
            play_step++;
        }
    }
}

static void play_end(void)
{
    disarm_all();
    return_all();
    give_back();
    state_compare();
    for (uint32_t i = 2; i <= model_process_count; i++) {
        if (actors[i].attached) {
            player_detach(&actors[i].player);
        }
    }
    fixture_init = actors[1].player;
    fixture_end();
}

void play_run(const struct program *program)
{
    fixture_begin();
    model_reset();
    state_begin();
    for (play_step = 1; play_step <= program->count; play_step++) {
        play_op(&program->ops[play_step - 1]);
        if (play_step % PLAY_COMPARE_EVERY == 0 || play_step == program->count) {
            state_compare();
        }
    }
    play_end();
}
