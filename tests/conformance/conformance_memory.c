/* conformance_memory.c - spaces, tables, views, copies; without user code. */
#include "conformance.h"

static struct hal_space space;
static struct hal_space other;
static uint32_t tables;
static uint64_t base;
static uint64_t phys;

static void boot_information(void)
{
    bool ascending = boot_copy.ranges > 0;
    uint64_t last = 0;

    for (uint32_t i = 0; i < boot_copy.ranges; i++) {
        const struct hal_range *range = &boot_copy.memory[i];

        ascending &= range->phys >= last && range->bytes > 0 &&
                     range->phys % PAGE_SIZE == 0 &&
                     range->bytes % PAGE_SIZE == 0;
        last = range->phys + range->bytes;
    }
    check(boot_copy.version == HAL_VERSION, "boot: version");
    check(boot_copy.cpus >= 1 && hal_cpu_self() == 0, "boot: this is CPU 0");
    check(ascending, "boot: memory ranges are aligned and ascend");
    step_end();
}

static void entropy(void)
{
    uint8_t a[37] = {0};
    uint8_t b[37] = {0};
    uint32_t equal = 0;

    hal_entropy(a, sizeof(a));
    hal_entropy(b, sizeof(b));
    for (uint32_t i = 0; i < sizeof(a); i++) {
        equal += a[i] == b[i];
    }
    check(equal < 12, "entropy: two draws differ");
    step_end();
}

static bool mapped_as(uint64_t va, uint64_t frame, uint32_t protection)
{
    uint64_t got_phys;
    uint32_t got_protection;

    return hal_space_query(&space, va, &got_phys, &got_protection) &&
           got_phys == frame && got_protection == protection;
}

static bool unmapped(uint64_t va)
{
    uint64_t got_phys;
    uint32_t got_protection;

    return !hal_space_query(&space, va, &got_phys, &got_protection);
}

static void map_and_query(void)
{
    check(hal_space_init(&space, frames(1)) == 0 &&
              hal_space_init(&other, frames(1)) == 0,
          "space: two spaces");
    base = hal_space_base(&space);
    uint64_t size = hal_space_size(&space);

    under_valgrind = size < 64ull << 30; /* nothing else tells, on purpose */
    check(size >= 4ull << 30 && base % size == 0,
          "space: the window is aligned to its size");
    phys = frames(8);
    check(map_pages(&space, base + 0x200000, phys, 8, HAL_READ | HAL_WRITE,
                    &tables) == 0,
          "space: map eight pages");
    check(hal_space_tables(&space, base + 0x200000, 8) == 0,
          "space: their tables are there");
    check(mapped_as(base + 0x200000, phys, HAL_READ | HAL_WRITE) &&
              mapped_as(base + 0x207123, phys + 7 * PAGE_SIZE,
                        HAL_READ | HAL_WRITE),
          "space: query finds frame and protection");
    check(unmapped(base + 0x1ff000) && unmapped(base + 0x208000) &&
              unmapped(base + size) && unmapped(0) && unmapped(UINT64_MAX),
          "space: query outside finds nothing");
    check(map_pages(&space, base + size - PAGE_SIZE, phys, 1, HAL_READ,
                    &tables) == 0 &&
              mapped_as(base + size - 1, phys, HAL_READ),
          "space: the window's last page, a frame mapped twice");
    step_end();
}

