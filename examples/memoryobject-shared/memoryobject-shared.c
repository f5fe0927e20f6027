/*
 * memoryobject-shared - memory that two processes see.
 *
 * A MemoryObject is a run of pages. Whoever holds it maps it; a read-only
 * share of it can be mapped for reading only. The parent grants a child (this
 * same program, with an argument) one writable and one read-only capability to
 * the same pages, and they pass a number back and forth.
 */
#include "capos.h"
#include "spawn.h"

#define PAGES 2u
#define QUESTION 6u
#define ANSWER 42u

/* Maps the object; NULL: refused. */
static volatile uint32_t *map(uint64_t object, enum protection protection)
{
    uint64_t address = 0;
    int32_t status =
        memory_object_map(rt(), object, 0, 0, PAGES, protection, &address);

    return status < 0 ? NULL : (volatile uint32_t *)(uintptr_t)address;
}

static int child(void)
{
    uint64_t object = capset_need("object", MEMORY_OBJECT_INTERFACE_ID);
    uint64_t view = capset_need("view", MEMORY_OBJECT_INTERFACE_ID);
    volatile uint32_t *writable = map(object, PROTECTION_READ_WRITE);
    volatile uint32_t *readable = map(view, PROTECTION_READ);

    if (!check(writable != NULL && readable != NULL,
               "child: both capabilities can be mapped")) {
        return 1;
    }
    check(*readable == QUESTION, "child: reads what the parent wrote");
    check(map(view, PROTECTION_READ_WRITE) == NULL,
          "child: the read-only share cannot be mapped writable");
    *writable = ANSWER;
    check(*readable == ANSWER, "child: both mappings show the same page");
    return check_status();
}

static void run_child(uint64_t object, uint64_t view)
{
    static const char *const args[] = {"child"};
    const struct spawn_grant grants[] = {
        {"console", capset_find("console", CONSOLE_INTERFACE_ID)},
        {"object", object},
        {"view", view},
    };
    const struct spawn spawn = {.program = "memoryobject-shared",
                                .args = args,
                                .arg_count = 1,
                                .grants = grants,
                                .grant_count = 3};
    struct spawned spawned;
    struct spawn_end end;

    check(capos_spawn(&spawn, &spawned, NULL) == 0 &&
              spawn_wait(&spawned, &end) == 0 &&
              end.how == EXIT_KIND_EXITED && end.code == 0,
          "the child ended well");
}

int main(int argc, char **argv)
{
    uint64_t frames;
    CAP_AUTO object = CAP_NONE;
    CAP_AUTO view = CAP_NONE;
    volatile uint32_t *word;
    uint64_t bytes = 0;

    (void)argv;
    if (argc > 1) {
        return child();
    }
    frames = capset_need("frames", FRAME_ALLOCATOR_INTERFACE_ID);
    check(frame_allocator_allocate(rt(), frames, PAGES, &object) == 0,
          "an object of %u pages", PAGES);
    check(memory_object_size(rt(), object, &bytes) == 0 &&
              bytes == PAGES * PAGE_SIZE,
          "it knows its size");
    check(memory_object_share(rt(), object, true, &view) == 0,
          "a read-only share of it");
    word = map(object, PROTECTION_READ_WRITE);
    if (!check(word != NULL, "mapped")) {
        return 1;
    }
    *word = QUESTION;
    run_child(object, view);
    check(*word == ANSWER, "the parent sees what the child wrote");
    check(memory_object_unmap(rt(), object, (uintptr_t)word, PAGES) == 0,
          "unmapped");
    return check_status();
}
