/* user.c - programs: their start, memory and operations (user.h). */
#include "user.h"

#include <string.h>

#include "capnp/schema.h"
#include "capos.gen.h"
#include "capos.schema.gen.h"
#include "capset.h"
#include "check.h"
#include "core_image.h"
#include "machine.h"

#define RESULT_OFFSET 0x800u  /* of a stack, for results of a call at a time */
#define RESULT_BYTES 0x400u
#define PARAMS_OFFSET 0xc00u
#define STACK_STEP 0x1000u    /* of a thread */
#define STACK_BYTES 0x4000u   /* of a process */
#define FREE_OFFSET 0x100u    /* from a stack's start: the program's words */

static uint32_t on_line;
static uint32_t line_wanted;

/* --------------------------------------------------------------------- memory */

static _Noreturn void fault(struct user *self, uint64_t address,
                            uint32_t error)
{
    self->machine->has_fault = true;
    self->machine->fault = (struct hal_fault){
        .vector = 14, .error = error, .ip = self->start.image_base,
        .address = address};
    for (;;) {
        machine_leave(self->machine);
    }
}

static uint32_t *word_at(struct user *self, uint64_t address, uint32_t access)
{
    uint32_t *word = machine_walk(address, access);

    if (!word) {
        fault(self, address, access == HAL_WRITE ? 6 : 4);
    }
    return word;
}

uint32_t user_load(struct user *self, uint64_t address)
{
    return sync_load_shared(word_at(self, address, HAL_READ));
}

void user_store(struct user *self, uint64_t address, uint32_t value)
{
    sync_store_shared(word_at(self, address, HAL_WRITE), value);
}

static void copy_in(void *to, uint64_t address, size_t bytes)
{
    if (hal_user_copy_in(to, address, bytes) != 0) {
        explore_fail("explorer", "a program's memory is not there");
    }
}

/* ---------------------------------------------------------------- gate, start */

static int64_t gate(uint64_t number, uint64_t a0, uint64_t a1)
{
    struct machine_user *user = machine_running();

    user->number = number;
    user->a0 = a0;
    user->a1 = a1;
    machine_leave(user);
    return user->context->result;
}

uint64_t user_package(unsigned char *to)
{
    return image_package(to);
}

static void start(struct user *self, struct machine_user *machine)
{
    struct start_block block;

    memset(self, 0, sizeof(*self));
    copy_in(&self->start, machine->context->argument, sizeof(self->start));
    self->machine = machine;
    self->memory = self->start.stack_low + FREE_OFFSET;
    block = self->start;
    block.gate = (uintptr_t)gate;
    block.ring = (uintptr_t)machine_walk(block.ring, HAL_WRITE);
    if (ring_client_init(&self->ring, &block) != 0) {
        explore_fail("explorer", "a ring is not there");
    }
}

_Noreturn void user_main(struct machine_user *machine)
{
    struct user self;
    user_program *program;

    start(&self, machine);
    program = (user_program *)(uintptr_t)self.start.words[0];
    if (program == NULL) {
        check_mark();
        program = explore_scenario->run;
    }
    program(&self);
    user_thread_exit(&self);
}

_Noreturn void user_compute(struct user *self)
{
    for (;;) {
        machine_compute(self->machine);
    }
}

_Noreturn void user_exit(struct user *self, int64_t code)
{
    for (;;) {
        (void)self->ring.gate(GATE_EXIT, (uint64_t)code, 0);
    }
}

_Noreturn void user_thread_exit(struct user *self)
{
    (void)user_call(self, user_cap(self, "self-threads"),
                    THREAD_CONTROL_INTERFACE_ID, THREAD_CONTROL_METHOD_EXIT, 0,
                    0, 0);
    explore_fail("expectation", "a thread came back from its exit");
}

/* ------------------------------------------------------------------ scenarios */

void user_line(struct user *self, uint32_t programs)
{
    line_wanted = programs;
    if (++on_line == programs) {
        explore_begin();
        return;
    }
    while (on_line < line_wanted) {
        /* Not ring_yield, which would take what has been delivered. */
        USER_EQUAL(ring_nop(&self->ring, NULL, RING_YIELD), 0);
        user_submit(self);
    }
}

