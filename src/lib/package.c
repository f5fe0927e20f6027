/*
 * package.c - the reader of boot packages (package.h).
 *
 * Each check returns the sentence that refuses the package, or NULL. The hash
 * comes before the table is believed, so that a damaged package is called
 * damaged, whatever field the damage hit; the checks of the table are for
 * packages that were made wrong.
 */
#include "package.h"

#include <stdbool.h>

#include "errors.h"
#include "text.h"

#define HEADER_BYTES ((uint64_t)sizeof(struct package_header))
#define ENTRY_BYTES ((uint64_t)sizeof(struct package_entry))

static uint64_t align_up(uint64_t value)
{
    return (value + PACKAGE_ALIGN - 1) & ~(uint64_t)(PACKAGE_ALIGN - 1);
}

static const uint8_t *entry_at(const struct package *package, uint32_t index)
{
    return package->bytes + HEADER_BYTES + index * ENTRY_BYTES;
}

static const char *check_header(const uint8_t *at, uint64_t size)
{
    uint64_t total;
    uint32_t count;

    if (size < HEADER_BYTES) {
        return "shorter than a package header";
    }
    total = le64_read(at + offsetof(struct package_header, total_size));
    count = le32_read(at + offsetof(struct package_header, entry_count));
    if (!bytes_equal(at, PACKAGE_MAGIC, sizeof(PACKAGE_MAGIC) - 1)) {
        return "no boot package: the magic is missing";
    }
    if (le16_read(at + offsetof(struct package_header, version_major)) !=
        PACKAGE_VERSION_MAJOR) {
        return "unknown major version";
    }
    if (le32_read(at + offsetof(struct package_header, header_size)) !=
            HEADER_BYTES ||
        le32_read(at + offsetof(struct package_header, reserved)) != 0) {
        return "header size or reserved field of the header is wrong";
    }
    if (total != size) {
        return total > size ? "cut short: total size is larger than the file"
                            : "bytes follow after the total size";
    }
    if (total % PACKAGE_ALIGN != 0) {
        return "total size is not a multiple of 4096";
    }
    if (count == 0 || count > PACKAGE_ENTRIES_MAX ||
        count * ENTRY_BYTES > size - HEADER_BYTES) {
        return "entry count is 0 or does not fit";
    }
    return NULL;
}

static bool hash_matches(const uint8_t *bytes, uint64_t size,
                         const uint8_t *expected)
{
    uint8_t digest[SHA256_BYTES];

    sha256_bytes(bytes, size, digest);
    return bytes_equal(digest, expected, SHA256_BYTES);
}

static const char *check_name(const struct package *package, uint32_t index)
{
    const char *name = (const char *)entry_at(package, index);
    uint64_t length = text_length_max(name, PACKAGE_NAME_BYTES);

    if (length == 0 || length == PACKAGE_NAME_BYTES ||
        !bytes_zero(name + length, PACKAGE_NAME_BYTES - length)) {
        return "a name is empty or not padded with NUL";
    }
    for (uint32_t i = 0; i < index; i++) {
        if (bytes_equal(name, entry_at(package, i), PACKAGE_NAME_BYTES)) {
            return "two entries have the same name";
        }
    }
    return NULL;
}

/* Checks one entry; *end is where its file must begin, and then its end. */
static const char *check_entry(const struct package *package, uint32_t index,
                               uint64_t *end)
{
    struct package_file file;
    const uint8_t *at = entry_at(package, index);
    const char *reason = check_name(package, index);
    uint64_t filled;

    if (reason != NULL) {
        return reason;
    }
    if (le64_read(at + offsetof(struct package_entry, offset)) != *end) {
        return "a file does not begin where the one before it ends";
    }
    package_get(package, index, &file);
    if (file.kind > PACKAGE_DATA ||
        (file.kind == PACKAGE_MANIFEST) != (index == 0)) {
        return "the manifest is not the first entry, or a kind is unknown";
    }
    if (le32_read(at + offsetof(struct package_entry, reserved)) != 0) {
        return "reserved field of an entry is not 0";
    }
    if (file.size > package->size - *end) {
        return "a file reaches outside the package";
    }
    filled = align_up(*end + file.size);
    if (!bytes_zero(file.bytes + file.size, filled - (*end + file.size))) {
        return "bytes between files are not zero";
    }
    *end = filled;
    return NULL;
}

static const char *check_entries(const struct package *package)
{
    uint64_t table_end = HEADER_BYTES + package->count * ENTRY_BYTES;
    uint64_t end = align_up(table_end);

    /* The size is a multiple of 4096 and holds the table, so end is inside. */
    if (!bytes_zero(package->bytes + table_end, end - table_end)) {
        return "bytes after the table are not zero";
    }
    for (uint32_t i = 0; i < package->count; i++) {
        const char *reason = check_entry(package, i, &end);

        if (reason != NULL) {
            return reason;
        }
    }
    return end == package->size ? NULL : "pages follow after the last file";
}

static const char *check_package(const uint8_t *bytes, uint64_t size,
                                 struct package *out)
{
    const char *reason = check_header(bytes, size);

    if (reason != NULL) {
        return reason;
    }
    out->bytes = bytes;
    out->size = size;
    out->count =
        le32_read(bytes + offsetof(struct package_header, entry_count));
    if (!hash_matches(bytes + HEADER_BYTES, size - HEADER_BYTES,
                      bytes + offsetof(struct package_header, sha256))) {
        return "damaged: SHA-256 does not match";
    }
    return check_entries(out);
}

int32_t package_open(const void *bytes, uint64_t size, struct package *out,
                     const char **reason)
{
    const char *refusal;

    *out = (struct package){.bytes = NULL};
    refusal = check_package((const uint8_t *)bytes, size, out);
    if (reason != NULL) {
        *reason = refusal;
    }
    return refusal == NULL ? 0 : ERR_BAD_PACKAGE;
}

int32_t package_get(const struct package *package, uint32_t index,
                    struct package_file *out)
{
    const uint8_t *at;

    if (index >= package->count) {
        return ERR_NOT_FOUND;
    }
    at = entry_at(package, index);
    out->name = (const char *)at;
    out->kind = le32_read(at + offsetof(struct package_entry, kind));
    out->offset = le64_read(at + offsetof(struct package_entry, offset));
    out->size = le64_read(at + offsetof(struct package_entry, size));
    out->sha256 = at + offsetof(struct package_entry, sha256);
    out->bytes = package->bytes + out->offset;
    return 0;
}

int32_t package_find(const struct package *package, const char *name,
                     uint64_t length, struct package_file *out)
{
    if (length == 0 || length >= PACKAGE_NAME_BYTES ||
        text_length_max(name, length) != length) {
        return ERR_NOT_FOUND;
    }
    for (uint32_t i = 0; i < package->count; i++) {
        const char *other = (const char *)entry_at(package, i);

        if (other[length] == '\0' && bytes_equal(name, other, length)) {
            return package_get(package, i, out);
        }
    }
    return ERR_NOT_FOUND;
}

int32_t package_check_file(const struct package_file *file)
{
    return hash_matches(file->bytes, file->size, file->sha256)
               ? 0
               : ERR_BAD_PACKAGE;
}
