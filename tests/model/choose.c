/* choose.c - what operands mean, and how entries are made (play_ops.h). */
#include "play_ops.h"

#include <string.h>

/* ------------------------------------------------------------------- choosing */

/* The process that acts. */
uint32_t choose_actor(uint32_t number)
{
    uint32_t alive[PLAY_PROCESSES];
    uint32_t count = 0;

    for (uint32_t i = 1; i <= model_process_count; i++) {
        if (model_processes[i].alive) {
            alive[count++] = i;
        }
    }
    return alive[number % count];
}

/* An id that names nothing, though its slot may be in use. */
static uint64_t cap_of_nothing(const struct model_table *table, uint32_t number)
{
    uint32_t slot = number % (table->slots + 2);
    uint32_t generation =
        slot < table->slots ? table->at[slot].generation : 1;

    return slot | (uint64_t)(generation + (number & 8 ? 2 : UINT32_MAX)) << 32;
}

/*
 * The number-th capability of the process to an object of those kinds; sometimes
 * one that does not exist. 0: it has none.
 */
uint64_t choose_cap(uint32_t process, uint32_t kinds, uint32_t number)
{
    const struct model_table *table = &model_processes[process].table;
    uint64_t caps[MODEL_SLOTS];
    uint32_t count = 0;

    if (number >= 252) {
        return cap_of_nothing(table, number * 7 + play_step);
    }
    for (uint32_t slot = 0; slot < table->slots; slot++) {
        uint32_t object = table->at[slot].edge.object;

        if ((table->at[slot].generation & 1) &&
            (kinds & KIND(model_objects[object].kind))) {
            caps[count++] = slot | (uint64_t)table->at[slot].generation << 32;
        }
    }
    return count ? caps[number % count] : 0;
}

uint32_t choose_xfers(uint32_t process, struct model_xfer *xfers,
                             uint32_t most, uint32_t seed)
{
    uint64_t state = seed;
    uint32_t count = program_any(&state, most + 1);
    uint32_t chosen = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t any = program_any(&state, 16);
        uint64_t cap = choose_cap(
            process,
            any < 14 ? KIND(MODEL_ENDPOINT) | KIND(MODEL_FACET) |
                           KIND(MODEL_PROCESS) | KIND(MODEL_REVOKER)
                     : ANY_KIND,
            program_any(&state, 255));

        if (cap) {
            xfers[chosen++] = (struct model_xfer){
                .cap = cap,
                /* Init must keep its roots where they are. */
                .mode = any % 3 == 0 &&
                        (process != 1 || (uint32_t)cap > fixture_image),
                .flags = program_any(&state, 8) ? 0 : program_any(&state, 5)};
        }
    }
    return chosen;
}

/* ---------------------------------------------------------------- submitting */

struct actor *actor_of(uint32_t process)
{
    return &actors[process];
}

void play_submit(uint32_t process, struct sqe *sqe)
{
    sqe->user_data = play_step;
    player_submit(&actor_of(process)->player, sqe);
}

/* An area that no call in flight has; PLAY_AREAS: all are in use. */
uint32_t area_choose(const struct actor *actor)
{
    uint32_t area = 0;

    while (area < PLAY_AREAS && actor->areas[area]) {
        area++;
    }
    return area;
}

/* Writes payload and descriptors at an area; fills in the entry. */
void play_message(const struct actor *actor, struct sqe *sqe,
                        uint32_t area, const struct model_xfer *xfers,
                        uint32_t count)
{
    uint64_t at = actor->player.scratch + area;
    uint64_t payload[2] = {play_step, ~(uint64_t)play_step};
    struct ring_xfer written[MESSAGE_CAPS_MAX] = {{0}};

    for (uint32_t i = 0; i < count; i++) {
        written[i] = (struct ring_xfer){xfers[i].cap, xfers[i].mode,
                                        xfers[i].flags};
    }
    player_write(&actor->player, at, written, count * sizeof(written[0]));
    player_write(&actor->player, at + PAYLOAD_AT, payload, sizeof(payload));
    sqe->memory.params = at + PAYLOAD_AT;
    sqe->memory.params_len = sizeof(payload);
    sqe->memory.ncaps = count;
    sqe->memory.xfers = count ? at : 0;
}

/* A call of a kernel object's method with words as params. */
void play_words(uint32_t process, uint64_t cap, uint64_t interface_id,
                         uint16_t method, uint64_t word0, uint64_t word1,
                         uint64_t word2)
{
    struct sqe sqe = player_call_sqe(
        &actor_of(process)->player, cap, interface_id, method,
        (const uint64_t[4]){word0, word1, word2, 0});

    play_submit(process, &sqe);
}
