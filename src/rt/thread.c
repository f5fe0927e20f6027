/* thread.c - starting and joining threads; see thread.h for the layout. */
#include "thread.h"

#include "calls.h"
#include "cap.h"
#include "pages.h"
#include "panic.h"
#include "process.h"

struct thread thread_first;
uintptr_t thread_first_stack;
uintptr_t thread_first_stack_bytes;

_Static_assert(sizeof(struct thread) <= PAGE_SIZE, "has one page of the span");

int32_t thread_init_first(const struct start_block *block)
{
    thread_first_stack = block->stack_low;
    thread_first_stack_bytes = block->stack_high - block->stack_low;
    thread_first.id = block->thread_id;
    return ring_client_init(&thread_first.client, block);
}

static uint64_t thread_control(void)
{
    return capset_find("self-threads", THREAD_CONTROL_INTERFACE_ID);
}

void thread_exit_clear(int64_t code, sync_u32 *word)
{
    thread_control_exit(rt(), thread_control(), code, (uintptr_t)word);
    /* Without the capability, or a word: nobody else can end this thread. */
    process_exit(code);
}

void thread_exit(int64_t code)
{
    thread_exit_clear(code, NULL);
}

/* Where a thread begins: words[0] of its start block is its struct thread. */
static void thread_entry(const struct start_block *block)
{
    struct thread *thread = (struct thread *)(uintptr_t)block->words[0];

    thread->id = block->thread_id;
    if (ring_client_init(&thread->client, block) < 0) {
        process_exit(PANIC_EXIT_CODE);
    }
    thread->run(thread->argument);
    thread_exit(0);
}

/* Reserves a span, gives its record and its stack frames. NULL: no memory. */
static struct thread *span_create(void)
{
    char *reserved = pages_reserve(2 * THREAD_SPAN_BYTES);
    uintptr_t aligned = ((uintptr_t)reserved + THREAD_SPAN_BYTES - 1) &
                        ~(uintptr_t)(THREAD_SPAN_BYTES - 1);
    char *span = (char *)aligned;
    char *stack = span + THREAD_SPAN_BYTES - THREAD_STACK_BYTES;
    struct thread *thread = (struct thread *)(void *)span;

    if (reserved == NULL) {
        return NULL;
    }
    if (pages_commit(span, PAGE_SIZE) < 0 ||
        pages_commit(stack, THREAD_STACK_BYTES) < 0) {
        pages_unmap(reserved, 2 * THREAD_SPAN_BYTES);
        return NULL;
    }
    thread->reserved = reserved;
    return thread;
}

static int32_t thread_create(struct thread *thread, uint64_t control,
                             sync_u32 *word)
{
    uint64_t memory[32];
    struct rpc_buffer buffer;
    struct thread_control_create_params_builder params;
    struct wire_builder_list words;
    uintptr_t high = (uintptr_t)thread + THREAD_SPAN_BYTES;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    params = thread_control_create_begin(&buffer);
    thread_control_create_params_set_entry(params, (uintptr_t)thread_entry);
    thread_control_create_params_set_stack_low(params,
                                               high - THREAD_STACK_BYTES);
    thread_control_create_params_set_stack_high(params, high);
    thread_control_create_params_set_end_word(params, (uintptr_t)word);
    words = thread_control_create_params_init_words(params, 1);
    thread_control_create_params_words_set(words, 0, (uintptr_t)thread);
    return thread_control_create(rt(), control, &buffer, &thread->handle,
                                 NULL);
}

int32_t thread_start_word(struct thread **thread,
                          void (*run)(void *argument), void *argument,
                          sync_u32 *word)
{
    uint64_t control = thread_control();
    struct thread *fresh;
    int32_t status;

    if (control == CAP_NONE) {
        return ERR_NOT_FOUND;
    }
    fresh = span_create();
    if (fresh == NULL) {
        return ERR_OVERLOADED;
    }
    fresh->run = run;
    fresh->argument = argument;
    status = thread_create(fresh, control, word);
    if (status < 0) {
        pages_unmap(fresh->reserved, 2 * THREAD_SPAN_BYTES);
        return status;
    }
    *thread = fresh;
    return 0;
}

int32_t thread_start(struct thread **thread, void (*run)(void *argument),
                     void *argument)
{
    return thread_start_word(thread, run, argument, NULL);
}

int32_t thread_join(struct thread *thread, int64_t *code)
{
    int32_t status = thread_handle_join(rt(), thread->handle, NULL, code);

    if (status < 0) {
        return status;
    }
    cap_release(thread->handle);
    pages_unmap(thread->reserved, 2 * THREAD_SPAN_BYTES);
    return 0;
}
