/*
 * fuzz_elf.c - any bytes as a program.
 *
 * What elf_parse accepts must be loadable without further checks: this target
 * checks the promises of elf.h again, on their own.
 */
#include <stdlib.h>

#include "elf.h"
#include "errors.h"
#include "limits.h"

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static void check_segment(const struct elf_segment *segment, uint64_t size,
                          uint64_t end)
{
    uint32_t both = ELF_WRITE | ELF_EXECUTE;

    require(segment->memsz > 0 && segment->filesz <= segment->memsz);
    require(segment->offset <= size);
    require(segment->filesz <= size - segment->offset);
    require(segment->vaddr / PAGE_SIZE * PAGE_SIZE >= end);
    require(segment->offset % PAGE_SIZE == segment->vaddr % PAGE_SIZE);
    require((segment->flags & both) != both && (segment->flags & ELF_READ));
}

static void check_image(const struct elf_image *image, uint64_t size)
{
    uint64_t end = 0;
    int entered = 0;

    require(image->nsegments > 0 && image->nsegments <= ELF_SEGMENTS_MAX);
    for (uint32_t i = 0; i < image->nsegments; i++) {
        const struct elf_segment *segment = &image->segments[i];

        check_segment(segment, size, end);
        end = segment->vaddr + segment->memsz;
        entered |= (segment->flags & ELF_EXECUTE) &&
                   image->entry >= segment->vaddr &&
                   image->entry < segment->vaddr + segment->filesz;
    }
    require(entered);
    require(image->size % PAGE_SIZE == 0 && image->size >= end);
    require(image->size <= ELF_IMAGE_BYTES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_image image;
    const char *reason = NULL;
    int32_t status = elf_parse(data, size, &image, &reason);

    require(status == 0 || status == ERR_BAD_IMAGE);
    require((status == 0) == (reason == NULL));
    if (status == 0) {
        check_image(&image, size);
    }
    return 0;
}
