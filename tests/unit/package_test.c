/*
 * package_test.c - boot packages: what is read back, and every damage.
 *
 * build() lays a package out by the text of package.h, on its own, so that
 * reader and writer are not one mistake.
 */
#include "package.h"

#include <stdbool.h>
#include <string.h>

#include "check_run.h"
#include "errors.h"

#define ENTRIES 3u
#define TOTAL (4u * 4096u)

static uint8_t bytes[TOTAL];
static struct package_header *const header = (void *)bytes;
static struct package_entry *const entries = (void *)(bytes + 64);

/* Makes both kinds of hash right again after a change. */
static void seal(void)
{
    for (uint32_t i = 0; i < ENTRIES; i++) {
        if (entries[i].offset < TOTAL &&
            entries[i].size <= TOTAL - entries[i].offset) {
            sha256_bytes(bytes + entries[i].offset, entries[i].size,
                         entries[i].sha256);
        }
    }
    sha256_bytes(bytes + 64, TOTAL - 64, header->sha256);
}

static void build(void)
{
    memset(bytes, 0, sizeof(bytes));
    memcpy(header->magic, "capOSpkg", 8);
    header->version_major = 1;
    header->header_size = 64;
    header->total_size = TOTAL;
    header->entry_count = ENTRIES;
    entries[0] = (struct package_entry){
        .name = "manifest", .kind = 0, .offset = 4096, .size = 100};
    entries[1] = (struct package_entry){
        .name = "init", .kind = 1, .offset = 8192, .size = 4096};
    entries[2] = (struct package_entry){
        .name = "words", .kind = 2, .offset = 12288, .size = 1};
    memset(bytes + 4096, 'm', 100);
    memset(bytes + 8192, 'i', 4096);
    bytes[12288] = 'w';
    seal();
}

static const char *reason_of(uint64_t size)
{
    struct package package;
    const char *reason = "";
    int32_t status = package_open(bytes, size, &package, &reason);

    ck_assert(status == (reason == NULL ? 0 : ERR_BAD_PACKAGE));
    return reason == NULL ? "accepted" : reason;
}

/* With the hashes right, so that the check behind them has to say no. */
static void check_refused(const char *part)
{
    seal();
    ck_assert_msg(strstr(reason_of(TOTAL), part) != NULL, "%s: %s", part,
                  reason_of(TOTAL));
    build();
}

START_TEST(test_package_reads)
{
    struct package package;
    struct package_file file;

    build();
    ck_assert_int_eq(package_open(bytes, TOTAL, &package, NULL), 0);
    ck_assert_uint_eq(package.count, ENTRIES);
    ck_assert_int_eq(package_get(&package, 1, &file), 0);
    ck_assert_str_eq(file.name, "init");
    ck_assert_uint_eq(file.kind, PACKAGE_PROGRAM);
    ck_assert_uint_eq(file.size, 4096);
    ck_assert_ptr_eq(file.bytes, bytes + 8192);
    ck_assert_int_eq(package_check_file(&file), 0);
    ck_assert_int_eq(package_get(&package, 3, &file), ERR_NOT_FOUND);
    ck_assert_int_eq(package_find(&package, "words", 5, &file), 0);
    ck_assert_uint_eq(file.bytes[0], 'w');
    ck_assert_int_eq(package_find(&package, "word", 4, &file), ERR_NOT_FOUND);
    ck_assert_int_eq(package_find(&package, "words2", 6, &file),
                     ERR_NOT_FOUND);
    ck_assert_int_eq(package_find(&package, "words\0", 6, &file),
                     ERR_NOT_FOUND);
    ck_assert_int_eq(package_find(&package, "", 0, &file), ERR_NOT_FOUND);
    ck_assert_int_eq(package_find(&package, "words", 1000, &file),
                     ERR_NOT_FOUND);
}
END_TEST

