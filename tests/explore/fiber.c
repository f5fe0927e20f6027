/* fiber.c - stacks between guard pages (fiber.h). */
#include "fiber.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FIBER_GUARD_BYTES 4096u
#define FIBER_STEP (FIBER_STACK_BYTES + FIBER_GUARD_BYTES)
#define FIBER_SAVED 6u /* registers that fiber_switch keeps */

static char *stacks;

static char *stack_top(uint32_t number)
{
    return stacks + (size_t)(number + 1) * FIBER_STEP;
}

void fiber_init(void)
{
    stacks = mmap(NULL, (size_t)FIBERS_MAX * FIBER_STEP,
                  PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stacks == MAP_FAILED) {
        abort();
    }
    for (uint32_t i = 0; i < FIBERS_MAX; i++) {
        if (mprotect(stack_top(i) - FIBER_STEP, FIBER_GUARD_BYTES,
                     PROT_NONE) != 0) {
            abort();
        }
    }
}

void *fiber_make(uint32_t number, void (*run)(void))
{
    /* As if run had been called: the address to return to lies above it. */
    void **at = (void **)(void *)stack_top(number) - 2;

    if (number >= FIBERS_MAX) {
        abort();
    }
    at[0] = (void *)(uintptr_t)run;
    at[1] = NULL;
    at -= FIBER_SAVED;
    memset(at, 0, FIBER_SAVED * sizeof(*at));
    return at;
}

struct fiber_copy fiber_save(const void *at)
{
    size_t offset = (size_t)((const char *)at - stacks);
    struct fiber_copy copy = {.number = (uint32_t)(offset / FIBER_STEP)};

    copy.bytes = (size_t)(stack_top(copy.number) - (const char *)at);
    copy.content = malloc(copy.bytes);
    if (!copy.content) {
        abort();
    }
    memcpy(copy.content, at, copy.bytes);
    return copy;
}

void fiber_restore(const struct fiber_copy *copy)
{
    memcpy(stack_top(copy->number) - copy->bytes, copy->content, copy->bytes);
}
