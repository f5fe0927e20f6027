/*
 * sim_image.c - programs whose text is mapped from a file, for Valgrind and
 * debuggers.
 *
 * hal_space_image maps the segments of a program from a file that holds it, as
 * the host's own loader would: that is what makes Valgrind read its symbols.
 * The core then maps frames over all of it, except that text with the same
 * bytes stays as it is. Each instance is mapped through a link of its own,
 * because Valgrind reads the symbols of a file name once.
 */
#include "elf.h"
#include "host.h"
#include "sim.h"
#include "sim_lock.h"
#include "sim_window.h"

static struct sim_lock image_lock; /* of all tables here and in host_image.c */
struct sim_image sim_images[SIM_IMAGES_MAX];
static uint32_t images_high; /* places from here on were never used */

__attribute__((noinline)) void sim_debug_image(const char *path, uint64_t base)
{
    __asm__ volatile("" : : "r"(path), "r"(base) : "memory");
}

void sim_image_setup(void)
{
    spinlock_init(&image_lock.spin);
}

const struct sim_image *sim_image_find(uint64_t va)
{
    for (uint32_t i = 0; i < images_high; i++) {
        const struct sim_image *image = &sim_images[i];

        if (image->base != 0 && va >= image->base &&
            va - image->base < image->bytes) {
            return image;
        }
    }
    return NULL;
}

static void copy_text(char *to, const char *from, size_t size)
{
    size_t i = 0;

    for (; i + 1 < size && from[i] != '\0'; i++) {
        to[i] = from[i];
    }
    to[i] = '\0';
}

/* Maps a segment; the executable one is noted as the image's text. */
static bool map_segment(struct sim_image *image, int file,
                        const struct elf_segment *segment)
{
    uint64_t skew = segment->vaddr % PAGE_SIZE;
    uint64_t va = image->base + segment->vaddr - skew;
    uint64_t bytes = segment->filesz + skew;
    uint32_t protection =
        HAL_READ | ((segment->flags & ELF_WRITE) != 0 ? HAL_WRITE : 0u) |
        ((segment->flags & ELF_EXECUTE) != 0 ? HAL_EXECUTE : 0u);

    if (segment->filesz == 0) {
        return true;
    }
    if (!host_image_map(file, va, segment->offset - skew, bytes, protection)) {
        return false;
    }
    if ((protection & HAL_EXECUTE) != 0 && image->text_low == 0) {
        image->text_low = va;
        image->text_high =
            va + ((bytes + PAGE_SIZE - 1) & -(uint64_t)PAGE_SIZE);
        image->text_offset = segment->offset - skew;
        image->text_bytes = bytes;
    }
    return true;
}

/* Maps all segments of a parsed program, then takes away all but the text. */
static void map_image(struct sim_image *image, int file,
                      const struct elf_image *elf)
{
    bool mapped = true;

    for (uint32_t i = 0; i < elf->nsegments && mapped; i++) {
        mapped = map_segment(image, file, &elf->segments[i]);
    }
    if (!mapped || image->text_low == 0) {
        image->text_low = image->base;
        image->text_high = image->base;
    }
    uint64_t end = image->base + elf->size;

    if (image->text_low > image->base) {
        host_unmap(image->base, image->text_low - image->base);
    }
    if (end > image->text_high) {
        host_unmap(image->text_high, end - image->text_high);
    }
}

/* A place for an image; NULL: all are taken. */
static struct sim_image *free_place(void)
{
    for (uint32_t i = 0; i < SIM_IMAGES_MAX; i++) {
        if (sim_images[i].base == 0) {
            return &sim_images[i];
        }
    }
    return NULL;
}

static void add_image(const char *name, uint64_t phys, uint64_t bytes,
                      uint64_t base, const struct elf_image *elf)
{
    struct sim_image *image = free_place();
    const char *path =
        image != NULL
            ? host_image_file(name, phys, hal_phys_pointer(phys), bytes)
            : NULL;
    int file = path != NULL ? host_image_open(path) : -1;

    if (file < 0) {
        return;
    }
    *image = (struct sim_image){.base = base, .bytes = elf->size, .phys = phys};
    copy_text(image->name, name, sizeof(image->name));
    copy_text(image->path, path, sizeof(image->path));
    map_image(image, file, elf);
    host_image_close(file);
    if (image == sim_images + images_high) {
        images_high++;
    }
    sim_debug_image(image->path, base);
}

void hal_space_image(struct hal_space *space, const char *name, uint64_t phys,
                     uint64_t bytes, uint64_t base)
{
    struct elf_image elf;

    if (hal_sim_strict ||
        elf_parse(hal_phys_pointer(phys), bytes, &elf, NULL) != 0 ||
        base < space->base || base % PAGE_SIZE != 0 ||
        base - space->base > space->size - elf.size) {
        return;
    }
    sim_lock_take(&image_lock);
    add_image(name, phys, bytes, base, &elf);
    sim_lock_release(&image_lock);
}

static bool keeps(uint64_t va, uint64_t phys, uint64_t bytes)
{
    const struct sim_image *image = sim_image_find(va);

    if (image == NULL || va < image->text_low ||
        va + bytes > image->text_high) {
        return false;
    }
    uint64_t skip = va - image->text_low;
    const char *wanted = hal_phys_pointer(phys);
    const char *held =
        (const char *)hal_phys_pointer(image->phys) + image->text_offset + skip;
    uint64_t size = image->text_bytes - skip;

    return __builtin_memcmp(wanted, held, size < bytes ? size : bytes) == 0;
}

bool sim_image_keeps(uint64_t va, uint64_t phys, uint64_t bytes)
{
    sim_lock_take(&image_lock);
    bool kept = keeps(va, phys, bytes);

    sim_lock_release(&image_lock);
    return kept;
}

static bool drop(uint64_t va, uint64_t bytes, uint64_t *low, uint64_t *high)
{
    for (uint32_t i = 0; i < images_high; i++) {
        struct sim_image *image = &sim_images[i];

        if (image->base != 0 && image->text_low < va + bytes &&
            va < image->text_high) {
            *low = image->text_low;
            *high = image->text_high;
            image->text_high = image->text_low;
            return true;
        }
    }
    return false;
}

bool sim_image_drop(uint64_t va, uint64_t bytes, uint64_t *low, uint64_t *high)
{
    sim_lock_take(&image_lock);
    bool dropped = drop(va, bytes, low, high);

    sim_lock_release(&image_lock);
    return dropped;
}

void sim_image_forget(uint64_t base, uint64_t size)
{
    sim_lock_take(&image_lock);
    for (uint32_t i = 0; i < images_high; i++) {
        if (sim_images[i].base >= base && sim_images[i].base - base < size) {
            sim_images[i].base = 0;
        }
    }
    sim_lock_release(&image_lock);
}
