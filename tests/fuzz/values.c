/* values.c - hostile numbers (values.h). */
#include "values.h"

#include <string.h>

#define HELD_MAX 96u

uint64_t value_cap(const struct player *player, struct object **object)
{
    struct cap_table *caps = &player->process->caps;
    uint32_t slots = sync_load(&caps->slots);
    uint64_t cap = 0;

    *object = NULL;
    switch (pick(16)) {
    case 0:
        return pick(4) ? (uint64_t)pick(4) << 32 | pick(HELD_MAX)
                       : pick_bits();
    case 1:
        *object = cap_next(caps, pick(slots), &cap);
        return cap ^ 1ull << (pick(2) ? 32 + pick(8) : pick(40));
    default:
        *object = cap_next(caps, pick(slots), &cap);
        if (!*object) {
            *object = cap_next(caps, 0, &cap);
        }
        return cap;
    }
}

uint64_t value_cap_of(const struct player *player, uint64_t interface_id)
{
    struct cap_table *caps = &player->process->caps;
    uint64_t held[HELD_MAX];
    uint32_t count = 0;
    uint64_t cap = 0;
    struct object *object = cap_next(caps, 0, &cap);

    for (; object && count < HELD_MAX;
         object = cap_next(caps, (uint32_t)cap + 1, &cap)) {
        if (object_interface(object) == interface_id) {
            held[count++] = cap;
        }
    }
    return count ? held[pick(count)] : 0;
}

uint64_t value_address(const struct player *player)
{
    const struct hal_space *space = &player->process->space.hal;
    uint64_t base = hal_space_base(space);

    switch (pick(16)) {
    case 0:
        return pick(2 * PAGE_SIZE);
    case 1:
        return base + hal_space_size(space) - pick(2 * PAGE_SIZE);
    case 2:
        return UINT64_MAX - pick(2 * PAGE_SIZE);
    case 3:
        return base + ((uint64_t)pick(0x80000) << PAGE_SHIFT);
    case 4:
        return base + (1ull << 30) + ((uint64_t)pick(64) << PAGE_SHIFT);
    case 5:
        return player->thread->ring_va + 8 * pick(PAGE_SIZE / 4);
    case 6:
        return player->process->capset_va + 8 * pick(PAGE_SIZE / 4);
    case 7: /* across the end of its stack */
        return player->scratch + SCRATCH_BYTES - pick(64);
    case 8:
        return player->scratch + pick(SCRATCH_BYTES);
    default:
        return player->scratch + 8 * pick(SCRATCH_BYTES / 8);
    }
}

uint32_t value_size(void)
{
    switch (pick(8)) {
    case 0:
        return 0;
    case 1:
        return (1u << pick(32)) - pick(3) + 1;
    case 2:
        return UINT32_MAX - pick(64);
    case 3:
        return pick(1u << 20);
    default:
        return pick(24);
    }
}

uint64_t value_number(const struct player *player)
{
    struct object *object;

    switch (pick(8)) {
    case 0:
        return pick_bits();
    case 1:
        return (1ull << pick(64)) - pick(3) + 1;
    case 2:
        return UINT64_MAX - pick(64);
    case 3:
        return value_cap(player, &object);
    case 4:
        return value_address(player);
    default:
        return value_size();
    }
}

void value_poke(const struct player *player, uint64_t va, const void *bytes,
                size_t size)
{
    const char *from = bytes;

    while (size) {
        size_t piece = size;
        void *to = hal_user_view(&player->process->space.hal, va, HAL_WRITE,
                                 &piece);

        if (!to) {
            return;
        }
        memcpy(to, from, piece);
        va += piece;
        from += piece;
        size -= piece;
    }
}

uint64_t value_place(const struct player *player, uint32_t bytes)
{
    uint32_t room = SCRATCH_BYTES / 2;

    if (pick_once_in(24)) {
        return value_address(player);
    }
    bytes = bytes < room ? bytes : room;
    return player->scratch + 8 * pick((room - bytes) / 8 + 1);
}