START_TEST(test_package_every_bit_counts)
{
    build();
    for (uint32_t at = 0; at < 64 + 88 * ENTRIES + 8; at++) {
        for (uint32_t bit = 0; bit < 8; bit++) {
            /* A reader ignores the minor version. */
            bool ignored = at == 10 || at == 11;

            bytes[at] ^= (uint8_t)(1u << bit);
            ck_assert(strcmp(reason_of(TOTAL), "accepted") != 0 || ignored);
            bytes[at] ^= (uint8_t)(1u << bit);
        }
    }
    for (uint32_t at = 64; at < TOTAL; at += 97) {
        bytes[at] ^= 4;
        ck_assert_ptr_nonnull(strstr(reason_of(TOTAL), "SHA-256"));
        bytes[at] ^= 4;
    }
}
END_TEST

START_TEST(test_package_cut_short)
{
    build();
    for (uint64_t size = 0; size < TOTAL; size += 61) {
        ck_assert_str_ne(reason_of(size), "accepted");
    }
    ck_assert_ptr_nonnull(strstr(reason_of(TOTAL - 1), "cut short"));
    ck_assert_str_eq(reason_of(TOTAL), "accepted");
}
END_TEST

START_TEST(test_package_header_fields)
{
    build();
    header->magic[0] = 'C';
    check_refused("magic");
    header->version_major = 2;
    check_refused("major version");
    header->header_size = 72;
    check_refused("header size");
    header->reserved = 1;
    check_refused("reserved");
    header->total_size = TOTAL - 4096;
    check_refused("bytes follow");
    header->total_size = UINT64_MAX;
    check_refused("cut short");
    header->entry_count = 0;
    check_refused("entry count");
    header->entry_count = UINT32_MAX;
    check_refused("entry count");
    header->entry_count = PACKAGE_ENTRIES_MAX;
    check_refused("entry count");
}
END_TEST

START_TEST(test_package_entry_names)
{
    build();
    memset(entries[1].name, 'x', sizeof(entries[1].name));
    check_refused("name");
    memset(entries[1].name, 0, sizeof(entries[1].name));
    check_refused("name");
    entries[1].name[31] = 'x';
    check_refused("name");
    memcpy(entries[2].name, entries[1].name, sizeof(entries[1].name));
    check_refused("same name");
}
END_TEST

START_TEST(test_package_entry_places)
{
    build();
    entries[1].kind = 3;
    check_refused("kind");
    entries[1].kind = 0;
    check_refused("kind");
    entries[0].kind = 2;
    check_refused("kind");
    entries[1].reserved = 1;
    check_refused("reserved");
    entries[1].offset = 4096;
    check_refused("does not begin");
    entries[1].offset = UINT64_MAX;
    check_refused("does not begin");
    entries[2].size = 4097;
    check_refused("outside");
    entries[2].size = UINT64_MAX;
    check_refused("outside");
    entries[2].size = 0;
    check_refused("pages follow");
    bytes[4096 + 101] = 1;
    check_refused("not zero");
    bytes[64 + 88 * ENTRIES] = 1;
    check_refused("not zero");
}
END_TEST

START_TEST(test_package_empty_file)
{
    struct package package;
    struct package_file file;

    build();
    entries[2].offset = 12288;
    entries[1].size = 0;
    entries[2].offset = 8192;
    entries[2].size = 8192;
    seal();
    ck_assert_int_eq(package_open(bytes, TOTAL, &package, NULL), 0);
    ck_assert_int_eq(package_get(&package, 1, &file), 0);
    ck_assert_uint_eq(file.size, 0);
    ck_assert_int_eq(package_check_file(&file), 0);
}
END_TEST

START_TEST(test_package_file_hash)
{
    struct package package;
    struct package_file file;

    build();
    entries[1].sha256[5] ^= 1;
    sha256_bytes(bytes + 64, TOTAL - 64, header->sha256);
    ck_assert_int_eq(package_open(bytes, TOTAL, &package, NULL), 0);
    ck_assert_int_eq(package_get(&package, 1, &file), 0);
    ck_assert_int_eq(package_check_file(&file), ERR_BAD_PACKAGE);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_package_reads,
        test_package_every_bit_counts,
        test_package_cut_short,
        test_package_header_fields,
        test_package_entry_names,
        test_package_entry_places,
        test_package_empty_file,
        test_package_file_hash,
        NULL,
    };

    return check_run("package", tests);
}
