/* core_hostile.c - entries at random (core_hostile.h). */
#include "core_hostile.h"

#include <string.h>

#include "capnp/schema.h"
#include "capos.schema.gen.h"
#include "ipc/facet.h"

#define IDS 32u

static uint64_t ids[IDS]; /* of calls that somebody received */
static uint64_t state;

uint32_t any(uint32_t below)
{
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((state >> 33) % below);
}

void hostile_seed(uint64_t seed)
{
    state = seed * 0x9e3779b97f4a7c15ull + 1;
}

void hostile_remember(uint64_t call_id)
{
    ids[any(IDS)] = call_id;
}

/* Writes what can be written there. */
static void poke(const struct player *actor, uint64_t va, const void *bytes,
                 size_t size)
{
    size_t piece = size;
    void *to = hal_user_view(&actor->process->space.hal, va, HAL_WRITE,
                             &piece);

    if (to) {
        memcpy(to, bytes, piece);
    }
}

/* A capability that the actor holds, with its object; or something else. */
static uint64_t any_cap(const struct player *actor, struct object **object)
{
    struct cap_table *caps = &actor->process->caps;
    uint64_t cap = any(4);

    *object = NULL;
    if (any(40) == 0) {
        return cap << 32 | any(70);
    }
    *object = cap_next(caps, any(48), &cap);
    if (!*object) {
        *object = cap_next(caps, 0, &cap);
    }
    return cap;
}

static uint64_t any_address(const struct player *actor)
{
    uint64_t base = hal_space_base(&actor->process->space.hal);

    switch (any(8)) {
    case 0:
        return any(5000);
    case 1:
        return base + ((uint64_t)any(0x80000) << 12);
    case 2:
        return UINT64_MAX - any(5000);
    case 3:
        return base + (1ull << 30) + ((uint64_t)any(40) << 12);
    default:
        return actor->scratch + (any(SCRATCH_BYTES) & ~7u);
    }
}

static void make_message(const struct player *actor, struct sqe *sqe,
                         struct wire_builder *builder)
{
    int32_t bytes = wire_builder_bytes(builder);

    if (bytes > 0) {
        poke(actor, actor->scratch + SCRATCH_PARAMS, builder->words,
             (size_t)bytes);
        sqe->memory.params = actor->scratch + SCRATCH_PARAMS;
        sqe->memory.params_len = (uint32_t)bytes;
    }
}

static void make_spawn(const struct player *actor, struct sqe *sqe)
{
    uint64_t words[200];
    struct wire_builder builder;
    struct spawn_request_builder asked;
    struct process_limits_builder limits;
    struct wire_builder_list list;
    struct object *object;
    uint32_t count = any(6);

    wire_builder_init(&builder, words, sizeof(words));
    asked = process_spawner_spawn_params_init_request(
        process_spawner_spawn_params_build(&builder));
    /* The image has this slot in the root, and in many that it spawns. */
    spawn_request_set_image(asked, any(4) ? 11ull | 1ull << 32
                                          : any_cap(actor, &object));
    spawn_request_set_name(asked, (struct wire_text){"any", 3});
    spawn_request_set_stack_bytes(asked, SCRATCH_BYTES);
    spawn_request_set_sq_entries(asked, 4u << any(3));
    spawn_request_set_cq_entries(asked, 4u << any(4));
    spawn_request_set_weight(asked, 16u << any(10));
    limits = spawn_request_init_limits(asked);
    process_limits_set_pages(limits, 40 + any(200));
    process_limits_set_threads(limits, 1 + any(4));
    process_limits_set_caps(limits, 1 + any(48));
    process_limits_set_processes(limits, 1 + any(3));
    process_limits_set_objects(limits, 40000 + any(200000));
    list = spawn_request_init_grants(asked, count);
    for (uint32_t i = 0; i < count; i++) {
        static const char names[] = "abcdef";
        struct grant_builder grant = spawn_request_grants_build(list, i);

        grant_set_name(grant, (struct wire_text){names + i, 1});
        grant_set_cap(grant, any_cap(actor, &object));
    }
    make_message(actor, sqe, &builder);
}

static void make_thread(const struct player *actor, struct sqe *sqe)
{
    uint64_t words[40];
    struct wire_builder builder;
    struct thread_control_create_params_builder params;

    wire_builder_init(&builder, words, sizeof(words));
    params = thread_control_create_params_build(&builder);
    thread_control_create_params_set_entry(
        params, hal_space_base(&actor->process->space.hal) + 4096);
    thread_control_create_params_set_stack_low(params, actor->scratch);
    thread_control_create_params_set_stack_high(
        params, actor->scratch + SCRATCH_BYTES);
    thread_control_create_params_set_sq_entries(params, 4u << any(3));
    thread_control_create_params_set_cq_entries(params, 4u << any(4));
    make_message(actor, sqe, &builder);
}

