/*
 * context_play.h - making and using scheduling contexts, for their tests. Init
 * holds them; times are those of the fixture, in milliseconds here.
 */
#ifndef CAPOS_TESTS_CONTEXT_PLAY_H
#define CAPOS_TESTS_CONTEXT_PLAY_H

#include "check_run.h"
#include "core_service.h"
#include "sched/context.h"

#define MS 1000000ull

/* Creates one as init; its completion. */
static inline struct cqe context_try(uint32_t weight, uint64_t budget_ns,
                                     uint64_t period_ns, uint64_t bell,
                                     uint64_t bits)
{
    uint64_t words[16];
    struct wire_builder builder;
    struct scheduling_context_factory_create_params_builder params;
    struct sqe sqe;

    wire_builder_init(&builder, words, sizeof(words));
    params = scheduling_context_factory_create_params_build(&builder);
    scheduling_context_factory_create_params_set_weight(params, weight);
    scheduling_context_factory_create_params_set_budget(params, budget_ns);
    scheduling_context_factory_create_params_set_period(params, period_ns);
    scheduling_context_factory_create_params_set_notification(params, bell);
    scheduling_context_factory_create_params_set_bits(params, bits);
    sqe = player_message_sqe(&fixture_init,
                             player_cap(&fixture_init, "scheduling"),
                             SCHEDULING_CONTEXT_FACTORY_INTERFACE_ID,
                             SCHEDULING_CONTEXT_FACTORY_METHOD_CREATE,
                             &builder);
    player_submit(&fixture_init, &sqe);
    return player_expect(&fixture_init, sqe.user_data);
}

static inline uint64_t context_new(uint32_t weight, uint64_t budget_ns,
                                   uint64_t period_ns)
{
    struct cqe cqe = context_try(weight, budget_ns, period_ns, 0, 0);

    ck_assert_int_gt(cqe.result, 0);
    return player_result_cap(&fixture_init, &cqe, 0);
}

/* The context behind a capability of init's, without a reference. */
static inline struct sched_context *context_at(uint64_t cap)
{
    struct object *object = cap_lookup(&fixture_init.process->caps, cap);

    ck_assert_ptr_eq(object->type, &scheduling_context_type);
    return (struct sched_context *)object;
}

static inline int64_t context_left_ns(uint64_t cap)
{
    return (int64_t)sync_load64(&context_at(cap)->left_ns);
}

static inline uint64_t context_used_ns(uint64_t cap)
{
    return sync_load64(&context_at(cap)->used_ns);
}

/* A method without results, called by init. The error that it is refused with. */
static inline int32_t context_do(uint64_t cap, uint16_t method, uint64_t word)
{
    struct cqe cqe = player_call(&fixture_init, cap,
                                 SCHEDULING_CONTEXT_INTERFACE_ID, method,
                                 word, 0, 0);

    return cqe.result < 0 ? (int32_t)cqe.words[1] : cqe.result;
}

static inline void context_bind_process_of(uint64_t cap,
                                           const struct player *player)
{
    ck_assert_int_eq(
        context_do(cap, SCHEDULING_CONTEXT_METHOD_BIND_PROCESS,
                   player->handle),
        0);
}

/* A handle of the player's thread, in init's table. */
static inline uint64_t context_handle(const struct player *player)
{
    const struct cap_edge edge = {
        .object = &player->thread->object, .node = &revocation_root};
    uint64_t cap;

    ck_assert_int_eq(cap_insert(&fixture_init.process->caps, &edge, &cap), 0);
    return cap;
}

static inline void context_bind_thread(uint64_t cap,
                                       const struct player *player)
{
    uint64_t handle = context_handle(player);

    ck_assert_int_eq(
        context_do(cap, SCHEDULING_CONTEXT_METHOD_BIND, handle), 0);
    fixture_release(&fixture_init, handle);
}

/* The capability of init's that the player runs on; NULL: none. */
static inline const struct sched_context *
context_runs_on(const struct player *player)
{
    return context_of(&player->thread->place);
}

#endif
