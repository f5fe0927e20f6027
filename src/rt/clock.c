/* clock.c - reading the time page. */
#include "clock.h"

#include "capos.gen.h"
#include "process.h"
#include "sync.h"
#include "time_page.h"

typedef uint64_t clock_counter(void);

static const struct time_page *clock_page(void)
{
    return (const struct time_page *)(uintptr_t)process_start()->time_page;
}

/* Consistent only if the page does not change meanwhile. */
static uint64_t clock_read(const struct time_page *page)
{
    uint64_t counter = sync_load_shared64(&page->counter);
    uint64_t passed;

    if (!counter) {
        return sync_load_shared64(&page->now_ns);
    }
    passed = ((clock_counter *)(uintptr_t)counter)() -
             sync_load_shared64(&page->counter_start);
    return sync_load_shared64(&page->base_ns) +
           (uint64_t)((unsigned __int128)passed *
                          sync_load_shared64(&page->scale) >> 32);
}

uint64_t clock_now(void)
{
    const struct time_page *page = clock_page();
    uint32_t before;
    uint64_t now_ns;

    do {
        before = sync_load_shared(&page->sequence);
        now_ns = clock_read(page);
    } while ((before & 1u) || sync_load_shared(&page->sequence) != before);
    return now_ns;
}

uint32_t clock_utc(uint64_t *now_ns)
{
    const struct time_page *page = clock_page();
    uint32_t how = sync_load_shared(&page->wall_provenance);

    *now_ns = how == WALL_PROVENANCE_UNSET
                  ? 0
                  : sync_load_shared64(&page->wall_ns) + clock_now();
    return how;
}