static void make_kernel_call(const struct player *actor, struct sqe *sqe,
                             uint64_t interface_id)
{
    const struct schema_interface *iface =
        schema_find_interface(&capos_schema, interface_id);
    uint64_t words[4] = {
        any(2) ? any(8) : any_address(actor),
        (1 + any(8)) | (uint64_t)any(5) << 32,
        (1 + any(4)) | (uint64_t)any(5) << 32,
        0};
    uint16_t method = (uint16_t)any(iface->method_count);

    if (interface_id == PROCESS_HANDLE_INTERFACE_ID && any(4)) {
        method = PROCESS_HANDLE_METHOD_WAIT;
    }
    *sqe = player_call_sqe(actor, sqe->cap, interface_id, method, words);
    if (any(20) == 0 && !(sqe->flags & RING_RINLINE)) {
        sqe->result = any_address(actor);
        sqe->result_len = any(3000);
    }
    if (interface_id == PROCESS_SPAWNER_INTERFACE_ID) {
        make_spawn(actor, sqe);
    } else if (interface_id == THREAD_CONTROL_INTERFACE_ID &&
               method == THREAD_CONTROL_METHOD_CREATE) {
        make_thread(actor, sqe);
    } else if (!(sqe->flags & RING_INLINE)) {
        memset(sqe->words, 0, sizeof(sqe->words));
        sqe->memory.params = any_address(actor);
        sqe->memory.params_len = any(400);
    }
}

static void make_message_call(const struct player *actor, struct sqe *sqe)
{
    sqe->flags = (uint8_t)any(4);
    if (!(sqe->flags & RING_INLINE)) {
        sqe->memory.params = any_address(actor);
        sqe->memory.params_len = any(any(8) ? 200 : 3000);
    }
    if (!(sqe->flags & RING_RINLINE)) {
        sqe->result = any_address(actor);
        sqe->result_len = any(600);
    }
}

static void make_call(const struct player *actor, struct sqe *sqe)
{
    struct object *object;

    uint32_t tries = any(5);

    sqe->cap = any_cap(actor, &object);
    while (tries-- && object && object->type != &facet_type) {
        sqe->cap = any_cap(actor, &object);
    }
    if (!object || object->type == &facet_type) {
        make_message_call(actor, sqe);
    } else {
        make_kernel_call(actor, sqe, object->type->interface_id);
    }
}

static void make_recv(const struct player *actor, struct sqe *sqe)
{
    struct object *object = NULL;

    for (uint32_t i = 0; i < 8; i++) {
        sqe->cap = any_cap(actor, &object);
        if (object && object->type->interface_id == ENDPOINT_INTERFACE_ID) {
            break;
        }
    }
    sqe->recv.credits = 1 + any(any(8) ? 4 : 70);
    sqe->recv.slots = any(3);
    sqe->recv.slot_bytes = sqe->recv.slots ? 72 + 8 * any(60) : 0;
    sqe->recv.area = any(16) ? actor->scratch + SCRATCH_FREE
                             : any_address(actor) & ~7ull;
}

static void make_return(const struct player *actor, struct sqe *sqe)
{
    struct object *object;

    sqe->cap = ids[any(IDS)] + (any(30) == 0);
    switch (any(4)) {
    case 0:
        sqe->flags = RING_INLINE;
        break;
    case 1:
        sqe->flags = RING_EXCEPTION;
        sqe->method = (uint16_t)any(5);
        break;
    default:
        sqe->memory.ncaps = any(4);
        break;
    }
    if (!(sqe->flags & RING_INLINE)) {
        sqe->memory.params = any_address(actor);
        sqe->memory.params_len = any(200);
    }
    for (uint32_t i = 0; i < sqe->memory.ncaps && !sqe->flags; i++) {
        struct ring_xfer xfer = {.cap = any_cap(actor, &object)};

        sqe->memory.xfers = actor->scratch + 0x7000;
        poke(actor, sqe->memory.xfers + i * sizeof(xfer), &xfer,
             sizeof(xfer));
    }
}

/* Few words and values, so that some park and some wake. */
static void make_park(const struct player *actor, struct sqe *sqe)
{
    sqe->park.address = any(8) ? actor->scratch + 0x7800 + 4 * any(2)
                               : any_address(actor);
    sqe->park.expected = any(8) ? 0 : any(3);
    sqe->park.count = sqe->opcode == RING_UNPARK ? any(4) : 0;
    if (sqe->opcode == RING_PARK) {
        sqe->park.timeout_ns = any(3) ? any(40000) : TIMEOUT_NEVER;
    } else {
        sqe->park.expected = 0;
    }
    sqe->flags = (uint8_t)(any(4) ? 0 : any(256));
}

struct sqe hostile_entry(const struct player *actor)
{
    struct sqe sqe = {.user_data = any(24)};
    struct object *object;
    uint64_t user_data = sqe.user_data;

    sqe.opcode = (uint8_t)(any(2) ? RING_CALL : any(8));
    switch (sqe.opcode) {
    case RING_NOP:
        sqe.flags = (uint8_t)(any(4) << 2);
        break;
    case RING_RECV:
        make_recv(actor, &sqe);
        break;
    case RING_RETURN:
        make_return(actor, &sqe);
        break;
    case RING_RELEASE:
        sqe.cap = any_cap(actor, &object);
        sqe.opcode = any(3) ? RING_NOP : RING_RELEASE;
        sqe.cap = sqe.opcode == RING_NOP ? 0 : sqe.cap;
        break;
    case RING_CANCEL:
        sqe.words[0] = any(24);
        break;
    case RING_PARK:
    case RING_UNPARK:
        make_park(actor, &sqe);
        break;
    default:
        make_call(actor, &sqe);
    }
    sqe.user_data = user_data;
    for (uint32_t i = 0; any(60) == 0 && i < 3; i++) {
        ((uint8_t *)&sqe)[any(sizeof(sqe))] ^= (uint8_t)(1u << any(8));
    }
    return sqe;
}
