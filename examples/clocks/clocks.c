/*
 * clocks - monotonic time and the time of day, with and without the kernel.
 *
 * clock_now and clock_utc read a page that the kernel keeps; Timer and WallClock
 * are asked. Both have to say the same.
 */
#include "capos.h"

#define LOOKS 2000u
#define SLEEP_NS 3000000u
#define YEAR_2026_S 1767225600ull
#define YEAR_2100_S 4102444800ull

static uint64_t timer;

static uint64_t asked_now(void)
{
    uint64_t now_ns = 0;

    (void)timer_now(rt(), timer, &now_ns);
    return now_ns;
}

static void check_agreement(void)
{
    uint32_t good = 0;

    for (uint32_t i = 0; i < LOOKS; i++) {
        uint64_t before = clock_now();
        uint64_t between = asked_now();
        uint64_t after = clock_now();

        good += before <= between && between <= after;
    }
    check(good == LOOKS, "%u times the page and the Timer agree", LOOKS);
}

static void check_progress(void)
{
    uint64_t start = clock_now();
    uint64_t last = start;
    uint32_t back = 0;

    for (uint32_t i = 0; i < LOOKS; i++) {
        uint64_t now = clock_now();

        back += now < last;
        last = now;
    }
    check(back == 0, "it never goes back");
    (void)timer_sleep(rt(), timer, SLEEP_NS);
    check(clock_now() - start >= SLEEP_NS, "and it went on meanwhile");
}

static uint32_t thread_back;

static void look(void *argument)
{
    uint64_t last = clock_now();

    (void)argument;
    for (uint32_t i = 0; i < LOOKS; i++) {
        uint64_t now = i % 8 ? clock_now() : asked_now();

        thread_back += now < last;
        last = now;
    }
}

/* Another thread may be on another CPU; both compare with what was asked. */
static void check_threads(void)
{
    struct thread *thread;
    uint64_t last = 0;
    uint32_t back = 0;

    check(thread_start(&thread, look, NULL) == 0, "another thread looks too");
    for (uint32_t i = 0; i < LOOKS; i++) {
        uint64_t now = i % 8 ? clock_now() : asked_now();

        back += now < last;
        last = now;
    }
    check(thread_join(thread, NULL) == 0 && back + thread_back == 0,
          "and for nobody it goes back");
}

static void check_wall(uint64_t wall)
{
    enum wall_provenance how = WALL_PROVENANCE_COUNT;
    uint64_t before = 0, between = 0, after = 0;

    check(clock_utc(&before) == (uint32_t)WALL_PROVENANCE_UNSET ||
              before / 1000000000u >= YEAR_2026_S,
          "it is not before 2026");
    check(before / 1000000000u < YEAR_2100_S, "nor after 2099");
    check(wall_clock_now(rt(), wall, &between, &how) == 0 &&
              how < WALL_PROVENANCE_COUNT,
          "the WallClock says what time it is");
    check(clock_utc(&after) == (uint32_t)how, "and how it is known");
    check(before <= between && between <= after, "and the page agrees");
}

/* The page is the kernel's: it can be read, and nothing else. */
static void check_page(void)
{
    uint64_t memory =
        capset_need("self-memory", VIRTUAL_MEMORY_INTERFACE_ID);
    uint64_t page = process_start()->time_page;

    check(virtual_memory_protect(rt(), memory, page, 1,
                                 PROTECTION_READ_WRITE) < 0,
          "the page cannot be made writable");
    check(virtual_memory_unmap(rt(), memory, page, 1) < 0,
          "nor taken away");
    check(clock_now() != 0, "it is still there");
}

int main(void)
{
    timer = capset_need("timer", TIMER_INTERFACE_ID);
    check_agreement();
    check_progress();
    check_threads();
    check_wall(capset_need("wall-clock", WALL_CLOCK_INTERFACE_ID));
    check_page();
    return check_status();
}