static void unmap_and_protect(void)
{
    hal_space_protect(&space, base + 0x201000, 2, HAL_READ);
    check(mapped_as(base + 0x200000, phys, HAL_READ | HAL_WRITE) &&
              mapped_as(base + 0x201000, phys + PAGE_SIZE, HAL_READ) &&
              mapped_as(base + 0x202000, phys + 2 * PAGE_SIZE, HAL_READ) &&
              mapped_as(base + 0x203000, phys + 3 * PAGE_SIZE,
                        HAL_READ | HAL_WRITE),
          "space: protect changes its pages only");
    hal_space_unmap(&space, base + 0x204000, 2);
    check(unmapped(base + 0x204000) && unmapped(base + 0x205fff) &&
              mapped_as(base + 0x203000, phys + 3 * PAGE_SIZE,
                        HAL_READ | HAL_WRITE) &&
              mapped_as(base + 0x206000, phys + 6 * PAGE_SIZE,
                        HAL_READ | HAL_WRITE),
          "space: unmap takes its pages only");
    hal_space_unmap(&space, base + 0x204000, 2);
    hal_space_protect(&space, base + 0x204000, 2, HAL_READ);
    check(unmapped(base + 0x204000),
          "space: what is not mapped is passed over");

    size_t bytes = 8;

    hal_space_protect(&space, base + 0x203000, 1, 0);
    check(mapped_as(base + 0x203000, phys + 3 * PAGE_SIZE, 0) &&
              hal_user_view(&space, base + 0x203000, HAL_READ, &bytes) == NULL,
          "space: a page without any access is mapped all the same");
    hal_space_protect(&space, base + 0x203000, 1, HAL_READ | HAL_WRITE);
    check(
        mapped_as(base + 0x203000, phys + 3 * PAGE_SIZE, HAL_READ | HAL_WRITE),
        "space: and gets its access back");
    step_end();
}

/* Now: pages 0 rw, 1-2 r, 3 rw, 4-5 none, 6-7 rw; nothing active. */
static void views(void)
{
    size_t bytes = 3 * PAGE_SIZE;
    char *view = hal_user_view(&space, base + 0x200010, HAL_READ, &bytes);

    check(view != NULL && bytes >= PAGE_SIZE - 16 && bytes <= 3 * PAGE_SIZE,
          "view: an inactive space can be read");
    ((char *)hal_phys_pointer(phys))[16] = 'x';
    check(view != NULL && view[0] == 'x', "view: it shows the frame");
    bytes = 3 * PAGE_SIZE;
    check(hal_user_view(&space, base + 0x200000, HAL_WRITE, &bytes) != NULL &&
              bytes == PAGE_SIZE,
          "view: a writable piece ends where protection ends");
    bytes = 8;
    check(hal_user_view(&space, base + 0x201000, HAL_WRITE, &bytes) == NULL,
          "view: a read-only page is not writable");
    bytes = 8;
    check(hal_user_view(&space, base + 0x204000, HAL_READ, &bytes) == NULL,
          "view: nothing where nothing is mapped");
    bytes = 8;
    check(hal_user_view(&space, base - 8, HAL_READ, &bytes) == NULL &&
              hal_user_view(&space, UINT64_MAX - 3, HAL_READ, &bytes) == NULL,
          "view: nothing outside of the window");
    step_end();
}

static char pattern_at(uint32_t i)
{
    return (char)(i * 7 + (i >> 8));
}

static void copies(void)
{
    static char from[2 * PAGE_SIZE];
    static char to[2 * PAGE_SIZE];
    bool same = true;

    for (uint32_t i = 0; i < sizeof(from); i++) {
        from[i] = pattern_at(i);
    }
    hal_space_activate(&space);
    check(hal_user_copy_out(base + 0x206003, from, PAGE_SIZE + 4001) == 0 &&
              hal_user_copy_in(to, base + 0x206003, PAGE_SIZE + 4001) == 0,
          "copy: out and in again, across pages");
    for (uint32_t i = 0; i < PAGE_SIZE + 4001; i++) {
        same &= to[i] == from[i];
    }
    check(same, "copy: the bytes are the same");
    check(hal_user_copy_out(base + 0x200ffc, from, 8) == ERR_BAD_BUFFER,
          "copy: out to a read-only page is refused");
    check(hal_user_copy_in(to, base + 0x203ffc, 8) == ERR_BAD_BUFFER,
          "copy: in from an unmapped page is refused");
    check(hal_user_copy_in(to, base + 0x201ffc, 8) == 0,
          "copy: in from a read-only page");
    check(
        hal_user_copy_in(to, 0, 1) == ERR_BAD_BUFFER &&
            hal_user_copy_in(to, base - 4, 8) == ERR_BAD_BUFFER &&
            hal_user_copy_in(to, UINT64_MAX - 3, 8) == ERR_BAD_BUFFER &&
            hal_user_copy_in(to, base + 0x200000, SIZE_MAX) == ERR_BAD_BUFFER &&
            hal_user_copy_in(to, (uint64_t)from, 8) == ERR_BAD_BUFFER &&
            hal_user_copy_out((uint64_t)to, from, 8) == ERR_BAD_BUFFER,
        "copy: addresses outside of the window are refused");
    check(hal_user_copy_in(to, 0, 0) == 0, "copy: nothing from nowhere");
    hal_space_activate(&other);
    check(hal_user_copy_in(to, base + 0x200000, 8) == ERR_BAD_BUFFER,
          "copy: only the active space counts");
    hal_space_activate(NULL);
    step_end();
}

