/*
 * frame-allocator-cleanup - a process leaves nothing behind.
 *
 * Children (this same program, with an argument) take memory in every way there
 * is and end in every way there is: by exit, by a fault, killed. Afterwards the
 * machine has as many free frames as before. A first child warms up what the
 * kernel keeps for itself.
 */
#include "capos.h"
#include "memcheck.h"
#include "pages.h"
#include "spawn.h"

#define MS 1000000ull
#define SETTLE_MS 10u
#define SETTLE_ROUNDS 200u

static uint64_t frames;

/*
 * Frames that are free, or of the kernel's heap: how many that has depends on the
 * order of what was in it, for it is never packed.
 */
static uint64_t free_pages(void)
{
    uint64_t pages = 0;
    uint64_t heap_pages = 0;

    frame_allocator_info(rt(), frames, NULL, &pages, NULL, NULL);
    system_info_heap(rt(), capset_find("system", SYSTEM_INFO_INTERFACE_ID),
                     &heap_pages);
    return pages + heap_pages;
}

/*
 * Waits until the free frames are as many as expected, or for two seconds: what
 * other CPUs may still look at is freed when they have left the kernel.
 */
static bool settle(uint64_t expected)
{
    uint64_t timer = capset_find("timer", TIMER_INTERFACE_ID);

    for (uint32_t i = 0; i < SETTLE_ROUNDS; i++) {
        if (free_pages() == expected) {
            return true;
        }
        timer_sleep(rt(), timer, SETTLE_MS * MS);
    }
    return free_pages() == expected;
}

/* Free frames when nothing is on its way any more. */
static uint64_t settled(void)
{
    uint64_t timer = capset_find("timer", TIMER_INTERFACE_ID);
    uint64_t before;

    do {
        before = free_pages();
        timer_sleep(rt(), timer, SETTLE_MS * MS);
    } while (free_pages() != before);
    return before;
}

static void idle(void *argument)
{
    (void)argument;
    for (;;) {
        ring_wait(ring_self(), TIMEOUT_NEVER);
    }
}

/* Objects held and mapped, anonymous memory, heap, a waiting thread. */
static bool take(void)
{
    uint64_t object = CAP_NONE;
    uint64_t address = 0;
    struct thread *thread;

    for (uint32_t i = 0; i < 4; i++) {
        if (frame_allocator_allocate(rt(), frames, 8, &object) < 0 ||
            memory_object_map(rt(), object, 0, 0, 8, PROTECTION_READ_WRITE,
                              &address) < 0) {
            return false;
        }
        *(volatile char *)(uintptr_t)address = 1;
    }
    return pages_map(20 * PAGE_SIZE) != NULL && mem_alloc(100000) != NULL &&
           thread_start(&thread, idle, NULL) == 0;
}

static int child(const char *how)
{
    if (!take()) {
        return 1;
    }
    if (text_equal(how, "faulted")) {
        memcheck_fault_next();
        *(volatile char *)(uintptr_t)process_start()->window_base = 1;
    }
    if (text_equal(how, "killed")) {
        idle(NULL);
    }
    return 0;
}

static bool run_child(const char *how, struct spawn_end *end)
{
    const struct spawn_grant grant = {"frames", frames};
    const struct spawn spawn = {.program = "frame-allocator-cleanup",
                                .args = &how,
                                .arg_count = 1,
                                .grants = &grant,
                                .grant_count = 1};
    uint64_t timer = capset_find("timer", TIMER_INTERFACE_ID);
    struct spawned spawned;

    if (capos_spawn(&spawn, &spawned, NULL) < 0) {
        return false;
    }
    if (text_equal(how, "killed")) {
        timer_sleep(rt(), timer, 20 * MS);
        process_handle_kill(rt(), spawned.process, 9);
    }
    return spawn_wait(&spawned, end) == 0;
}

static void check_child(const char *how, enum exit_kind expected, int64_t code)
{
    uint64_t before = settled();
    struct spawn_end end;

    check(run_child(how, &end) && end.how == expected && end.code == code,
          "a child %s", how);
    if (expected == EXIT_KIND_FAULTED) {
        memcheck_fault_over();
    }
    ring_poll(ring_self()); /* its handle is released now */
    check(settle(before), "and all its frames are free again");
}

int main(int argc, char **argv)
{
    struct spawn_end end;

    frames = capset_need("frames", FRAME_ALLOCATOR_INTERFACE_ID);
    if (argc > 1) {
        return child(argv[1]);
    }
    run_child("exited", &end);
    ring_poll(ring_self());
    check_child("exited", EXIT_KIND_EXITED, 0);
    check_child("faulted", EXIT_KIND_FAULTED, 14);
    check_child("killed", EXIT_KIND_KILLED, 9);
    return check_status();
}
