/* clock.c - the time page and the time of day. */
#include "clock.h"

#include "capos.gen.h"
#include "fail.h"
#include "mem/frames.h"
#include "mem/memory.h"

_Static_assert((int)HAL_WALL_UNSET == (int)WALL_PROVENANCE_UNSET &&
                   (int)HAL_WALL_RTC == (int)WALL_PROVENANCE_RTC &&
                   (int)HAL_WALL_HOST == (int)WALL_PROVENANCE_HOST &&
                   (int)HAL_WALL_SIMULATED == (int)WALL_PROVENANCE_SIMULATED,
               "hal.h and the schema agree");

static const struct time_page *clock_shown;
static struct memory *clock_memory;

int32_t clock_init(void)
{
    uint64_t phys = frame_alloc_zeroed();
    struct time_page *page;
    int32_t error;

    if (phys == HAL_NO_FRAME) {
        return FAIL(ERR_NO_MEMORY, "no frame for the time page");
    }
    page = hal_phys_pointer(phys);
    page->magic = TIME_PAGE_MAGIC;
    page->version = TIME_PAGE_VERSION;
    page->size_bytes = sizeof(*page);
    page->wall_provenance = hal_time_page(page);
    error = memory_create_fixed(NULL, phys, 1, &clock_memory);
    if (error) {
        frames_free(phys, 1);
        return error;
    }
    clock_shown = page;
    return 0;
}

struct memory *clock_page(void)
{
    return clock_memory;
}

enum hal_wall clock_wall(uint64_t *now_ns)
{
    enum hal_wall how = (enum hal_wall)clock_shown->wall_provenance;

    *now_ns = how == HAL_WALL_UNSET ? 0 : clock_shown->wall_ns + hal_time_now();
    return how;
}
