/*
 * elf.h - reads the one kind of program that capOS runs: a little-endian
 * ELF64 static-PIE for x86-64.
 *
 * The parser trusts nothing and changes nothing. What it accepts can be loaded
 * without further checks: every segment lies inside the file and inside the
 * image, segments ascend, no two of them share a page of memory, and none is
 * writable and executable. Two may share a page of the file. Relocations are
 * the program's own business: it applies them to itself after its start.
 *
 * Pure functions over the caller's bytes, which may have any alignment; safe
 * in any context; time grows with the number of program headers only.
 */
#ifndef CAPOS_LIB_ELF_H
#define CAPOS_LIB_ELF_H

#include <stdint.h>

#define ELF_SEGMENTS_MAX 16u
#define ELF_HEADERS_MAX 64u /* program headers of all types */
#define ELF_IMAGE_BYTES_MAX (64ull << 20)
#define ELF_ALIGN_MAX (2ull << 20)

/* Bits of elf_segment.flags, as in p_flags. */
enum elf_flag {
    ELF_EXECUTE = 1u << 0,
    ELF_WRITE = 1u << 1,
    ELF_READ = 1u << 2, /* always set */
};

/* A PT_LOAD with at least one byte. Addresses are relative to the image. */
struct elf_segment {
    uint64_t offset; /* in the file */
    uint64_t vaddr;  /* same remainder by PAGE_SIZE as offset */
    uint64_t filesz; /* bytes from the file, at most memsz */
    uint64_t memsz;  /* the rest is zero */
    uint32_t flags;  /* enum elf_flag */
    uint32_t reserved;
};

struct elf_image {
    uint64_t entry; /* relative to the image */
    uint64_t size;  /* end of the last segment, rounded up to a page */
    uint32_t nsegments;
    uint32_t reserved;
    struct elf_segment segments[ELF_SEGMENTS_MAX];
};

/*
 * Checks a program of size bytes and describes it in *out. Returns 0, or
 * ERR_BAD_IMAGE, with a sentence in *reason (a constant; reason may be NULL)
 * that names the field; *out is then unspecified.
 */
int32_t elf_parse(const void *bytes, uint64_t size, struct elf_image *out,
                  const char **reason);

#endif