/* ----------------------------------------------------------------- operations */

uint64_t user_cap(const struct user *self, const char *name)
{
    struct capset_entry entry;

    for (uint32_t i = 0; i < self->start.capset_count; i++) {
        copy_in(&entry, self->start.capset + i * sizeof(entry),
                sizeof(entry));
        if (strcmp(entry.name, name) == 0) {
            return entry.cap;
        }
    }
    explore_fail("explorer", "no capability %s", name);
}

static struct sqe *reserve(struct user *self, struct user_op *op,
                           enum ring_opcode opcode)
{
    struct sqe *sqe = ring_reserve(&self->ring);

    if (!sqe) {
        explore_fail("explorer", "no place in a ring");
    }
    *sqe = (struct sqe){.opcode = (uint8_t)opcode,
                        .user_data = (uintptr_t)(op ? &op->rpc : NULL)};
    if (op) {
        memset(op, 0, sizeof(*op));
    }
    return sqe;
}

void user_call_begin(struct user *self, struct user_op *op, uint64_t cap,
                     uint64_t interface_id, uint16_t method, uint64_t word0,
                     uint64_t word1, uint64_t word2)
{
    const struct schema_interface *iface =
        schema_find_interface(&capos_schema, interface_id);
    struct rpc rpc = {.cap = cap,
                      .method = method,
                      .flags = (uint8_t)iface->methods[method].flags,
                      .words = {word0, word1, word2, 0}};

    memset(op, 0, sizeof(*op));
    if (!(rpc.flags & RING_RINLINE)) {
        op->result = self->start.stack_low + RESULT_OFFSET;
        rpc.result = (void *)(uintptr_t)op->result;
        rpc.result_size = RESULT_BYTES;
    }
    op->rpc = rpc;
    if (ring_submit(&self->ring, &op->rpc) != 0) {
        explore_fail("explorer", "no place in a ring");
    }
}

int32_t user_await(struct user *self, struct user_op *op)
{
    return ring_await(&self->ring, &op->rpc);
}

int32_t user_call(struct user *self, uint64_t cap, uint64_t interface_id,
                  uint16_t method, uint64_t word0, uint64_t word1,
                  uint64_t word2)
{
    struct user_op op;

    user_call_begin(self, &op, cap, interface_id, method, word0, word1, word2);
    return user_await(self, &op);
}

uint64_t user_result_cap(const struct user *self, const struct user_op *op,
                         uint32_t index)
{
    uint64_t cap;

    (void)self;
    if (op->rpc.status < 0 || index >= op->rpc.ncaps) {
        explore_fail("explorer", "a call ended with %d", op->rpc.status);
    }
    copy_in(&cap,
            op->result + (((uint32_t)op->rpc.status + 7u) & ~7u) + 8 * index,
            sizeof(cap));
    return cap;
}

void user_message_begin(struct user *self, struct user_op *op, uint64_t cap,
                        uint64_t interface_id, uint16_t method,
                        const struct wire_builder *builder)
{
    uint64_t params = self->start.stack_low + PARAMS_OFFSET;
    int32_t bytes = wire_builder_bytes(builder);
    struct sqe *sqe;

    USER_EXPECT(bytes > 0 && bytes <= (int32_t)(STACK_STEP - PARAMS_OFFSET));
    USER_EQUAL(hal_user_copy_out(params, builder->words, (size_t)bytes), 0);
    user_call_begin(self, op, cap, interface_id, method, 0, 0, 0);
    sqe = &self->ring.sqes[(self->ring.sq_tail - 1) & self->ring.sq_mask];
    sqe->memory.params = params;
    sqe->memory.params_len = (uint32_t)bytes;
}

