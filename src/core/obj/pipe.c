/* pipe.c - the stream of a pipe, and serving who waits at its ends. */
#include "obj/pipe.h"

#include "capos.server.gen.h"
#include "fail.h"
#include "ipc/copy.h"
#include "proc/ledger.h"
#include "proc/process.h"
#include "ring.h"
#include "sched/cpu.h"

/* Bytes of a message that holds no data. */
#define PIPE_END_BYTES 64u

static const struct object_type pipe_type = {.name = "pipe"};

/* --------------------------------------------------------------- the stream */

static uint32_t pipe_least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Copies the first count bytes without taking them. */
static void pipe_peek(const struct pipe *pipe, void *to, uint32_t count)
{
    uint32_t straight = pipe_least(count, pipe->capacity - pipe->first);

    __builtin_memcpy(to, pipe->bytes + pipe->first, straight);
    __builtin_memcpy((char *)to + straight, pipe->bytes, count - straight);
}

static void pipe_drop(struct pipe *pipe, uint32_t count)
{
    pipe->first = (pipe->first + count) % pipe->capacity;
    pipe->used -= count;
}

void pipe_take(struct pipe *pipe, void *to, uint32_t count)
{
    pipe_peek(pipe, to, count);
    pipe_drop(pipe, count);
}

uint32_t pipe_fit(const struct pipe *pipe, uint32_t bytes)
{
    uint32_t room = pipe->capacity - pipe->used;

    return room < pipe_least(bytes, PIPE_ATOMIC_BYTES)
               ? 0
               : pipe_least(bytes, room);
}

/* Where the next byte goes, and how many fit there in one piece. */
static uint8_t *pipe_place(struct pipe *pipe, uint32_t *straight)
{
    uint32_t at = (pipe->first + pipe->used) % pipe->capacity;

    *straight = pipe_least(pipe->capacity - pipe->used, pipe->capacity - at);
    return pipe->bytes + at;
}

void pipe_put(struct pipe *pipe, const void *from, uint32_t count)
{
    uint32_t straight;
    uint8_t *place = pipe_place(pipe, &straight);

    straight = pipe_least(count, straight);
    __builtin_memcpy(place, from, straight);
    __builtin_memcpy(pipe->bytes, (const char *)from + straight,
                     count - straight);
    pipe->used += count;
}

/* ---------------------------------------------------------- who waits there */

struct call *pipe_wait(struct pipe_end *end, struct server_call *call,
                       struct list *calls)
{
    struct call *waiting;
    uint32_t count = 0;

    for (struct list_node *node = list_first(calls); node;
         node = list_next(calls, node)) {
        count++;
    }
    if (count >= PIPE_WAITERS_MAX) {
        return NULL;
    }
    waiting = kernel_defer(call, &end->object, &end->pipe->lock);
    if (waiting) {
        list_push_back(calls, &waiting->link);
    }
    return waiting;
}

/*
 * Copies a message with the first bytes of the pipe, or with none if there are
 * none, to who reads; they are taken when they have arrived. Locked.
 */
static int32_t pipe_deliver(struct pipe *pipe, const struct call *reading)
{
    uint64_t none[PIPE_END_BYTES / 8];
    struct server_call call = {
        .result = pipe->used ? cpu_self()->params : none,
        .result_size = pipe->used ? reading->result_len
                                  : pipe_least(reading->result_len,
                                               sizeof(none)),
    };
    struct pipe_reader_read_results_builder results =
        pipe_reader_read_results_begin(&call);
    uint32_t count = pipe_least(
        pipe_least((uint32_t)reading->words[0], pipe->used),
        wire_builder_room(&call.builder));
    uint8_t *data = pipe_reader_read_results_init_data(results, count);
    int32_t error;

    if (data) {
        pipe_peek(pipe, data, count);
    }
    error = server_finish(&call, 0);
    if (!error) {
        error = copy_to(reading->caller->process, reading->result, call.result,
                        call.result_len);
    }
    if (error) {
        return error;
    }
    pipe_drop(pipe, count);
    return (int32_t)call.result_len;
}

/* Puts in what a waiting write can; *entry says how many. Locked. */
static void pipe_accept(struct pipe *pipe, const struct call *writing,
                        struct cqe *entry)
{
    uint32_t count = pipe_fit(pipe, writing->memory.params_len);
    uint64_t words[4] = {0};
    uint32_t straight;
    uint8_t *place = pipe_place(pipe, &straight);

    straight = pipe_least(count, straight);
    entry->result = copy_from(writing->caller->process,
                              writing->memory.params, place, straight);
    if (!entry->result) {
        entry->result = copy_from(writing->caller->process,
                                  writing->memory.params + straight,
                                  pipe->bytes, count - straight);
    }
    if (!entry->result) {
        pipe->used += count;
        pipe_writer_write_results_set_written(
            (struct pipe_writer_write_results_builder){
                wire_builder_inline(words)}, count);
        entry->flags = RING_CQE_INLINE;
        __builtin_memcpy(entry->words, words, sizeof(words));
    }
}

/* The next call that can be completed, taken out of its list; NULL: none. */
static struct call *pipe_next(struct pipe *pipe, struct cqe *entry)
{
    struct list_node *first = list_first(&pipe->readers);
    struct call *call = NULL;

    if (first && (pipe->used || pipe_ended(pipe))) {
        call = call_take_first(&pipe->readers);
        entry->result = pipe_deliver(pipe, call);
        return call;
    }
    first = list_first(&pipe->writers);
    if (!first) {
        return NULL;
    }
    call = container_of(first, struct call, link);
    if (pipe_broken(pipe)) {
        entry->result = FAIL(ERR_DISCONNECTED, "nobody reads the pipe");
    } else if (pipe_fit(pipe, call->memory.params_len)) {
        pipe_accept(pipe, call, entry);
    } else {
        return NULL;
    }
    return call_take_first(&pipe->writers);
}

void pipe_serve(struct pipe *pipe)
{
    struct call *call;

    do {
        struct cqe entry = {.result = 0};

        lock_acquire(&pipe->lock);
        call = pipe_next(pipe, &entry);
        lock_release(&pipe->lock);
        if (call) {
            call_complete(call, &entry);
        }
    } while (call);
}

/* ------------------------------------------------------------------- making */

static int32_t pipe_end_create(struct pipe *pipe, struct ledger *ledger,
                               const struct object_type *type,
                               struct object **out)
{
    int32_t error = object_create(sizeof(struct pipe_end), type, ledger, out);

    if (!error) {
        object_get(&pipe->object);
        pipe_end_of(*out)->pipe = pipe;
    }
    return error;
}

int32_t pipe_create(struct ledger *ledger, uint32_t capacity,
                    struct object **reader, struct object **writer)
{
    struct object *object;
    struct pipe *pipe;
    int32_t error =
        object_create(sizeof(*pipe) + capacity, &pipe_type, ledger, &object);

    if (error) {
        return error;
    }
    pipe = container_of(object, struct pipe, object);
    lock_init(&pipe->lock, LOCK_ENDPOINT);
    pipe->capacity = capacity;
    list_init(&pipe->readers);
    list_init(&pipe->writers);
    error = pipe_end_create(pipe, ledger, &pipe_reader_type, reader);
    if (!error) {
        error = pipe_end_create(pipe, ledger, &pipe_writer_type, writer);
        if (error) {
            object_put(*reader);
        }
    }
    object_put(object); /* the ends have theirs */
    return error;
}
