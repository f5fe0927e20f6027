/*
 * elf_test.c - the program reader, with libelf as the oracle.
 *
 * A program is written by libelf. Then every byte of its headers is damaged in
 * every way that one bit or a few telling values can, and elf_parse must
 * accept exactly what a second set of the rules, written over libelf's view of
 * the same bytes, accepts.
 */
#include "elf.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "check_run.h"
#include "errors.h"

#define FILE_BYTES 0x2800u
#define HEADERS 5u
#define PAGE 4096ull

static uint8_t program[FILE_BYTES];

static const Elf64_Phdr program_headers[HEADERS] = {
    {.p_type = PT_PHDR, .p_flags = PF_R, .p_offset = 64, .p_vaddr = 64,
     .p_filesz = 56 * HEADERS, .p_memsz = 56 * HEADERS, .p_align = 8},
    {.p_type = PT_LOAD, .p_flags = PF_R, .p_offset = 0, .p_vaddr = 0,
     .p_filesz = 0x200, .p_memsz = 0x200, .p_align = PAGE},
    {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = 0x1000,
     .p_vaddr = 0x1000, .p_filesz = 0x800, .p_memsz = 0x800, .p_align = PAGE},
    {.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = 0x1800,
     .p_vaddr = 0x2800, .p_filesz = 0x400, .p_memsz = 0x3000,
     .p_align = PAGE},
    {.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = 0, .p_vaddr = 0,
     .p_filesz = 0, .p_memsz = 0, .p_align = PAGE},
};

static void program_write(int fd)
{
    Elf *elf;
    Elf64_Ehdr *header;
    Elf64_Phdr *headers;

    elf_version(EV_CURRENT);
    elf = elf_begin(fd, ELF_C_WRITE, NULL);
    ck_assert_ptr_nonnull(elf);
    elf_flagelf(elf, ELF_C_SET, ELF_F_LAYOUT);
    header = elf64_newehdr(elf);
    header->e_ident[EI_DATA] = ELFDATA2LSB;
    header->e_type = ET_DYN;
    header->e_machine = EM_X86_64;
    header->e_version = EV_CURRENT;
    header->e_entry = 0x1010;
    header->e_phoff = 64;
    headers = elf64_newphdr(elf, HEADERS);
    memcpy(headers, program_headers, sizeof(program_headers));
    elf_flagphdr(elf, ELF_C_SET, ELF_F_DIRTY);
    ck_assert_int_ge(elf_update(elf, ELF_C_WRITE), 0);
    elf_end(elf);
}

static void program_make(void)
{
    char name[] = "/tmp/elf_test_XXXXXX";
    int fd = mkstemp(name);

    ck_assert_int_ge(fd, 0);
    unlink(name);
    program_write(fd);
    memset(program, 0, sizeof(program));
    ck_assert_int_gt(pread(fd, program, sizeof(program), 0), 0);
    close(fd);
}

static bool power_of_two(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static bool oracle_load(const GElf_Phdr *header, uint64_t *end)
{
    if (header->p_filesz > header->p_memsz ||
        header->p_offset > FILE_BYTES ||
        header->p_filesz > FILE_BYTES - header->p_offset ||
        header->p_vaddr > ELF_IMAGE_BYTES_MAX ||
        header->p_memsz > ELF_IMAGE_BYTES_MAX - header->p_vaddr ||
        header->p_align < PAGE || header->p_align > 2 << 20 ||
        !power_of_two(header->p_align) ||
        header->p_offset % header->p_align !=
            header->p_vaddr % header->p_align ||
        header->p_flags > 7 || !(header->p_flags & PF_R) ||
        (header->p_flags & (PF_W | PF_X)) == (PF_W | PF_X)) {
        return false;
    }
    if (header->p_memsz == 0) {
        return true;
    }
    if (header->p_vaddr / PAGE * PAGE < *end) {
        return false;
    }
    *end = (header->p_vaddr + header->p_memsz + PAGE - 1) / PAGE * PAGE;
    return true;
}

static bool oracle_segments(Elf *elf, uint64_t entry)
{
    uint64_t end = 0;
    size_t count = 0;
    bool entered = false;

    if (elf_getphdrnum(elf, &count) != 0 || count == 0 || count > 64) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;

        if (gelf_getphdr(elf, (int)i, &header) == NULL ||
            header.p_type == PT_INTERP) {
            return false;
        }
        if (header.p_type != PT_LOAD) {
            continue;
        }
        if (!oracle_load(&header, &end)) {
            return false;
        }
        entered = entered || ((header.p_flags & PF_X) &&
                              entry >= header.p_vaddr &&
                              entry < header.p_vaddr + header.p_filesz);
    }
    return entered;
}

