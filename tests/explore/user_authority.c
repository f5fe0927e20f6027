/* user_authority.c - lending, taking back, moving (user_authority.h). */
#include "user_authority.h"

#include "capos.gen.h"
#include "hal.h"

#define PARAMS_BYTES 16u
#define XFER_OFFSET 0x40u /* from a program's own memory */

static uint64_t make(struct user *self, const char *factory,
                     uint64_t interface_id, uint16_t method, uint64_t word)
{
    struct user_op op;

    user_call_begin(self, &op, user_cap(self, factory), interface_id, method,
                    word, 0, 0);
    (void)user_await(self, &op);
    return user_result_cap(self, &op, 0);
}

/* The entry that was queued last. */
static struct sqe *queued(struct user *self)
{
    return &self->ring.sqes[(self->ring.sq_tail - 1) & self->ring.sq_mask];
}

/* Lets the entry that was queued last carry a capability. */
static void carry(struct user *self, uint64_t cap, uint8_t mode)
{
    struct ring_xfer xfer = {.cap = cap, .mode = mode};
    uint64_t address = self->memory + XFER_OFFSET;

    USER_EQUAL(hal_user_copy_out(address, &xfer, sizeof(xfer)), 0);
    queued(self)->memory.ncaps = 1;
    queued(self)->memory.xfers = address;
}

uint64_t user_revoker(struct user *self)
{
    return make(self, "revokers", REVOKER_FACTORY_INTERFACE_ID,
                REVOKER_FACTORY_METHOD_CREATE, 0);
}

uint64_t user_attach(struct user *self, uint64_t revoker, uint64_t cap)
{
    uint64_t words[8];
    struct wire_builder builder;
    struct user_op op;

    wire_builder_init(&builder, words, sizeof(words));
    revoker_attach_params_set_cap(revoker_attach_params_build(&builder), 0);
    user_message_begin(self, &op, revoker, REVOKER_INTERFACE_ID,
                       REVOKER_METHOD_ATTACH, &builder);
    carry(self, cap, RING_XFER_COPY);
    (void)user_await(self, &op);
    return user_result_cap(self, &op, 0);
}

int32_t user_revoke(struct user *self, uint64_t revoker)
{
    return user_call(self, revoker, REVOKER_INTERFACE_ID,
                     REVOKER_METHOD_REVOKE, 0, 0, 0);
}

uint64_t user_page(struct user *self)
{
    return make(self, "frames", FRAME_ALLOCATOR_INTERFACE_ID,
                FRAME_ALLOCATOR_METHOD_ALLOCATE, 1);
}

int64_t user_map_page(struct user *self, uint64_t memory)
{
    struct user_op op;
    int32_t status;

    user_call_begin(self, &op, memory, MEMORY_OBJECT_INTERFACE_ID,
                    MEMORY_OBJECT_METHOD_MAP, 0, 0,
                    1 | (uint64_t)PROTECTION_READ_WRITE << 32);
    status = user_await(self, &op);
    return status < 0 ? status : (int64_t)op.rpc.rwords[0];
}

int32_t user_unmap(struct user *self, uint64_t address)
{
    return user_call(self, user_cap(self, "self-memory"),
                     VIRTUAL_MEMORY_INTERFACE_ID, VIRTUAL_MEMORY_METHOD_UNMAP,
                     address, 1, 0);
}

void user_move_begin(struct user *self, struct user_op *op, uint64_t facet,
                     uint64_t cap)
{
    user_reverse_begin(self, op, facet, self->memory, PARAMS_BYTES);
    carry(self, cap, RING_XFER_MOVE);
}

void user_park_shared_begin(struct user *self, struct user_op *op,
                            uint64_t address)
{
    user_park_begin(self, op, address, 0, TIMEOUT_NEVER);
    queued(self)->flags = RING_SHARED;
}

void user_unpark_shared(struct user *self, uint64_t address)
{
    struct sqe *sqe = ring_reserve(&self->ring);

    USER_EXPECT(sqe != NULL);
    *sqe = (struct sqe){.opcode = RING_UNPARK,
                        .flags = RING_SHARED | RING_QUIET,
                        .park = {.address = address, .count = 1}};
    user_submit(self);
}

void user_settle(struct user *self)
{
    explore_calm();
    user_sleep(self, 1000000);
}

static void serve_call(struct user *self, const struct cqe *cqe)
{
    struct ring_reply raise = {.flags = RING_EXCEPTION,
                               .kind = CAP_EXCEPTION_KIND_FAILED};

    if (cqe->flags & RING_CQE_INLINE) {
        user_return(self, cqe->call_id, cqe->words[0]);
    } else {
        USER_EQUAL(ring_return(&self->ring, cqe->call_id, &raise), 0);
    }
}

int32_t user_serve(struct user *self, const struct user_op *receive)
{
    for (;;) {
        struct cqe cqe = user_next(self);

        if (cqe.kind == RING_CQE_CALL) {
            serve_call(self, &cqe);
        } else if (cqe.kind == RING_CQE_COMPLETION &&
                   cqe.user_data == (uintptr_t)&receive->rpc) {
            return cqe.result;
        } else {
            USER_EXPECT(cqe.kind == RING_CQE_UNHELD ||
                        cqe.result == ERR_CALL_GONE);
        }
    }
}