/* Pages 6-7 of the space become one frame, as they are otherwise. */
static void covers(void)
{
    uint64_t scratch = frames(1);
    uint64_t *cover = hal_phys_pointer(scratch);
    uint64_t *hidden = hal_phys_pointer(phys + 6 * PAGE_SIZE);
    uint64_t word = 0;

    for (uint32_t i = 0; i < PAGE_SIZE / 8; i++) {
        cover[i] = 0;
    }
    hidden[0] = 0x5ec7e7;
    hal_space_activate(&space);
    hal_space_cover(&space, base + 0x206000, 2, scratch);
    check(mapped_as(base + 0x206000, scratch, HAL_READ | HAL_WRITE) &&
              mapped_as(base + 0x207000, scratch, HAL_READ | HAL_WRITE) &&
              mapped_as(base + 0x203000, phys + 3 * PAGE_SIZE,
                        HAL_READ | HAL_WRITE),
          "cover: its pages are the one frame, with their protection");
    check(hal_user_copy_in(&word, base + 0x206000, 8) == 0 && word == 0 &&
              hal_user_copy_in(&word, base + 0x207000, 8) == 0 && word == 0,
          "cover: they show zeros");
    word = 1;
    check(hal_user_copy_out(base + 0x206000, &word, 8) == 0 &&
              hal_user_copy_in(&word, base + 0x206000, 8) == 0 && word == 1 &&
              hidden[0] == 0x5ec7e7,
          "cover: what is written there stays there");
    hal_space_cover(&space, base + 0x201000, 2, scratch);
    check(mapped_as(base + 0x201000, scratch, HAL_READ) &&
              hal_user_copy_out(base + 0x201000, &word, 8) == ERR_BAD_BUFFER,
          "cover: a read-only page stays one");
    hal_space_activate(NULL);
    step_end();
}

static void accounts(void)
{
    uint64_t size = hal_space_size(&space);

    hal_space_give(&space, frames(1));
    hal_space_give(&space, frames(1));
    check(hal_space_take(&space) != HAL_NO_FRAME &&
              hal_space_take(&space) != HAL_NO_FRAME,
          "tables: frames never used come back first");
    check(mapped_as(base + 0x200000, phys, HAL_READ | HAL_WRITE) &&
              mapped_as(base + size - 1, phys, HAL_READ),
          "tables: mappings keep theirs");
    check(take_tables(&space) == 0, "tables: those in use stay");
    hal_space_unmap(&space, base + 0x200000, 8);
    hal_space_unmap(&space, base + size - PAGE_SIZE, 1);
    check(take_tables(&space) == tables, "tables: all come back when empty");
    check(take_tables(&other) == 0, "tables: an empty space has none");
    hal_space_fini(&space);
    hal_space_fini(&other);
    step_end();
}

/* Windows are used again and again. */
static void many_spaces(void)
{
    uint64_t root = frames(1);
    bool good = true;

    for (uint32_t i = 0; i < 1000; i++) {
        good &= hal_space_init(&space, root) == 0;
        hal_space_fini(&space);
    }
    check(good, "space: a thousand, one after the other");
    step_end();
}

const struct step memory_steps[] = {
    {"boot", boot_information},
    {"entropy", entropy},
    {"map and query", map_and_query},
    {"unmap and protect", unmap_and_protect},
    {"views", views},
    {"copies", copies},
    {"covers", covers},
    {"tables", accounts},
    {"many spaces", many_spaces},
    {NULL, NULL},
};
