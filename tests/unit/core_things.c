/* core_things.c - processes, threads and endpoints for core_fixture.h. */
#include <string.h>

#include "core_fixture.h"

#define OBJECTS_BYTES 60000u

static void things_limits(struct spawn_request_builder asked,
                          const struct fixture_request *request)
{
    struct process_limits_builder limits = spawn_request_init_limits(asked);

    const uint64_t *all = request->limits;

    process_limits_set_pages(limits, all[LEDGER_PAGES] ? all[LEDGER_PAGES]
                                                       : request->pages);
    process_limits_set_threads(
        limits, all[LEDGER_THREADS] ? (uint32_t)all[LEDGER_THREADS]
                                    : request->threads);
    process_limits_set_caps(limits, all[LEDGER_CAPS]
                                        ? (uint32_t)all[LEDGER_CAPS]
                                        : request->caps);
    process_limits_set_processes(
        limits, all[LEDGER_PROCESSES] ? (uint32_t)all[LEDGER_PROCESSES]
                                      : request->processes);
    process_limits_set_tables(limits, all[LEDGER_TABLES]);
    process_limits_set_virtual(limits, all[LEDGER_VIRTUAL]);
    process_limits_set_rings(limits, all[LEDGER_RINGS]);
    process_limits_set_calls(limits, all[LEDGER_CALLS]);
    /* The struct of a fake space is large: it has its tables in it. */
    process_limits_set_objects(limits, all[LEDGER_OBJECTS] ? all[LEDGER_OBJECTS]
                                                           : OBJECTS_BYTES);
    process_limits_set_scratch(limits, all[LEDGER_SCRATCH]);
    process_limits_set_log_bytes(limits, all[LEDGER_LOG_BYTES]);
    process_limits_set_weight(limits, all[LEDGER_WEIGHT]);
}

static void things_grants(struct spawn_request_builder asked,
                          const struct fixture_request *request)
{
    struct wire_builder_list list;
    uint32_t count = 0;

    while (count < 8 && request->grants[count].name) {
        count++;
    }
    list = spawn_request_init_grants(asked, count);
    for (uint32_t i = 0; i < count; i++) {
        struct grant_builder grant = spawn_request_grants_build(list, i);
        const char *name = request->grants[i].name;

        grant_set_name(grant,
                       (struct wire_text){name, (uint32_t)strlen(name)});
        grant_set_cap(grant, request->grants[i].cap);
    }
}

static uint64_t things_image(const struct player *parent,
                             const struct fixture_request *request)
{
    if (request->image) {
        return request->image;
    }
    return parent == &fixture_init ? fixture_image
                                   : player_cap(parent, "image");
}

struct cqe fixture_try_spawn(struct player *parent,
                             const struct fixture_request *request,
                             struct player *child)
{
    uint64_t words[256];
    struct wire_builder builder;
    struct spawn_request_builder asked;
    uint64_t last = 0;
    struct sqe sqe;
    struct cqe cqe;

    wire_builder_init(&builder, words, sizeof(words));
    asked = process_spawner_spawn_params_init_request(
        process_spawner_spawn_params_build(&builder));
    spawn_request_set_image(asked, things_image(parent, request));
    spawn_request_set_name(asked, (struct wire_text){"player", 6});
    spawn_request_set_stack_bytes(asked, SCRATCH_BYTES);
    spawn_request_set_sq_entries(asked, request->sq_entries);
    spawn_request_set_cq_entries(asked, request->cq_entries);
    spawn_request_set_weight(asked, request->weight);
    spawn_request_set_cpu_hint(asked, request->cpu_hint);
    spawn_request_set_ledger(asked, request->ledger);
    things_limits(asked, request);
    things_grants(asked, request);
    sqe = player_message_sqe(parent, player_cap(parent, "spawner"),
                             PROCESS_SPAWNER_INTERFACE_ID,
                             PROCESS_SPAWNER_METHOD_SPAWN, &builder);
    sqe.result_len = request->result_len ? request->result_len
                                         : sqe.result_len;
    for (struct process *p = fixture_process(0); p;
         p = fixture_process(p->id)) {
        last = p->id;
    }
    player_submit(parent, &sqe);
    cqe = player_expect(parent, sqe.user_data);
    if (cqe.result > 0) {
        player_attach(child,
                      container_of(list_first(&fixture_process(last)->threads),
                                   struct thread, link));
        child->handle = player_result_cap(parent, &cqe, 0);
    }
    return cqe;
}

