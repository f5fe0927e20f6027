/*
 * process-in-parts - a process built by hand, out of the one that builds it.
 *
 * The program does half of a computation whose state lies in its data, in pages
 * that it has mapped, and on its stack. Then it makes an empty process, copies its
 * image with all of that into the other window, at the same offsets, and starts
 * it at its entry: _start relocates the image to where it is now, and main finds
 * in the data that it has work to go on with. What state points to other state
 * says so by offsets in the window, which are the same in every window.
 *
 * Both finish the computation; both get the same.
 */
#include "capos.h"
#include "spawn.h"

#include "image.h"

#define HALF 3000u
#define WHOLE 6000u
#define HEAP_PAGES 4u
#define STACK_PAGES 16u

/* One prime; next is an offset in the window, 0 ends the list. */
struct found {
    uint64_t next;
    uint64_t prime;
};

/* Where the computation stands. */
static struct {
    uint64_t begun; /* 0: nothing has been done */
    uint64_t next;
    uint64_t heap;  /* offsets in the window */
    uint64_t used;  /* of the heap, in entries */
    uint64_t first;
    uint64_t sum;   /* of all primes, on the stack that it began on */
} state;

static void *at(uint64_t offset)
{
    return (void *)(uintptr_t)(process_start()->window_base + offset);
}

static uint64_t offset_of(const void *pointer)
{
    return (uintptr_t)pointer - process_start()->window_base;
}

/* A number is prime unless one of the primes found so far divides it. */
static bool prime(uint64_t number)
{
    for (uint64_t entry = state.first; entry != 0;
         entry = ((struct found *)at(entry))->next) {
        if (number % ((struct found *)at(entry))->prime == 0) {
            return false;
        }
    }
    return true;
}

static void compute(uint64_t end)
{
    uint64_t room = HEAP_PAGES * PAGE_SIZE / sizeof(struct found);

    for (; state.next < end && state.used < room; state.next++) {
        struct found *entry =
            (struct found *)at(state.heap) + state.used;

        if (prime(state.next)) {
            *entry = (struct found){state.first, state.next};
            state.first = offset_of(entry);
            state.used++;
            *(uint64_t *)at(state.sum) += state.next;
        }
    }
}

/* The window moved: the child goes on where its maker stopped. */
static int go_on(void)
{
    compute(WHOLE);
    return (int)*(uint64_t *)at(state.sum);
}

/* The parts of this process, at the same offsets of the new one's window. */
static bool copy_parts(const struct spawn_parts *parts)
{
    return image_copy_program(parts) &&
           image_copy(parts, state.heap, HEAP_PAGES, PROTECTION_READ_WRITE) &&
           image_copy_stack(parts);
}

static bool start(const struct spawn_parts *parts)
{
    const struct start_block *self = process_start();
    uint64_t image = parts->window_base + self->image_base - self->window_base;
    uint64_t memory[96];
    struct rpc_buffer buffer;
    struct process_builder_start_params_builder params;
    uint64_t stack = 0;

    if (virtual_memory_map(rt(), parts->memory, 0, STACK_PAGES,
                           PROTECTION_READ_WRITE, &stack) < 0) {
        return false;
    }
    rpc_buffer_init(&buffer, memory, sizeof(memory));
    params = process_builder_start_begin(&buffer);
    process_builder_start_params_set_entry(params, image + image_entry());
    process_builder_start_params_set_stack_low(params, stack);
    process_builder_start_params_set_stack_high(
        params, stack + STACK_PAGES * PAGE_SIZE);
    process_builder_start_params_set_image_base(params, image);
    process_builder_start_params_set_image_size(params, self->image_size);
    return process_builder_start(rt(), parts->builder, &buffer) == 0;
}

static int32_t grant_console(uint64_t builder)
{
    uint64_t memory[32];
    struct rpc_buffer buffer;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    return process_builder_grant(rt(), builder, WIRE_TEXT("console"),
                                 capset_find("console", 0), 0, 0, &buffer);
}

static bool create(struct spawn_parts *parts)
{
    const struct spawn spawn = {.program = "process-in-parts",
                                .pages_max = 400};

    *parts = (struct spawn_parts){.process = CAP_NONE};
    return check(capos_create(&spawn, parts, NULL) == 0, "an empty process");
}

static void parts_release(struct spawn_parts *parts)
{
    cap_release(parts->builder);
    cap_release(parts->memory);
}

/* One that nobody starts ends when its builder and its handle are gone. */
static void check_abandoned(void)
{
    struct spawn_parts parts;
    struct spawn_end end = {.how = EXIT_KIND_EXITED};
    struct rpc waiting = {.complete = NULL};

    create(&parts);
    process_handle_wait_submit(rt(), &waiting, parts.process);
    cap_release(parts.builder);
    ring_poll(ring_self());
    check(!waiting.done, "without its builder it is still there");
    cap_release(parts.process);
    check(transport_await(rt(), &waiting) == 0 &&
              process_handle_wait_finish(&waiting, &end.how, &end.code,
                                         &end.address) == 0 &&
              end.how == EXIT_KIND_KILLED,
          "without its handle, too, it ends");
    cap_release(parts.memory);
}

static void check_moved(void)
{
    struct spawn_parts parts;
    struct spawned spawned;
    struct spawn_end end = {.code = 0};
    bool moved;

    create(&parts);
    check(parts.window_base != process_start()->window_base &&
              parts.window_base % parts.window_size == 0,
          "its window is another one");
    check(copy_parts(&parts), "the parts of this process are copied into it");
    check(grant_console(parts.builder) == 0 &&
              grant_console(parts.builder) < 0,
          "it is granted a console, once under that name");
    moved = start(&parts);
    check(moved, "it is started");
    check(!start(&parts) && grant_console(parts.builder) < 0,
          "once; after that nothing is granted");
    parts_release(&parts);
    spawned = (struct spawned){parts.process, parts.id};
    moved = moved && spawn_wait(&spawned, &end) == 0;
    con_print("  the sum of the other one: %lld\n", (long long)end.code);
    compute(WHOLE);
    con_print("  %llu primes, their sum is %llu\n",
              (unsigned long long)state.used,
              (unsigned long long)*(uint64_t *)at(state.sum));
    check(moved && end.how == EXIT_KIND_EXITED &&
              end.code == (int64_t)*(uint64_t *)at(state.sum),
          "both come to the same");
}

int main(void)
{
    volatile uint64_t sum = 0;
    uint64_t heap = 0;

    if (state.begun) {
        return go_on();
    }
    check(virtual_memory_map(rt(), capset_need("self-memory", 0), 0, HEAP_PAGES,
                             PROTECTION_READ_WRITE, &heap) == 0,
          "pages for what is found");
    state.begun = 1;
    state.next = 2;
    state.heap = offset_of((void *)(uintptr_t)heap);
    state.sum = offset_of((const void *)&sum);
    compute(HALF);
    check_abandoned();
    check_moved();
    return check_status();
}
