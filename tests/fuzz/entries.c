/* entries.c - submission entries of hostile programs (entries.h). */
#include "entries.h"

#include <string.h>

#include "capos.schema.gen.h"
#include "kernel.gen.h"

#define CALLS_KNOWN 16u
#define SERIALS 256u /* user_data that calls have */

#define INTERFACE_ROW(interface) {.id = interface##_INTERFACE_ID},
struct kernel_interface kernel_interfaces[] = {
    KERNEL_INTERFACES(INTERFACE_ROW)};
const uint32_t kernel_interface_count =
    sizeof(kernel_interfaces) / sizeof(kernel_interfaces[0]);

static uint64_t delivered[CALLS_KNOWN];
static uint32_t delivered_next;
static uint64_t *in_flight[SERIALS]; /* where its answer is counted */
static uint32_t serial;

void entries_start(void)
{
    memset(delivered, 0, sizeof(delivered));
    memset(in_flight, 0, sizeof(in_flight));
    delivered_next = 0;
    serial = 0;
}

void entries_delivered(const struct cqe *cqe)
{
    delivered[delivered_next++ % CALLS_KNOWN] = cqe->call_id;
}

/* What the object itself says, and not the carrier. */
static bool answer(int32_t result)
{
    return result >= 0 || result == ERR_EXCEPTION ||
           result == ERR_EXCEPTION_TRUNCATED || result == ERR_CANCELLED ||
           result == ERR_DISCONNECTED || result == ERR_OVERLOADED;
}

static void answered(uint32_t number)
{
    if (in_flight[number]) {
        ++*in_flight[number];
        in_flight[number] = NULL;
    }
}

void entries_completed(const struct cqe *cqe)
{
    if (answer(cqe->result)) {
        answered(cqe->user_data % SERIALS);
    }
}

void entries_ended(void)
{
    answered(serial % SERIALS);
}

static void note_call(struct sqe *sqe, uint64_t interface_id, uint16_t method)
{
    sqe->user_data = ++serial % SERIALS;
    in_flight[sqe->user_data] = NULL;
    for (uint32_t i = 0; i < kernel_interface_count; i++) {
        if (kernel_interfaces[i].id == interface_id &&
            method < KERNEL_METHODS_MAX) {
            kernel_interfaces[i].called[method]++;
            in_flight[sqe->user_data] = &kernel_interfaces[i].answered[method];
        }
    }
}

/* ----------------------------------------------------------------- messages */

/* The descriptors, beside the message, over it, or nowhere. */
static void place_xfers(struct message *message, struct sqe *sqe)
{
    uint32_t bytes = message->ncaps * sizeof(message->xfers[0]);

    if (!message->ncaps) {
        return;
    }
    sqe->memory.xfers = pick(8) ? value_place(message->player, bytes)
                                : value_address(message->player);
    sqe->memory.ncaps = pick_once_in(32) ? value_size() : message->ncaps;
    value_poke(message->player, sqe->memory.xfers, message->xfers, bytes);
}

static void flip_bits(uint8_t *bytes, uint32_t size)
{
    for (uint32_t i = 1 + pick(4); i && size; i--) {
        bytes[pick(size)] ^= (uint8_t)(1u << pick(8));
    }
}

static void place_result(const struct player *player, struct sqe *sqe)
{
    if (!(sqe->flags & RING_RINLINE)) {
        sqe->result_len = pick(6) ? 2048 : value_size();
        sqe->result = value_place(player, sqe->result_len);
    }
}

static void place_message(struct message *message, struct sqe *sqe,
                          const struct schema_struct *type)
{
    static uint64_t words[MESSAGE_WORDS];
    uint32_t bytes = message_build(message, type, words);

    if (message->wildness && pick_once_in(6)) {
        flip_bits((uint8_t *)words, bytes);
    }
    sqe->memory.params = value_place(message->player, bytes);
    value_poke(message->player, sqe->memory.params, words, bytes);
    sqe->memory.params_len = message->wildness && pick_once_in(16)
                                 ? value_size()
                                 : bytes;
    place_xfers(message, sqe);
}

/* -------------------------------------------------------------------- calls */

