/*
 * promise_play.h - init makes promises and calls on them; a server, another
 * process, returns facets and memory objects: what promise_test and
 * promise_end_test are played with.
 */
#ifndef CAPOS_TESTS_PROMISE_PLAY_H
#define CAPOS_TESTS_PROMISE_PLAY_H

#include "check_run.h"
#include "core_service.h"

#define TAG_DIRECTORY 1u
#define TAG_FILE 2u
#define MADE 500u /* user_data of a promise, plus a number */

static struct player server;
static uint64_t endpoint;  /* init's */
static uint64_t directory; /* init's facet, TAG_DIRECTORY */
static uint64_t served;    /* the server's endpoint */
static uint64_t file;      /* the server's facet, TAG_FILE */
static uint64_t memory;    /* the server's MemoryObject of one page */
static uint64_t frames;    /* init's FrameAllocator */

static inline struct cqe allocate(void)
{
    return player_call(&fixture_init, frames, FRAME_ALLOCATOR_INTERFACE_ID,
                       FRAME_ALLOCATOR_METHOD_ALLOCATE, 1, 0, 0);
}

static inline void begin_on(uint32_t cpus)
{
    struct fixture_request request = {0};
    uint64_t caps[3];
    struct cqe cqe;

    fixture_begin_on(cpus);
    frames = player_cap(&fixture_init, "frames");
    endpoint = fixture_endpoint(&fixture_init);
    directory = fixture_mint(&fixture_init, endpoint, TAG_DIRECTORY, 0);
    caps[0] = endpoint;
    caps[1] = fixture_mint(&fixture_init, endpoint, TAG_FILE, 0);
    cqe = allocate();
    caps[2] = player_result_cap(&fixture_init, &cqe, 0);
    request.grants[0] = (struct fixture_grant){"service", caps[0]};
    request.grants[1] = (struct fixture_grant){"file", caps[1]};
    request.grants[2] = (struct fixture_grant){"memory", caps[2]};
    fixture_spawn(&fixture_init, &request, &server);
    fixture_release(&fixture_init, caps[1]);
    fixture_release(&fixture_init, caps[2]);
    served = player_cap(&server, "service");
    file = player_cap(&server, "file");
    memory = player_cap(&server, "memory");
}

static inline void begin(void)
{
    begin_on(1);
}

static inline void arm(uint32_t credits)
{
    struct sqe sqe = service_recv_sqe(&server, served, credits, credits, 1024);

    player_submit(&server, &sqe);
}

static inline void end(void)
{
    const struct sqe release = {.opcode = RING_RELEASE, .cap = endpoint};
    const struct sqe other = {.opcode = RING_RELEASE, .cap = served};
    struct cqe cqe;

    player_submit(&fixture_init, &release);
    player_submit(&server, &other);
    player_go(&fixture_init);
    (void)player_enter(&fixture_init, 0, TIMEOUT_POLL);
    while (player_pop(&fixture_init, &cqe)) {
    }
    fixture_kill(&fixture_init, server.handle, 0);
    player_detach(&server);
    fixture_end();
}

/* ------------------------------------------------------------------ entries */

/* What the next submission of init goes by. */
static inline uint32_t next_sequence(void)
{
    return fixture_init.sq_tail;
}

/* A call of memory form with flags, on a capability or a promise. */
static inline struct sqe open_sqe(uint64_t cap, uint8_t flags, uint64_t user_data)
{
    struct sqe sqe = service_message_sqe(&fixture_init, cap, user_data, 8);

    sqe.flags |= flags;
    return sqe;
}

/* An inline call on what was promised. */
static inline struct sqe read_sqe(uint32_t sequence, uint32_t index,
                           uint64_t user_data)
{
    struct sqe sqe = service_call_sqe(ring_promised(sequence, index),
                                      user_data, user_data);

    sqe.flags |= RING_PROMISED;
    return sqe;
}

/* Pushes the call that makes a promise; its sequence. */
static inline uint32_t push_open(uint64_t number)
{
    struct sqe sqe = open_sqe(directory, RING_PROMISE, MADE + number);
    uint32_t sequence = next_sequence();

    player_push(&fixture_init, &sqe);
    return sequence;
}

static inline void push_read(uint32_t sequence, uint64_t user_data)
{
    struct sqe sqe = read_sqe(sequence, 0, user_data);

    player_push(&fixture_init, &sqe);
}

static inline void enter(void)
{
    player_go(&fixture_init);
    (void)player_enter(&fixture_init, 0, TIMEOUT_POLL);
}

/* Enters and waits for that many completions. */
static inline void await(uint32_t count)
{
    player_go(&fixture_init);
    ck_assert_int_eq(player_enter(&fixture_init, count, TIMEOUT_NEVER),
                     PLAYER_WAITS);
}

static inline struct cqe take(uint64_t tag)
{
    struct cqe cqe = player_expect(&server, SERVICE_RECV);

    ck_assert_int_eq(cqe.kind, RING_CQE_CALL);
    ck_assert_uint_eq(cqe.tag, tag);
    return cqe;
}

/* The RETURN of a call with a capability (0: none). */
static inline struct sqe keep_sqe(uint64_t call_id, uint64_t cap)
{
    struct sqe sqe = {.opcode = RING_RETURN, .cap = call_id, .user_data = 9};
    struct ring_xfer xfer = {.cap = cap};

    player_write(&server, server.scratch + 512, &xfer, sizeof(xfer));
    sqe.memory.params = server.scratch;
    sqe.memory.params_len = 8;
    sqe.memory.xfers = cap ? server.scratch + 512 : 0;
    sqe.memory.ncaps = cap ? 1 : 0;
    return sqe;
}

static inline void keep(uint64_t call_id, uint64_t cap)
{
    struct sqe sqe = keep_sqe(call_id, cap);

    player_submit(&server, &sqe);
}

/* The server waits, so that others make their calls, until one has come. */
static inline void let_run(void)
{
    player_go(&server);
    ck_assert_int_eq(player_enter(&server, 1, TIMEOUT_NEVER), 1);
}

static inline void break_it(uint64_t call_id, uint16_t kind, uint32_t detail)
{
    struct sqe sqe = {.opcode = RING_RETURN,
                      .flags = RING_EXCEPTION,
                      .method = kind,
                      .result_len = detail,
                      .cap = call_id,
                      .user_data = 9};

    player_submit(&server, &sqe);
}

static inline void answer(uint64_t call_id)
{
    struct sqe sqe = service_return_sqe(call_id, 9, 0);

    player_submit(&server, &sqe);
}

static inline void cancel(uint64_t user_data)
{
    struct sqe sqe = service_cancel_sqe(user_data);

    player_submit(&fixture_init, &sqe);
}

static inline int32_t result_of(uint64_t user_data)
{
    return player_expect(&fixture_init, user_data).result;
}

#endif
