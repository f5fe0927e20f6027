/*
 * mkboot_test.c - packing, and what mkboot says about packages and programs.
 */
#include "inspect.h"
#include "pack.h"
#include "program.h"

#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capos.gen.h"
#include "check_run.h"
#include "package.h"

#define PROGRAM_BYTES 0x1100u
#define MANIFEST_WORDS 64u

static uint8_t program[PROGRAM_BYTES];
static uint64_t manifest[MANIFEST_WORDS];

/* The least program: a header page and a page of code. */
static void program_make(void)
{
    Elf64_Ehdr header = {.e_type = ET_DYN,
                         .e_machine = EM_X86_64,
                         .e_version = EV_CURRENT,
                         .e_entry = 0x1000,
                         .e_phoff = sizeof(header),
                         .e_ehsize = sizeof(header),
                         .e_phentsize = sizeof(Elf64_Phdr),
                         .e_phnum = 1};
    Elf64_Phdr load = {.p_type = PT_LOAD,
                       .p_flags = PF_R | PF_X,
                       .p_offset = 0x1000,
                       .p_vaddr = 0x1000,
                       .p_filesz = 0x100,
                       .p_memsz = 0x100,
                       .p_align = 0x1000};

    memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    memset(program, 0x90, sizeof(program));
    memcpy(program, &header, sizeof(header));
    memcpy(program + sizeof(header), &load, sizeof(load));
}

static size_t manifest_make(uint32_t version, struct wire_text init)
{
    struct system_manifest_builder root;
    struct kernel_params_builder kernel;
    struct wire_builder builder;

    wire_builder_init(&builder, manifest, sizeof(manifest));
    root = system_manifest_build(&builder);
    system_manifest_set_schema_version(root, version);
    kernel = system_manifest_init_kernel_params(root);
    kernel_params_set_init(kernel, init);
    return (size_t)wire_builder_bytes(&builder);
}

/* A package of manifest, program "init" and data "words"; to be freed. */
static uint8_t *package_make(size_t manifest_bytes, size_t *size)
{
    struct pack_file files[3] = {
        {"manifest", PACKAGE_MANIFEST, (uint8_t *)manifest, manifest_bytes},
        {"init", PACKAGE_PROGRAM, program, sizeof(program)},
        {"words", PACKAGE_DATA, (const uint8_t *)"", 0},
    };

    return pack_files(files, 3, size);
}

static void check_reason(size_t manifest_bytes, const char *expected)
{
    char reason[INSPECT_REASON_BYTES] = "accepted";
    size_t size;
    uint8_t *bytes = package_make(manifest_bytes, &size);

    ck_assert_ptr_nonnull(bytes);
    inspect_check(bytes, size, reason);
    ck_assert_msg(strstr(reason, expected) != NULL, "%s", reason);
    free(bytes);
}

START_TEST(test_mkboot_packs)
{
    struct package package;
    struct package_file file;
    size_t size;
    size_t again_size;
    uint8_t *bytes;
    uint8_t *again;

    program_make();
    bytes = package_make(manifest_make(1, WIRE_TEXT("init")), &size);
    again = package_make(manifest_make(1, WIRE_TEXT("init")), &again_size);
    ck_assert_uint_eq(size, again_size);
    ck_assert_mem_eq(bytes, again, size);
    ck_assert_int_eq(package_open(bytes, size, &package, NULL), 0);
    ck_assert_uint_eq(package.count, 3);
    ck_assert_int_eq(package_find(&package, "init", 4, &file), 0);
    ck_assert_uint_eq(file.size, sizeof(program));
    ck_assert_mem_eq(file.bytes, program, sizeof(program));
    ck_assert_int_eq(package_find(&package, "words", 5, &file), 0);
    ck_assert_uint_eq(file.size, 0);
    free(bytes);
    free(again);
    check_reason(manifest_make(1, WIRE_TEXT("init")), "accepted");
}
END_TEST

START_TEST(test_mkboot_most_entries)
{
    static char names[PACKAGE_ENTRIES_MAX][8];
    static struct pack_file files[PACKAGE_ENTRIES_MAX];
    struct package package;
    size_t size;
    uint8_t *bytes;

    for (uint32_t i = 0; i < PACKAGE_ENTRIES_MAX; i++) {
        snprintf(names[i], sizeof(names[i]), "f%u", i);
        files[i] = (struct pack_file){
            names[i], i == 0 ? PACKAGE_MANIFEST : PACKAGE_DATA,
            (const uint8_t *)names[i], i % 3};
    }
    bytes = pack_files(files, PACKAGE_ENTRIES_MAX, &size);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_int_eq(package_open(bytes, size, &package, NULL), 0);
    free(bytes);
}
END_TEST

START_TEST(test_mkboot_refuses_manifests)
{
    program_make();
    check_reason(manifest_make(2, WIRE_TEXT("init")), "schema version 1");
    check_reason(manifest_make(1, WIRE_TEXT("int")), "init 'int' is no");
    check_reason(manifest_make(1, WIRE_TEXT("words")), "init 'words' is no");
    check_reason(0, "not a SystemManifest");
    check_reason(7, "not a SystemManifest");
    manifest_make(1, WIRE_TEXT("init"));
    manifest[0] = UINT64_MAX;
    check_reason(sizeof(manifest), "not a SystemManifest");
}
END_TEST

START_TEST(test_mkboot_refuses_programs)
{
    program_make();
    ck_assert_ptr_null(program_check(program, sizeof(program)));
    ck_assert_ptr_nonnull(program_check(program, 100));
    program[EI_CLASS] = ELFCLASS32;
    ck_assert_ptr_nonnull(
        strstr(program_check(program, sizeof(program)), "EI_CLASS"));
    check_reason(manifest_make(1, WIRE_TEXT("init")), "init: EI_CLASS");
}
END_TEST

START_TEST(test_mkboot_refuses_damage)
{
    char reason[INSPECT_REASON_BYTES];
    size_t size;
    uint8_t *bytes;

    program_make();
    bytes = package_make(manifest_make(1, WIRE_TEXT("init")), &size);
    bytes[size - 4096] ^= 1;
    ck_assert(!inspect_check(bytes, size, reason));
    ck_assert_ptr_nonnull(strstr(reason, "SHA-256"));
    ck_assert(!inspect_check(bytes, size - 4096, reason));
    ck_assert_ptr_nonnull(strstr(reason, "cut short"));
    free(bytes);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_mkboot_packs,
        test_mkboot_most_entries,
        test_mkboot_refuses_manifests,
        test_mkboot_refuses_programs,
        test_mkboot_refuses_damage,
        NULL,
    };

    return check_run("mkboot", tests);
}