static void call_method(struct message *message, struct sqe *sqe,
                        const struct schema_interface *iface, uint16_t method)
{
    const struct schema_struct *type =
        &capos_schema.structs[iface->methods[method].params];

    sqe->method = method;
    sqe->flags = (uint8_t)iface->methods[method].flags;
    if (message->wildness > 1 && pick_once_in(16)) {
        sqe->flags ^= (uint8_t)(1u << pick(8));
    }
    if (sqe->flags & RING_INLINE) {
        message_fill(message, wire_builder_inline(sqe->words), type);
    } else {
        place_message(message, sqe, type);
    }
    place_result(message->player, sqe);
}

/* What has no method is called all the same. */
static void call_anything(struct message *message, struct sqe *sqe)
{
    sqe->method = (uint16_t)pick(4);
    sqe->flags = (uint8_t)pick(4);
    place_result(message->player, sqe);
    if (sqe->flags & RING_INLINE) {
        sqe->words[0] = value_number(message->player);
    } else {
        place_message(message, sqe,
                      &capos_schema.structs[pick(capos_schema.struct_count)]);
    }
}

/* An interface of the kernel that the player holds; NULL: none by this chance. */
static const struct kernel_interface *held(const struct player *player,
                                           uint64_t *cap)
{
    uint32_t start = pick(kernel_interface_count);

    /* It ends the input: seldom, so that there is something to end. */
    if (kernel_interfaces[start].id == POWER_CONTROL_INTERFACE_ID && pick(8)) {
        start++;
    }
    for (uint32_t i = 0; i < kernel_interface_count; i++) {
        const struct kernel_interface *iface =
            &kernel_interfaces[(start + i) % kernel_interface_count];

        *cap = value_cap_of(player, iface->id);
        if (*cap) {
            return iface;
        }
    }
    return NULL;
}

struct sqe entry_method(const struct player *player)
{
    struct message message = {.player = player};
    struct sqe sqe = {.opcode = RING_CALL};
    const struct kernel_interface *iface = held(player, &sqe.cap);
    const struct schema_interface *methods;
    uint16_t method;

    if (!iface) {
        return (struct sqe){.opcode = RING_NOP};
    }
    methods = schema_find_interface(&capos_schema, iface->id);
    method = (uint16_t)pick(methods->method_count);
    message.wildness = pick(4);
    if (methods->method_count == 0 || pick_once_in(64)) {
        call_anything(&message, &sqe);
        method = 0;
    } else {
        call_method(&message, &sqe, methods, method);
    }
    if (pick_once_in(12)) {
        sqe.flags |= RING_PROMISE;
    }
    note_call(&sqe, iface->id, method);
    return sqe;
}

/* The facet may serve anything; its server looks at nothing. */
struct sqe entry_facet(const struct player *player)
{
    struct message message = {.player = player, .wildness = pick(3)};
    struct sqe sqe = {.opcode = RING_CALL, .flags = (uint8_t)pick(4),
                      .method = (uint16_t)pick(3)};
    uint32_t bytes = pick(8) ? pick(200) : value_size();

    sqe.cap = value_cap_of(player, ECHO_INTERFACE_ID);
    if (sqe.flags & RING_INLINE) {
        sqe.words[pick(4)] = pick(9);
    } else {
        for (uint32_t i = pick(pick(8) ? 4 : MESSAGE_CAPS_ROOM + 1); i; i--) {
            message.xfers[message.ncaps] = message_xfer(&message);
            message.ncaps++;
        }
        sqe.memory.params = value_place(player, bytes);
        sqe.memory.params_len = bytes;
        place_xfers(&message, &sqe);
    }
    place_result(player, &sqe);
    if (!(sqe.flags & RING_RINLINE) && pick(4) == 0) {
        sqe.flags |= RING_PROMISE;
    }
    sqe.user_data = ++serial % SERIALS;
    in_flight[sqe.user_data] = NULL;
    return sqe;
}

/* A call on what an earlier one may have brought. */
static struct sqe entry_dependent(const struct player *player)
{
    struct sqe sqe = pick(2) ? entry_method(player) : entry_facet(player);

    in_flight[sqe.user_data % SERIALS] = NULL;
    sqe.flags |= RING_PROMISED;
    sqe.cap = ring_promised(player->sq_tail - pick(6), pick(3));
    return sqe;
}

