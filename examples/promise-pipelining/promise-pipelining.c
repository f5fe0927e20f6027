/*
 * promise-pipelining - calls on what earlier calls have yet to return.
 *
 * A thread serves a tree of folders, one facet for each folder that somebody
 * opens. Its client opens one and reads from it without coming back in between:
 * the second call names as its target the capability that the first will return.
 * Chains of that go on; calls on one target keep their order; and if a folder
 * cannot be opened, what was to be done with it fails the same way.
 */
#include "capos.h"
#include "serve.h"

#include "capos.server.gen.h"

#define READS 3u
#define DEPTH 3u
#define SEEN_MAX 16u

struct opening {
    struct rpc rpc;
    struct rpc_buffer buffer;
    uint64_t memory[FOLDER_OPEN_BUFFER_BYTES / 8 + 8];
};

static uint64_t endpoint;
static int32_t served;
static bool stop;
static uint64_t seen[SEEN_MAX]; /* what was read from, in order */
static uint32_t seen_count;

static gate_fn *gate;         /* the main thread's */
static uint32_t gate_tail;    /* of its submissions, when it last entered */
static uint32_t gate_entries; /* that showed the kernel something new */

/* ------------------------------------------------------------------- service */

/* Every folder has one in it, called "sub"; the tag of a facet is its depth. */
static int32_t folder_opened(void *self, struct server_call *call,
                             struct folder_open_params_reader params,
                             struct folder_open_results_builder results)
{
    uint64_t facet = CAP_NONE;

    (void)self;
    if (!wire_text_equal(folder_open_params_get_name(params),
                         WIRE_TEXT("sub"))) {
        return server_raise(call, CAP_EXCEPTION_KIND_FAILED, ERR_NOT_FOUND,
                            "nothing has that name");
    }
    if (endpoint_mint(rt(), endpoint, call->tag + 1, FOLDER_INTERFACE_ID, 0,
                      false, &facet) < 0) {
        return ERR_OVERLOADED;
    }
    folder_open_results_set_folder(results, server_move_cap(call, facet));
    return 0;
}

/* A folder at depth n has 100 n to read. */
static int32_t folder_was_read(void *self, struct server_call *call,
                               struct folder_read_params_reader params,
                               struct folder_read_results_builder results)
{
    uint64_t from = folder_read_params_get_from(params);

    (void)self;
    if (seen_count < SEEN_MAX) {
        seen[seen_count++] = from;
    }
    folder_read_results_set_length(results, 100 * call->tag - from);
    return 0;
}

static int32_t handle(void *self, struct server_call *call)
{
    static const struct folder_server folder = {.open = folder_opened,
                                                .read = folder_was_read};

    stop = call->method > FOLDER_METHOD_READ;
    return folder_dispatch(&folder, self, call);
}

static void server(void *argument)
{
    struct serve_options options = {.until = &stop};

    (void)argument;
    served = capos_serve(endpoint, handle, NULL, &options);
}

/* -------------------------------------------------------------------- client */

/* The main thread's way into the kernel, counted. */
static int64_t counted(uint64_t number, uint64_t a0, uint64_t a1)
{
    uint32_t tail = ring_self()->sq_tail;

    gate_entries += tail != gate_tail;
    gate_tail = tail;
    return gate(number, a0, a1);
}

static void count_anew(void)
{
    gate_tail = ring_self()->sq_tail;
    gate_entries = 0;
}

/* Submits an open of a folder or, promised, of what will be one. */
static void open_begin(struct opening *opening, uint64_t folder,
                       struct wire_text name)
{
    opening->rpc = (struct rpc){.complete = NULL};
    rpc_buffer_init(&opening->buffer, opening->memory,
                    sizeof(opening->memory));
    folder_open_submit(rt(), &opening->rpc, folder, name, &opening->buffer);
}

/* How it ended; the capability is given back. */
static int32_t open_end(struct opening *opening)
{
    uint64_t folder = CAP_NONE;
    int32_t status = transport_await(rt(), &opening->rpc);

    if (status >= 0) {
        status = folder_open_finish(&opening->rpc, &folder);
    }
    cap_release(folder);
    return status;
}

static void read_begin(struct rpc *rpc, const struct promise *folder,
                       uint64_t from)
{
    *rpc = (struct rpc){.complete = NULL};
    folder_read_submit(rt(), rpc, pipeline_cap(folder, 0), from);
    pipeline_target(rpc);
}

static uint64_t read_end(struct rpc *rpc)
{
    return transport_await(rt(), rpc) == 0 ? rpc->rwords[0] : 0;
}

static void check_one(uint64_t root)
{
    struct opening opening;
    struct promise folder;
    uint32_t entries;
    uint64_t length;
    struct rpc rpc;

    count_anew();
    open_begin(&opening, root, WIRE_TEXT("sub"));
    pipeline_promise(&folder, &opening.rpc);
    read_begin(&rpc, &folder, 1);
    length = read_end(&rpc);
    entries = gate_entries;
    check(length == 99, "what was opened is read");
    check(entries == 1, "both calls went with one kernel entry");
    check(open_end(&opening) == 0, "the folder came, too");
    ring_poll(ring_self()); /* it is released by now */
    read_begin(&rpc, &folder, 2);
    check(transport_await(rt(), &rpc) == ERR_BAD_CAPABILITY,
          "its promise outlives it, but no capability does");
}

