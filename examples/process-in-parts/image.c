/* image.c - see image.h. The program's own ELF header says what its parts are. */
#include "image.h"

#include "capos.h"

/* What of ELF is needed to find the program's segments in memory. */
struct image_header {
    uint8_t ident[16];
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t segments; /* offset of their headers */
    uint64_t sections;
    uint32_t flags;
    uint16_t header_bytes;
    uint16_t segment_bytes;
    uint16_t segment_count;
};

struct image_segment {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t vaddr;
    uint64_t paddr;
    uint64_t filesz;
    uint64_t memsz;
    uint64_t align;
};

#define IMAGE_LOAD 1u
#define IMAGE_EXECUTE 1u
#define IMAGE_WRITE 2u

/* The linker puts the header at the start of the first segment. */
extern const struct image_header __ehdr_start
    __attribute__((visibility("hidden")));

uint64_t image_entry(void)
{
    return __ehdr_start.entry;
}

/*
 * Fills a new memory object from the window, from an address on; what comes
 * before it stays zero. CAP_NONE: refused.
 */
static uint64_t image_fill(uint64_t from, uint64_t pages, uint64_t first)
{
    uint64_t frames = capset_need("frames", FRAME_ALLOCATOR_INTERFACE_ID);
    uint64_t memory = CAP_NONE;
    uint64_t view = 0;

    if (frame_allocator_allocate(rt(), frames, (uint32_t)pages, &memory) < 0 ||
        memory_object_map(rt(), memory, 0, 0, (uint32_t)pages,
                          PROTECTION_READ_WRITE, &view) < 0) {
        cap_release(memory);
        return CAP_NONE;
    }
    __builtin_memcpy((void *)(uintptr_t)(view + (first - from)),
                     (const void *)(uintptr_t)first,
                     pages * PAGE_SIZE - (first - from));
    memory_object_unmap(rt(), memory, view, (uint32_t)pages);
    return memory;
}

/* As image_copy, from an address of this process on. */
static bool image_copy_from(const struct spawn_parts *parts, uint64_t offset,
                            uint64_t pages, enum protection protection,
                            uint64_t first)
{
    CAP_AUTO memory =
        image_fill(process_start()->window_base + offset, pages, first);

    return memory != CAP_NONE &&
           memory_object_map_into(rt(), memory, parts->memory,
                                  parts->window_base + offset, 0,
                                  (uint32_t)pages, protection, NULL) == 0;
}

bool image_copy(const struct spawn_parts *parts, uint64_t offset,
                uint64_t pages, enum protection protection)
{
    return image_copy_from(parts, offset, pages, protection,
                           process_start()->window_base + offset);
}

bool image_copy_stack(const struct spawn_parts *parts)
{
    const struct start_block *self = process_start();

    return image_copy_from(parts, self->stack_low - self->window_base,
                           (self->stack_high - self->stack_low) / PAGE_SIZE,
                           PROTECTION_READ_WRITE,
                           (uintptr_t)__builtin_frame_address(0));
}

static enum protection segment_protection(const struct image_segment *segment)
{
    if (segment->flags & IMAGE_WRITE) {
        return PROTECTION_READ_WRITE;
    }
    return segment->flags & IMAGE_EXECUTE ? PROTECTION_READ_EXECUTE
                                          : PROTECTION_READ;
}

static bool segment_copy(const struct spawn_parts *parts,
                         const struct image_segment *segment)
{
    const struct start_block *self = process_start();
    uint64_t mask = PAGE_SIZE - 1;
    uint64_t low = segment->vaddr & ~mask;
    uint64_t high = (segment->vaddr + segment->memsz + mask) & ~mask;

    return segment->type != IMAGE_LOAD || low == high ||
           image_copy(parts, self->image_base - self->window_base + low,
                      (high - low) / PAGE_SIZE, segment_protection(segment));
}

bool image_copy_program(const struct spawn_parts *parts)
{
    const struct image_segment *segments =
        (const struct image_segment *)(process_start()->image_base +
                                       __ehdr_start.segments);

    for (uint32_t i = 0; i < __ehdr_start.segment_count; i++) {
        if (!segment_copy(parts, &segments[i])) {
            return false;
        }
    }
    return true;
}
