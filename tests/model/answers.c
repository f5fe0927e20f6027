/* answers.c - completions: what the model expects and what the kernel gave. */
#include <string.h>

#include "play.h"

#define RESULT_AREA(index) (0x8000u + 0x100u * (index))

/* The area of the call with that user_data, which is free again; or none. */
static uint64_t area_take(struct actor *actor, uint64_t user_data)
{
    for (uint32_t i = 0; i < PLAY_AREAS; i++) {
        if (actor->areas[i] == user_data) {
            actor->areas[i] = 0;
            return actor->player.scratch + RESULT_AREA(i);
        }
    }
    return actor->player.scratch + SCRATCH_RESULTS;
}

/* NULL, or what is wrong with capabilities at that address. */
static const char *caps_wrong(const struct actor *actor, uint64_t va,
                              const struct model_cqe *expected,
                              const struct cqe *cqe)
{
    uint64_t caps[MESSAGE_CAPS_MAX];
    uint32_t count = cqe->flags >> RING_CQE_CAPS_SHIFT;

    if (count != expected->cap_count) {
        return "the number of capabilities";
    }
    if (!count) {
        return NULL;
    }
    player_read(&actor->player, va, caps, count * sizeof(caps[0]));
    return memcmp(caps, expected->caps, count * sizeof(caps[0])) == 0
               ? NULL
               : "the CapIds";
}

static const char *payload_wrong(const struct actor *actor, uint64_t va,
                                 uint64_t word)
{
    uint64_t payload[2];

    player_read(&actor->player, va, payload, sizeof(payload));
    return payload[0] == word && payload[1] == ~word ? NULL : "the payload";
}

static const char *delivered_wrong(const struct actor *actor,
                                   const struct model_cqe *expected,
                                   const struct cqe *cqe)
{
    const char *wrong;

    if (cqe->tag != expected->tag) {
        return "the tag";
    }
    if (expected->notice) {
        return NULL;
    }
    if (cqe->method != PLAY_METHOD ||
        !(cqe->flags & RING_CQE_INLINE) != !expected->in_words ||
        !(cqe->flags & RING_CQE_RINLINE) != !expected->out_words) {
        return "method or form";
    }
    if (expected->in_words) {
        return cqe->words[0] == expected->word ? NULL : "the words";
    }
    if (cqe->words[1] != PLAY_PAYLOAD) {
        return "the length";
    }
    wrong = payload_wrong(actor, cqe->words[0], expected->word);
    return wrong ? wrong : caps_wrong(actor, cqe->words[2], expected, cqe);
}

static const char *completed_wrong(struct actor *actor,
                                   const struct model_cqe *expected,
                                   const struct cqe *cqe)
{
    uint64_t area = area_take(actor, cqe->user_data);
    const char *wrong = NULL;

    if (expected->result == ERR_EXCEPTION) {
        return (int32_t)cqe->words[1] == expected->detail ? NULL
                                                          : "the exception";
    }
    if (expected->result < 0) {
        return NULL;
    }
    if (expected->in_words) {
        return (uint32_t)cqe->words[0] == (uint32_t)expected->word
                   ? NULL
                   : "the words of the result";
    }
    if (expected->word) {
        wrong = payload_wrong(actor, area, expected->word);
    }
    return wrong ? wrong
                 : caps_wrong(actor, area + (((uint32_t)cqe->result + 7) & ~7u),
                              expected, cqe);
}

/* True if that is the result, or any success if success is expected. */
static bool result_fits(int32_t expected, int32_t result)
{
    if (expected == ERR_EXCEPTION) {
        return result == ERR_EXCEPTION || result == ERR_EXCEPTION_TRUNCATED;
    }
    return expected < 0 ? result == expected : result >= 0;
}

/* The first expectation that the completion may be for. */
static uint32_t answer_find(const struct model_process *process,
                            const struct cqe *cqe)
{
    uint32_t kind = RING_CQE_COMPLETION;
    uint32_t i = 0;

    for (; i < process->expected; i++) {
        const struct model_cqe *expected = &process->expect[i];

        kind = !expected->delivered ? (uint32_t)RING_CQE_COMPLETION
               : expected->notice   ? (uint32_t)RING_CQE_UNHELD
                                    : (uint32_t)RING_CQE_CALL;
        if (expected->user_data == cqe->user_data && kind == cqe->kind &&
            (!expected->delivered || expected->tag == cqe->tag)) {
            break;
        }
    }
    return i;
}

static void answer_at(uint32_t process, uint32_t index, const struct cqe *cqe)
{
    struct model_process *owner = &model_processes[process];
    struct model_cqe expected = owner->expect[index];
    const char *wrong;

    memmove(owner->expect + index, owner->expect + index + 1,
            (--owner->expected - index) * sizeof(expected));
    if (!result_fits(expected.result, cqe->result)) {
        play_differs("process %llu, operation %llu: result %d (detail %d), "
                     "the model says %d (detail %d)",
                     (unsigned long long)owner->id,
                     (unsigned long long)cqe->user_data, cqe->result,
                     (int)cqe->words[1], expected.result, expected.detail);
    }
    wrong = expected.delivered
                ? delivered_wrong(&actors[process], &expected, cqe)
                : completed_wrong(&actors[process], &expected, cqe);
    if (wrong) {
        play_differs("process %llu, operation %llu: %s differs",
                     (unsigned long long)owner->id,
                     (unsigned long long)cqe->user_data, wrong);
    }
    if (expected.delivered) {
        play_call_ids[expected.call] = cqe->call_id;
    }
}

static void answer_check(uint32_t process, const struct cqe *cqe,
                         bool any_order)
{
    struct model_process *owner = &model_processes[process];
    uint32_t index = answer_find(owner, cqe);

    if (index >= owner->expected || (index && !any_order)) {
        play_differs("process %llu has a completion (kind %u, user_data %llu, "
                     "result %d) that is not %s",
                     (unsigned long long)owner->id, cqe->kind,
                     (unsigned long long)cqe->user_data, cqe->result,
                     index >= owner->expected ? "expected"
                                              : "the next expected one");
    }
    answer_at(process, index, cqe);
}

void answer_compare(uint32_t process, const struct cqe *cqe)
{
    answer_check(process, cqe, false);
}

void answers_compare(bool any_order)
{
    struct cqe cqe;

    for (uint32_t i = 1; i <= model_process_count; i++) {
        struct model_process *process = &model_processes[i];

        while (process->alive && actors[i].attached &&
               player_pop(&actors[i].player, &cqe)) {
            answer_check(i, &cqe, any_order);
        }
        if (process->alive && process->expected) {
            play_differs("process %llu has no completion of operation %llu, "
                         "which must be there with result %d",
                         (unsigned long long)process->id,
                         (unsigned long long)process->expect[0].user_data,
                         process->expect[0].result);
        }
    }
}