static void spawn_build(struct wire_builder *builder, user_program *program,
                        uint64_t image, const struct user_grant *grants,
                        uint32_t count)
{
    struct spawn_request_builder request =
        process_spawner_spawn_params_init_request(
            process_spawner_spawn_params_build(builder));
    struct wire_builder_list list;

    spawn_request_set_image(request, image);
    spawn_request_set_name(request, (struct wire_text){"program", 7});
    spawn_request_set_stack_bytes(request, STACK_BYTES);
    spawn_request_set_sq_entries(request, 4);
    spawn_request_set_cq_entries(request, 8);
    list = spawn_request_init_words(request, 1);
    spawn_request_words_set(list, 0, (uintptr_t)program);
    list = spawn_request_init_grants(request, count);
    for (uint32_t i = 0; i < count; i++) {
        struct grant_builder grant = spawn_request_grants_build(list, i);

        grant_set_name(grant, (struct wire_text){
                                  grants[i].name,
                                  (uint32_t)strlen(grants[i].name)});
        grant_set_cap(grant, grants[i].cap);
    }
}

static uint64_t open_image(struct user *self)
{
    uint64_t words[16];
    struct wire_builder builder;
    struct user_op op;

    wire_builder_init(&builder, words, sizeof(words));
    boot_package_open_params_set_name(boot_package_open_params_build(&builder),
                                      (struct wire_text){"init", 4});
    user_message_begin(self, &op, user_cap(self, "package"),
                       BOOT_PACKAGE_INTERFACE_ID, BOOT_PACKAGE_METHOD_OPEN,
                       &builder);
    (void)user_await(self, &op);
    return user_result_cap(self, &op, 0);
}

void user_spawn_begin(struct user *self, struct user_op *op,
                      user_program *program, const struct user_grant *grants,
                      uint32_t count)
{
    uint64_t words[96];
    struct wire_builder builder;
    uint64_t image = open_image(self);

    wire_builder_init(&builder, words, sizeof(words));
    spawn_build(&builder, program, image, grants, count);
    user_message_begin(self, op, user_cap(self, "spawner"),
                       PROCESS_SPAWNER_INTERFACE_ID,
                       PROCESS_SPAWNER_METHOD_SPAWN, &builder);
}

int64_t user_spawn(struct user *self, user_program *program,
                   const struct user_grant *grants, uint32_t count)
{
    struct user_op op;
    int32_t result;

    user_spawn_begin(self, &op, program, grants, count);
    result = user_await(self, &op);
    return result < 0 ? result : (int64_t)user_result_cap(self, &op, 0);
}

uint64_t user_thread(struct user *self, user_program *program,
                     uint32_t number)
{
    uint64_t words[32];
    uint64_t stack = self->start.stack_low + number * STACK_STEP;
    struct wire_builder builder;
    struct thread_control_create_params_builder params;
    struct wire_builder_list list;
    struct user_op op;

    wire_builder_init(&builder, words, sizeof(words));
    params = thread_control_create_params_build(&builder);
    thread_control_create_params_set_entry(params,
                                           self->start.image_base + 0x1000);
    thread_control_create_params_set_stack_low(params, stack);
    thread_control_create_params_set_stack_high(params, stack + STACK_STEP);
    thread_control_create_params_set_sq_entries(params, 4);
    thread_control_create_params_set_cq_entries(params, 8);
    list = thread_control_create_params_init_words(params, 1);
    thread_control_create_params_words_set(list, 0, (uintptr_t)program);
    user_message_begin(self, &op, user_cap(self, "self-threads"),
                       THREAD_CONTROL_INTERFACE_ID,
                       THREAD_CONTROL_METHOD_CREATE, &builder);
    (void)user_await(self, &op);
    return user_result_cap(self, &op, 0);
}

uint64_t user_endpoint(struct user *self)
{
    struct user_op op;

    user_call_begin(self, &op, user_cap(self, "endpoints"),
                    ENDPOINT_FACTORY_INTERFACE_ID,
                    ENDPOINT_FACTORY_METHOD_CREATE, 0, 0, 0);
    (void)user_await(self, &op);
    return user_result_cap(self, &op, 0);
}

uint64_t user_mint(struct user *self, uint64_t endpoint, uint64_t tag)
{
    struct user_op op;

    user_call_begin(self, &op, endpoint, ENDPOINT_INTERFACE_ID,
                    ENDPOINT_METHOD_MINT, tag, ECHO_INTERFACE_ID, 0);
    (void)user_await(self, &op);
    return user_result_cap(self, &op, 0);
}

int32_t user_release(struct user *self, uint64_t cap)
{
    struct user_op op;

    reserve(self, &op, RING_RELEASE)->cap = cap;
    return user_await(self, &op);
}