static void check_chain(uint64_t root)
{
    struct opening openings[DEPTH];
    struct promise folders[DEPTH];
    uint32_t good = 0;
    uint32_t entries;
    uint64_t length;
    struct rpc rpc;

    count_anew();
    for (uint32_t i = 0; i < DEPTH; i++) {
        open_begin(&openings[i], i ? pipeline_cap(&folders[i - 1], 0) : root,
                   WIRE_TEXT("sub"));
        if (i > 0) {
            pipeline_target(&openings[i].rpc);
        }
        pipeline_promise(&folders[i], &openings[i].rpc);
    }
    read_begin(&rpc, &folders[DEPTH - 1], 1);
    length = read_end(&rpc);
    entries = gate_entries;
    check(length == 100 * DEPTH - 1, "a chain of %u, and then a read", DEPTH);
    check(entries == 1, "with one kernel entry");
    for (uint32_t i = 0; i < DEPTH; i++) {
        good += open_end(&openings[i]) == 0;
    }
    check(good == DEPTH, "%u folders came", DEPTH);
}

static void check_order(uint64_t root)
{
    struct opening opening;
    struct promise folder;
    struct rpc rpcs[READS];
    uint32_t good = 0;

    seen_count = 0;
    open_begin(&opening, root, WIRE_TEXT("sub"));
    pipeline_promise(&folder, &opening.rpc);
    for (uint32_t i = 0; i < READS; i++) {
        read_begin(&rpcs[i], &folder, i + 1);
    }
    for (uint32_t i = 0; i < READS; i++) {
        good += read_end(&rpcs[i]) == 99 - i;
    }
    check(good == READS, "%u reads of one folder", READS);
    check(seen_count == READS && seen[0] == 1 && seen[1] == 2 && seen[2] == 3,
          "in the order of submission");
    open_end(&opening);
}

static void check_broken(uint64_t root)
{
    struct opening opening;
    struct opening below;
    struct promise folder;
    struct promise none;
    struct rpc rpc;

    open_begin(&opening, root, WIRE_TEXT("nothing"));
    pipeline_promise(&folder, &opening.rpc);
    open_begin(&below, pipeline_cap(&folder, 0), WIRE_TEXT("sub"));
    pipeline_target(&below.rpc);
    pipeline_promise(&none, &below.rpc);
    read_begin(&rpc, &none, 1);
    check(transport_await(rt(), &rpc) == ERR_EXCEPTION &&
              rpc.rwords[0] == CAP_EXCEPTION_KIND_FAILED &&
              (int32_t)rpc.rwords[1] == ERR_NOT_FOUND,
          "an exception passes on to all that was to follow");
    check(open_end(&below) == ERR_EXCEPTION &&
              below.rpc.rwords[0] == CAP_EXCEPTION_KIND_FAILED,
          "with its kind");
    check(open_end(&opening) == ERR_EXCEPTION, "from where it was raised");
    folder.sequence += 100;
    read_begin(&rpc, &folder, 1);
    check(transport_await(rt(), &rpc) == ERR_NOT_FOUND,
          "what promised nothing cannot be a target");
}

/* The kernel's own objects answer at once; it is the same for the program. */
static void check_kernel(void)
{
    uint64_t frames = capset_need("frames", FRAME_ALLOCATOR_INTERFACE_ID);
    uint64_t memory[FRAME_ALLOCATOR_ALLOCATE_BUFFER_BYTES / 8 + 8];
    struct rpc made = {.complete = NULL};
    struct rpc size = {.complete = NULL};
    struct rpc_buffer buffer;
    struct promise promise;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    frame_allocator_allocate_submit(rt(), &made, frames, 3, &buffer);
    pipeline_promise(&promise, &made);
    memory_object_size_submit(rt(), &size, pipeline_cap(&promise, 0));
    pipeline_target(&size);
    check(transport_await(rt(), &size) == 0 &&
              size.rwords[0] == 3 * PAGE_SIZE,
          "an object of the kernel's, made and asked");
    transport_await(rt(), &made);
    cap_release(rpc_cap(&made, 0));
}

int main(void)
{
    uint64_t factory = capset_need("endpoints", ENDPOINT_FACTORY_INTERFACE_ID);
    struct thread *thread;
    uint64_t root = CAP_NONE;

    check(endpoint_factory_create(rt(), factory, &endpoint) == 0 &&
              endpoint_mint(rt(), endpoint, 0, FOLDER_INTERFACE_ID, 0, false,
                            &root) == 0,
          "a tree of folders");
    if (!check(thread_start(&thread, server, NULL) == 0, "and its server")) {
        return 1;
    }
    gate = ring_self()->gate;
    ring_self()->gate = counted;
    check_one(root);
    check_chain(root);
    check_order(root);
    check_broken(root);
    check_kernel();
    echo_fail(rt(), root, CAP_EXCEPTION_KIND_FAILED); /* no such method */
    check(thread_join(thread, NULL) == 0 && served == 0, "the server ended");
    return check_status();
}