static bool oracle_sections(const GElf_Ehdr *header)
{
    if (header->e_shnum == 0) {
        return header->e_shoff == 0 && header->e_shstrndx == 0;
    }
    return header->e_shentsize == 64 && header->e_shoff >= 64 &&
           header->e_shoff % 8 == 0 && header->e_shoff <= FILE_BYTES &&
           header->e_shnum * 64ull <= FILE_BYTES - header->e_shoff &&
           header->e_shstrndx < header->e_shnum;
}

static bool oracle_header(const GElf_Ehdr *header)
{
    static const uint8_t rest[9];

    return header->e_ident[EI_CLASS] == ELFCLASS64 &&
           header->e_ident[EI_DATA] == ELFDATA2LSB &&
           header->e_ident[EI_VERSION] == EV_CURRENT &&
           memcmp(header->e_ident + EI_OSABI, rest, sizeof(rest)) == 0 &&
           header->e_type == ET_DYN && header->e_machine == EM_X86_64 &&
           header->e_version == EV_CURRENT && header->e_flags == 0 &&
           header->e_ehsize == 64 && header->e_phentsize == 56 &&
           header->e_phoff >= 64 && header->e_phoff % 8 == 0;
}

/* The rules of elf.h over libelf's view of the bytes. */
static bool oracle_accepts(uint8_t *bytes)
{
    Elf *elf = elf_memory((char *)bytes, FILE_BYTES);
    GElf_Ehdr header;
    bool accepted = elf != NULL && elf_kind(elf) == ELF_K_ELF &&
                    gelf_getehdr(elf, &header) != NULL &&
                    oracle_header(&header) && oracle_sections(&header) &&
                    oracle_segments(elf, header.e_entry);

    if (elf != NULL) {
        elf_end(elf);
    }
    return accepted;
}

static bool accepts(const uint8_t *bytes, uint64_t size)
{
    struct elf_image image;
    const char *reason = "";
    int32_t status = elf_parse(bytes, size, &image, &reason);

    if (status == 0) {
        ck_assert_ptr_null(reason);
        return true;
    }
    ck_assert_int_eq(status, ERR_BAD_IMAGE);
    ck_assert_ptr_nonnull(reason);
    return false;
}

START_TEST(test_elf_reads_what_libelf_wrote)
{
    struct elf_image image;
    const char *reason;

    program_make();
    ck_assert_int_eq(elf_parse(program, FILE_BYTES, &image, &reason), 0);
    ck_assert_uint_eq(image.entry, 0x1010);
    ck_assert_uint_eq(image.size, 0x6000);
    ck_assert_uint_eq(image.nsegments, 3);
    for (uint32_t i = 0; i < 3; i++) {
        const Elf64_Phdr *header = &program_headers[i + 1];

        ck_assert_uint_eq(image.segments[i].offset, header->p_offset);
        ck_assert_uint_eq(image.segments[i].vaddr, header->p_vaddr);
        ck_assert_uint_eq(image.segments[i].filesz, header->p_filesz);
        ck_assert_uint_eq(image.segments[i].memsz, header->p_memsz);
        ck_assert_uint_eq(image.segments[i].flags, header->p_flags);
    }
    ck_assert(oracle_accepts(program));
}
END_TEST

START_TEST(test_elf_every_header_byte_damaged)
{
    static const uint8_t values[] = {0, 1, 2, 3, 0x10, 0x40, 0x7f, 0x80, 0xff};
    uint32_t end = 64 + 56 * HEADERS;
    uint32_t refused = 0;

    program_make();
    for (uint32_t at = 0; at < end; at++) {
        uint8_t original = program[at];

        for (uint32_t i = 0; i < sizeof(values) + 8; i++) {
            bool accepted;

            program[at] = i < 8 ? (uint8_t)(original ^ 1u << i)
                                : values[i - 8];
            accepted = accepts(program, FILE_BYTES);
            ck_assert_msg(accepted == oracle_accepts(program),
                          "byte %u = %u: accepted %d", at, program[at],
                          accepted);
            refused += !accepted;
        }
        program[at] = original;
    }
    ck_assert_uint_gt(refused, 2000);
}
END_TEST

/* One damaged field and a word that the reason must name it by. */
struct damage {
    uint32_t offset;
    uint32_t width;
    uint64_t value;
    const char *named;
};

#define PH(i, field) (uint32_t)(64 + 56 * (i) + offsetof(Elf64_Phdr, field))
#define EH(field) (uint32_t) offsetof(Elf64_Ehdr, field)

