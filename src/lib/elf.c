/*
 * elf.c - the program reader (elf.h).
 *
 * Each check returns the sentence that refuses the program, or NULL. Fields
 * are read byte by byte, so alignment and the host's byte order do not matter.
 * Sums are written as differences, so that nothing can wrap around.
 */
#include "elf.h"

#include <stdbool.h>
#include <stddef.h>

#include "errors.h"
#include "limits.h"
#include "text.h"

#define HEADER_BYTES 64u
#define PROGRAM_HEADER_BYTES 56u
#define SECTION_HEADER_BYTES 64u

/* e_ident */
#define IDENT_CLASS 4u
#define IDENT_DATA 5u
#define IDENT_VERSION 6u
#define IDENT_ABI 7u /* this and the rest must be 0 */
#define IDENT_BYTES 16u
#define CLASS_64 2u
#define DATA_LITTLE 1u

#define TYPE_DYN 3u
#define MACHINE_X86_64 62u
#define VERSION_CURRENT 1u

#define PT_LOAD 1u
#define PT_INTERP 3u

/* The fields of the file's header after e_ident. */
struct header {
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

/* The fields of one program header. */
struct program_header {
    uint32_t type, flags;
    uint64_t offset, vaddr, filesz, memsz, align;
};

/* What is being read. */
struct input {
    const uint8_t *bytes;
    uint64_t size;
};

static bool inside(uint64_t offset, uint64_t length, uint64_t size)
{
    return offset <= size && length <= size - offset;
}

static uint64_t page_up(uint64_t value)
{
    return (value + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
}

static uint64_t page_down(uint64_t value)
{
    return value & ~(uint64_t)(PAGE_SIZE - 1);
}

static void header_read(const uint8_t *at, struct header *header)
{
    header->type = le16_read(at + 16);
    header->machine = le16_read(at + 18);
    header->version = le32_read(at + 20);
    header->entry = le64_read(at + 24);
    header->phoff = le64_read(at + 32);
    header->shoff = le64_read(at + 40);
    header->flags = le32_read(at + 48);
    header->ehsize = le16_read(at + 52);
    header->phentsize = le16_read(at + 54);
    header->phnum = le16_read(at + 56);
    header->shentsize = le16_read(at + 58);
    header->shnum = le16_read(at + 60);
    header->shstrndx = le16_read(at + 62);
}

static void program_header_read(const uint8_t *at,
                                struct program_header *header)
{
    header->type = le32_read(at);
    header->flags = le32_read(at + 4);
    header->offset = le64_read(at + 8);
    header->vaddr = le64_read(at + 16);
    header->filesz = le64_read(at + 32);
    header->memsz = le64_read(at + 40);
    header->align = le64_read(at + 48);
}

static const char *check_ident(const uint8_t *ident)
{
    static const uint8_t magic[4] = {0x7f, 'E', 'L', 'F'};

    if (!bytes_equal(ident, magic, sizeof(magic))) {
        return "no ELF: e_ident does not begin with the magic";
    }
    if (ident[IDENT_CLASS] != CLASS_64) {
        return "EI_CLASS is not ELFCLASS64";
    }
    if (ident[IDENT_DATA] != DATA_LITTLE) {
        return "EI_DATA is not little-endian";
    }
    if (ident[IDENT_VERSION] != VERSION_CURRENT) {
        return "EI_VERSION is not 1";
    }
    if (!bytes_zero(ident + IDENT_ABI, IDENT_BYTES - IDENT_ABI)) {
        return "EI_OSABI, EI_ABIVERSION or e_ident's padding is not 0";
    }
    return NULL;
}

static const char *check_kind(const struct header *header)
{
    if (header->type != TYPE_DYN) {
        return "e_type is not ET_DYN: link with -static-pie";
    }
    if (header->machine != MACHINE_X86_64) {
        return "e_machine is not EM_X86_64";
    }
    if (header->version != VERSION_CURRENT) {
        return "e_version is not 1";
    }
    if (header->flags != 0) {
        return "e_flags is not 0";
    }
    if (header->ehsize != HEADER_BYTES) {
        return "e_ehsize is not 64";
    }
    return NULL;
}

/* Sections are not loaded, but debuggers follow them: no wild offsets. */
static const char *check_sections(const struct header *header, uint64_t size)
{
    if (header->shnum == 0) {
        return header->shoff != 0 || header->shstrndx != 0
                   ? "e_shoff or e_shstrndx without sections (e_shnum is 0)"
                   : NULL;
    }
    if (header->shentsize != SECTION_HEADER_BYTES) {
        return "e_shentsize is not 64";
    }
    if (header->shoff < HEADER_BYTES || header->shoff % 8 != 0 ||
        !inside(header->shoff, (uint64_t)header->shnum * SECTION_HEADER_BYTES,
                size)) {
        return "e_shoff is misaligned or outside the file";
    }
    if (header->shstrndx >= header->shnum) {
        return "e_shstrndx is not below e_shnum";
    }
    return NULL;
}

static const char *check_header(const struct header *header, uint64_t size)
{
    const char *reason = check_kind(header);

    if (reason != NULL) {
        return reason;
    }
    if (header->phentsize != PROGRAM_HEADER_BYTES) {
        return "e_phentsize is not 56";
    }
    if (header->phnum == 0 || header->phnum > ELF_HEADERS_MAX) {
        return "e_phnum is not 1 to 64";
    }
    if (header->phoff < HEADER_BYTES || header->phoff % 8 != 0 ||
        !inside(header->phoff, (uint64_t)header->phnum * PROGRAM_HEADER_BYTES,
                size)) {
        return "e_phoff is misaligned or outside the file";
    }
    return check_sections(header, size);
}

/* Where the bytes of a PT_LOAD come from and go to. */
static const char *check_place(const struct program_header *header,
                               uint64_t size)
{
    if (header->filesz > header->memsz) {
        return "p_filesz is larger than p_memsz";
    }
    if (!inside(header->offset, header->filesz, size)) {
        return "p_offset and p_filesz reach outside the file";
    }
    if (!inside(header->vaddr, header->memsz, ELF_IMAGE_BYTES_MAX)) {
        return "p_vaddr and p_memsz reach past the image limit of 64 MiB";
    }
    if (header->align < PAGE_SIZE || header->align > ELF_ALIGN_MAX ||
        (header->align & (header->align - 1)) != 0) {
        return "p_align is not a power of two from 4 KiB to 2 MiB";
    }
    if ((header->offset ^ header->vaddr) & (header->align - 1)) {
        return "p_offset and p_vaddr differ modulo p_align";
    }
    return NULL;
}

static const char *check_flags(uint32_t flags)
{
    if (flags & ~(uint32_t)(ELF_READ | ELF_WRITE | ELF_EXECUTE)) {
        return "p_flags has unknown bits";
    }
    if (!(flags & ELF_READ)) {
        return "p_flags lacks PF_R";
    }
    if ((flags & ELF_WRITE) && (flags & ELF_EXECUTE)) {
        return "a segment is writable and executable";
    }
    return NULL;
}

static const char *add_segment(struct elf_image *out,
                               const struct program_header *header)
{
    struct elf_segment *segment = &out->segments[out->nsegments];

    if (out->nsegments == ELF_SEGMENTS_MAX) {
        return "more than 16 segments to load";
    }
    if (page_down(header->vaddr) < out->size) {
        return "segments share a page of memory or do not ascend";
    }
    *segment = (struct elf_segment){
        .offset = header->offset,
        .vaddr = header->vaddr,
        .filesz = header->filesz,
        .memsz = header->memsz,
        .flags = header->flags,
    };
    out->nsegments++;
    out->size = page_up(header->vaddr + header->memsz);
    return NULL;
}

static const char *check_program_header(const struct input *input,
                                        const uint8_t *at,
                                        struct elf_image *out)
{
    struct program_header header;
    const char *reason;

    program_header_read(at, &header);
    if (header.type == PT_INTERP) {
        return "it asks for an interpreter (PT_INTERP): link with "
               "--no-dynamic-linker";
    }
    if (header.type != PT_LOAD) {
        return NULL;
    }
    reason = check_place(&header, input->size);
    if (reason == NULL) {
        reason = check_flags(header.flags);
    }
    /* Some linkers leave a PT_LOAD without a byte: it maps nothing. */
    if (reason == NULL && header.memsz != 0) {
        reason = add_segment(out, &header);
    }
    return reason;
}

static const char *check_entry(const struct elf_image *image)
{
    for (uint32_t i = 0; i < image->nsegments; i++) {
        const struct elf_segment *segment = &image->segments[i];

        if ((segment->flags & ELF_EXECUTE) &&
            image->entry >= segment->vaddr &&
            image->entry - segment->vaddr < segment->filesz) {
            return NULL;
        }
    }
    return "e_entry is outside the executable segments";
}

static const char *check_program(const struct input *input,
                                 struct elf_image *out)
{
    struct header header;
    const char *reason;

    if (input->size < HEADER_BYTES) {
        return "shorter than an ELF header";
    }
    reason = check_ident(input->bytes);
    if (reason != NULL) {
        return reason;
    }
    header_read(input->bytes, &header);
    reason = check_header(&header, input->size);
    if (reason != NULL) {
        return reason;
    }
    out->entry = header.entry;
    for (uint32_t i = 0; i < header.phnum; i++) {
        reason = check_program_header(
            input, input->bytes + header.phoff + i * PROGRAM_HEADER_BYTES,
            out);
        if (reason != NULL) {
            return reason;
        }
    }
    return check_entry(out);
}

int32_t elf_parse(const void *bytes, uint64_t size, struct elf_image *out,
                  const char **reason)
{
    struct input input = {.bytes = (const uint8_t *)bytes, .size = size};
    const char *refusal;

    *out = (struct elf_image){.entry = 0};
    refusal = check_program(&input, out);
    if (reason != NULL) {
        *reason = refusal;
    }
    return refusal == NULL ? 0 : ERR_BAD_IMAGE;
}