int32_t user_kill(struct user *self, uint64_t process)
{
    return user_call(self, process, PROCESS_HANDLE_INTERFACE_ID,
                     PROCESS_HANDLE_METHOD_KILL, 7, 0, 0);
}

int32_t user_wait(struct user *self, uint64_t process)
{
    return user_call(self, process, PROCESS_HANDLE_INTERFACE_ID,
                     PROCESS_HANDLE_METHOD_WAIT, 0, 0, 0);
}

int32_t user_join(struct user *self, uint64_t thread)
{
    return user_call(self, thread, THREAD_HANDLE_INTERFACE_ID,
                     THREAD_HANDLE_METHOD_JOIN, 0, 0, 0);
}

void user_sleep(struct user *self, uint64_t time_ns)
{
    USER_EQUAL(user_call(self, user_cap(self, "timer"), TIMER_INTERFACE_ID,
                         TIMER_METHOD_SLEEP, time_ns, 0, 0), 0);
}

void user_park_begin(struct user *self, struct user_op *op, uint64_t address,
                     uint32_t expected, uint64_t timeout_ns)
{
    struct sqe *sqe = reserve(self, op, RING_PARK);

    sqe->park.address = address;
    sqe->park.expected = expected;
    sqe->park.timeout_ns = timeout_ns;
}

int32_t user_unpark(struct user *self, uint64_t address, uint32_t count)
{
    struct user_op op;
    struct sqe *sqe = reserve(self, &op, RING_UNPARK);

    sqe->park.address = address;
    sqe->park.count = count;
    return user_await(self, &op);
}

int32_t user_cancel(struct user *self, const struct user_op *victim)
{
    struct user_op op;

    reserve(self, &op, RING_CANCEL)->words[0] = (uintptr_t)&victim->rpc;
    return user_await(self, &op);
}

void user_recv_begin(struct user *self, struct user_op *op, uint64_t endpoint,
                     uint32_t credits)
{
    struct sqe *sqe = reserve(self, op, RING_RECV);

    sqe->cap = endpoint;
    sqe->recv.credits = credits;
}


void user_recv_memory_begin(struct user *self, struct user_op *op,
                            uint64_t endpoint, uint32_t credits,
                            uint64_t area)
{
    struct sqe *sqe = reserve(self, op, RING_RECV);

    sqe->cap = endpoint;
    sqe->recv.credits = credits;
    sqe->recv.area = area;
    sqe->recv.slots = credits;
    sqe->recv.slot_bytes = 128;
}

void user_reverse_begin(struct user *self, struct user_op *op, uint64_t cap,
                        uint64_t text, uint32_t bytes)
{
    struct sqe *sqe;

    user_call_begin(self, op, cap, ECHO_INTERFACE_ID, ECHO_METHOD_REVERSE, 0,
                    0, 0);
    sqe = &self->ring.sqes[(self->ring.sq_tail - 1) & self->ring.sq_mask];
    sqe->memory.params = text;
    sqe->memory.params_len = bytes;
}

struct cqe user_next(struct user *self)
{
    while (self->ring.available == 0) {
        int64_t count = ring_enter(&self->ring, 1, TIMEOUT_NEVER);

        USER_EXPECT(count > 0);
    }
    return *ring_take(&self->ring);
}

void user_return(struct user *self, uint64_t call_id, uint64_t word)
{
    struct ring_reply reply = {.flags = RING_INLINE, .words = {word}};

    USER_EQUAL(ring_return(&self->ring, call_id, &reply), 0);
}

void user_submit(struct user *self)
{
    USER_EXPECT(ring_enter(&self->ring, 0, TIMEOUT_POLL) >= 0);
}

uint64_t user_map(struct user *self, uint64_t pages)
{
    struct user_op op;

    user_call_begin(self, &op, user_cap(self, "self-memory"),
                    VIRTUAL_MEMORY_INTERFACE_ID, VIRTUAL_MEMORY_METHOD_MAP, 0,
                    pages | (uint64_t)PROTECTION_READ_WRITE << 32, 0);
    USER_EXPECT(user_await(self, &op) >= 0);
    return op.rpc.rwords[0];
}