static const struct damage damages[] = {
    {0, 1, 0, "magic"},
    {EI_CLASS, 1, 1, "EI_CLASS"},
    {EI_DATA, 1, 2, "EI_DATA"},
    {EI_VERSION, 1, 0, "EI_VERSION"},
    {EI_OSABI, 1, 3, "EI_OSABI"},
    {EI_PAD, 1, 1, "padding"},
    {EH(e_type), 2, ET_EXEC, "e_type"},
    {EH(e_machine), 2, EM_AARCH64, "e_machine"},
    {EH(e_version), 4, 2, "e_version"},
    {EH(e_entry), 8, 0x2900, "e_entry"},
    {EH(e_phoff), 8, UINT64_MAX - 7, "e_phoff"},
    {EH(e_shoff), 8, 64, "e_shoff"},
    {EH(e_flags), 4, 1, "e_flags"},
    {EH(e_ehsize), 2, 52, "e_ehsize"},
    {EH(e_phentsize), 2, 32, "e_phentsize"},
    {EH(e_phnum), 2, 0, "e_phnum"},
    {EH(e_phnum), 2, 65535, "e_phnum"},
    {EH(e_shentsize), 4, 0x10028, "e_shentsize"},
    {EH(e_shnum), 2, 1, "e_sh"},
    {EH(e_shstrndx), 2, 1, "e_shstrndx"},
    {PH(0, p_type), 4, PT_INTERP, "PT_INTERP"},
    {PH(2, p_flags), 4, PF_R | PF_W | PF_X, "writable and executable"},
    {PH(2, p_flags), 4, PF_X, "PF_R"},
    {PH(2, p_flags), 4, 0x100 | PF_R, "unknown bits"},
    {PH(2, p_offset), 8, UINT64_MAX - 4095, "p_offset"},
    {PH(3, p_offset), 8, 0x1000, "modulo p_align"},
    {PH(2, p_vaddr), 8, UINT64_MAX - 4095, "64 MiB"},
    {PH(2, p_vaddr), 8, 0, "do not ascend"},
    {PH(2, p_filesz), 8, 0x900, "p_filesz is larger"},
    {PH(3, p_memsz), 8, UINT64_MAX, "64 MiB"},
    {PH(2, p_align), 8, 0, "p_align"},
    {PH(2, p_align), 8, 0x1800, "p_align"},
    {PH(2, p_align), 8, 1ull << 32, "p_align"},
};

START_TEST(test_elf_reason_names_the_field)
{
    struct elf_image image;

    for (uint32_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        const struct damage *damage = &damages[i];
        const char *reason = "accepted";

        program_make();
        memcpy(program + damage->offset, &damage->value, damage->width);
        elf_parse(program, FILE_BYTES, &image, &reason);
        ck_assert_msg(reason != NULL && strstr(reason, damage->named),
                      "damage %u (%s): %s", i, damage->named,
                      reason == NULL ? "accepted" : reason);
    }
}
END_TEST

START_TEST(test_elf_cut_short)
{
    struct elf_image image;

    program_make();
    for (uint64_t size = 0; size < 0x1c00; size++) {
        ck_assert(!accepts(program, size));
    }
    ck_assert(accepts(program, 0x1c00));
    ck_assert_int_eq(elf_parse(program, 0, &image, NULL), ERR_BAD_IMAGE);
}
END_TEST

START_TEST(test_elf_at_any_alignment)
{
    static uint8_t shifted[FILE_BYTES + 8];

    program_make();
    for (uint32_t i = 1; i < 8; i++) {
        memcpy(shifted + i, program, FILE_BYTES);
        ck_assert(accepts(shifted + i, FILE_BYTES));
    }
}
END_TEST

START_TEST(test_elf_too_many_segments)
{
    uint8_t *at = program + 64;
    uint16_t count = ELF_SEGMENTS_MAX + 1;

    program_make();
    memcpy(program + EH(e_phnum), &count, sizeof(count));
    for (uint64_t i = 0; i < count; i++) {
        Elf64_Phdr header = program_headers[2];

        header.p_vaddr = 0x1000 * (i + 1);
        memcpy(at + 56 * i, &header, sizeof(header));
    }
    ck_assert(!accepts(program, FILE_BYTES));
    count--;
    memcpy(program + EH(e_phnum), &count, sizeof(count));
    ck_assert(accepts(program, FILE_BYTES));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_elf_reads_what_libelf_wrote,
        test_elf_every_header_byte_damaged,
        test_elf_reason_names_the_field,
        test_elf_cut_short,
        test_elf_at_any_alignment,
        test_elf_too_many_segments,
        NULL,
    };

    return check_run("elf", tests);
}
