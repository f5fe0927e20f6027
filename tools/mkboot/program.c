/*
 * program.c - checks a program with the kernel's reader and with libelf
 * (program.h).
 */
#include "program.h"

#include <gelf.h>
#include <stdbool.h>

#include "elf.h"

static bool segment_same(const struct elf_segment *segment,
                         const GElf_Phdr *header)
{
    return segment->offset == header->p_offset &&
           segment->vaddr == header->p_vaddr &&
           segment->filesz == header->p_filesz &&
           segment->memsz == header->p_memsz &&
           segment->flags == header->p_flags;
}

/* True if libelf sees the same entry and the same segments. */
static bool image_same(const struct elf_image *image, Elf *elf)
{
    uint32_t segments = 0;
    GElf_Ehdr header;
    size_t count;

    if (elf_kind(elf) != ELF_K_ELF || gelf_getehdr(elf, &header) == NULL ||
        header.e_entry != image->entry || elf_getphdrnum(elf, &count) != 0) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr program;

        if (gelf_getphdr(elf, (int)i, &program) == NULL) {
            return false;
        }
        if (program.p_type != PT_LOAD || program.p_memsz == 0) {
            continue;
        }
        if (segments == image->nsegments ||
            !segment_same(&image->segments[segments], &program)) {
            return false;
        }
        segments++;
    }
    return segments == image->nsegments;
}

const char *program_check(uint8_t *bytes, size_t size)
{
    struct elf_image image;
    const char *reason;
    bool same;
    Elf *elf;

    if (elf_parse(bytes, size, &image, &reason) != 0) {
        return reason;
    }
    elf_version(EV_CURRENT);
    elf = elf_memory((char *)bytes, size);
    if (elf == NULL) {
        return elf_errmsg(-1);
    }
    same = image_same(&image, elf);
    elf_end(elf);
    return same ? NULL : "libelf reads another program here";
}