void fixture_spawn(struct player *parent,
                   const struct fixture_request *request,
                   struct player *child)
{
    struct cqe cqe = fixture_try_spawn(parent, request, child);

    ck_assert_int_gt(cqe.result, 0);
}

struct cqe fixture_try_thread(struct player *player, uint32_t cpu_hint,
                              struct player *second)
{
    uint64_t words[64];
    struct wire_builder builder;
    struct thread_control_create_params_builder params;
    struct list_node *last;
    struct sqe sqe;
    struct cqe cqe;

    wire_builder_init(&builder, words, sizeof(words));
    params = thread_control_create_params_build(&builder);
    thread_control_create_params_set_entry(params,
                                           player->process->image_base +
                                               0x1000);
    thread_control_create_params_set_stack_low(params, player->scratch);
    thread_control_create_params_set_stack_high(
        params, player->scratch + SCRATCH_BYTES);
    thread_control_create_params_set_cpu_hint(params, cpu_hint);
    sqe = player_message_sqe(player, player_cap(player, "self-threads"),
                             THREAD_CONTROL_INTERFACE_ID,
                             THREAD_CONTROL_METHOD_CREATE, &builder);
    player_submit(player, &sqe);
    cqe = player_expect(player, sqe.user_data);
    if (cqe.result > 0) {
        last = player->process->threads.head.prev;
        player_attach(second, container_of(last, struct thread, link));
    }
    return cqe;
}

uint64_t fixture_thread(struct player *player, struct player *second)
{
    struct cqe cqe = fixture_try_thread(player, 0, second);

    ck_assert_int_gt(cqe.result, 0);
    return player_result_cap(player, &cqe, 0);
}

uint64_t fixture_notification(struct player *player)
{
    struct cqe cqe = player_call(player, player_cap(player, "notifications"),
                                 NOTIFICATION_FACTORY_INTERFACE_ID,
                                 NOTIFICATION_FACTORY_METHOD_CREATE, 0, 0, 0);

    ck_assert_int_gt(cqe.result, 0);
    return player_result_cap(player, &cqe, 0);
}

uint64_t player_map(struct player *player, uint32_t pages,
                    uint32_t protection)
{
    struct cqe cqe = player_call(player, player_cap(player, "self-memory"),
                                 VIRTUAL_MEMORY_INTERFACE_ID,
                                 VIRTUAL_MEMORY_METHOD_MAP, 0,
                                 pages | (uint64_t)protection << 32, 0);

    ck_assert_int_eq(cqe.result, 0);
    return cqe.words[0];
}

void player_unmap(struct player *player, uint64_t va, uint32_t pages)
{
    struct cqe cqe = player_call(player, player_cap(player, "self-memory"),
                                 VIRTUAL_MEMORY_INTERFACE_ID,
                                 VIRTUAL_MEMORY_METHOD_UNMAP, va, pages, 0);

    ck_assert_int_eq(cqe.result, 0);
}

uint64_t fixture_endpoint(struct player *player)
{
    struct cqe cqe = player_call(player, player_cap(player, "endpoints"),
                                 ENDPOINT_FACTORY_INTERFACE_ID,
                                 ENDPOINT_FACTORY_METHOD_CREATE, 0, 0, 0);

    ck_assert_int_gt(cqe.result, 0);
    return player_result_cap(player, &cqe, 0);
}

uint64_t fixture_mint(struct player *player, uint64_t endpoint, uint64_t tag,
                      uint32_t queue_limit)
{
    struct cqe cqe = player_call(player, endpoint, ENDPOINT_INTERFACE_ID,
                                 ENDPOINT_METHOD_MINT, tag,
                                 ECHO_INTERFACE_ID, queue_limit);

    ck_assert_int_gt(cqe.result, 0);
    return player_result_cap(player, &cqe, 0);
}

void fixture_release(struct player *player, uint64_t cap)
{
    struct sqe sqe = {.opcode = RING_RELEASE, .cap = cap, .user_data = 7};

    ck_assert_int_eq(player_do(player, &sqe), 0);
}

void fixture_kill(struct player *player, uint64_t handle, int64_t code)
{
    struct cqe cqe = player_call(player, handle, PROCESS_HANDLE_INTERFACE_ID,
                                 PROCESS_HANDLE_METHOD_KILL, (uint64_t)code,
                                 0, 0);

    ck_assert_int_eq(cqe.result, 0);
}