struct sqe entry_recv(const struct player *player)
{
    struct sqe sqe = {.opcode = RING_RECV, .user_data = pick(SERIALS)};

    sqe.cap = value_cap_of(player, ENDPOINT_INTERFACE_ID);
    sqe.recv.credits = pick(8) ? 1 + pick(4) : value_size();
    sqe.recv.slots = pick(8) ? pick(4) : value_size();
    sqe.recv.slot_bytes = sqe.recv.slots ? 64 + 8 * pick(64) : 0;
    if (pick_once_in(12)) {
        sqe.recv.slot_bytes = value_size();
    }
    sqe.recv.area = sqe.recv.slots ? value_place(player, 2048) : 0;
    return sqe;
}

struct sqe entry_return(const struct player *player)
{
    struct message message = {.player = player, .wildness = pick(3)};
    struct sqe sqe = {.opcode = RING_RETURN, .user_data = pick(SERIALS)};
    uint32_t bytes = pick(8) ? pick(300) : value_size();

    sqe.cap = delivered[pick(CALLS_KNOWN)] + pick_once_in(24);
    switch (pick(4)) {
    case 0:
        sqe.flags = RING_INLINE;
        sqe.words[pick(4)] = pick(9);
        return sqe;
    case 1:
        sqe.flags = RING_EXCEPTION;
        sqe.method = (uint16_t)pick(6);
        sqe.result_len = value_size();
        break;
    default:
        for (uint32_t i = pick(4); i; i--) {
            message.xfers[message.ncaps] = message_xfer(&message);
            message.ncaps++;
        }
        place_xfers(&message, &sqe);
    }
    sqe.memory.params = value_place(player, bytes);
    sqe.memory.params_len = bytes;
    return sqe;
}

/* ------------------------------------------------------------------- others */

/* Few words and values, so that some park and some wake. */
static struct sqe entry_park(const struct player *player)
{
    struct sqe sqe = {.opcode = pick(2) ? RING_PARK : RING_UNPARK,
                      .user_data = pick(SERIALS)};

    sqe.park.address = pick(6) ? player->scratch + 4 * pick(3)
                               : value_address(player);
    if (sqe.opcode == RING_PARK) {
        sqe.park.expected = pick(3) ? 0 : value_size();
        sqe.park.timeout_ns = pick(3) ? pick(40000) : TIMEOUT_NEVER;
    } else {
        sqe.park.count = pick(6) ? 1 + pick(4) : value_size();
    }
    sqe.flags = pick(3) ? 0 : (uint8_t)(pick(2) ? RING_SHARED : pick(256));
    return sqe;
}

static struct sqe entry_other(const struct player *player)
{
    struct sqe sqe = {.user_data = pick(SERIALS)};
    struct object *object;

    switch (pick(6)) {
    case 0:
        sqe.flags = (uint8_t)(pick(4) << 2);
        break;
    case 1:
        sqe.opcode = pick(2) ? RING_RELEASE : RING_NOP;
        sqe.cap = sqe.opcode == RING_NOP ? 0 : value_cap(player, &object);
        break;
    case 2:
        sqe.opcode = RING_CALLER_INFO;
        sqe.cap = delivered[pick(CALLS_KNOWN)];
        break;
    case 3:
        sqe.opcode = RING_CANCEL;
        sqe.words[0] = pick(2) ? pick(SERIALS) : (serial - pick(8)) % SERIALS;
        break;
    case 4:
        sqe.opcode = (uint8_t)pick(256);
        sqe.cap = value_number(player);
        break;
    default:
        return entry_park(player);
    }
    return sqe;
}

struct sqe entry_any(const struct player *player)
{
    struct sqe sqe;

    switch (pick(10)) {
    case 0:
    case 1:
        sqe = entry_method(player);
        break;
    case 2:
    case 3:
        sqe = entry_facet(player);
        break;
    case 4:
        sqe = entry_recv(player);
        break;
    case 5:
    case 6:
        sqe = entry_return(player);
        break;
    case 7:
        sqe = entry_dependent(player);
        break;
    default:
        sqe = entry_other(player);
    }
    if (pick_once_in(12)) {
        flip_bits((uint8_t *)&sqe, sizeof(sqe));
    }
    return sqe;
}
