/*
 * pack.c - makes the bytes of a boot package (pack.h).
 */
#include "pack.h"

#include <stdlib.h>
#include <string.h>

#include "package.h"
#include "text.h"

static uint64_t align_up(uint64_t value)
{
    return (value + PACKAGE_ALIGN - 1) / PACKAGE_ALIGN * PACKAGE_ALIGN;
}

static uint64_t table_bytes(uint32_t count)
{
    return align_up(sizeof(struct package_header) +
                    (uint64_t)count * sizeof(struct package_entry));
}

static void write_entry(uint8_t *at, const struct pack_file *file,
                        uint64_t offset)
{
    memcpy(at, file->name, strlen(file->name));
    le32_write(at + offsetof(struct package_entry, kind), file->kind);
    le64_write(at + offsetof(struct package_entry, offset), offset);
    le64_write(at + offsetof(struct package_entry, size), file->size);
    sha256_bytes(file->bytes, file->size,
                 at + offsetof(struct package_entry, sha256));
}

/* The header comes last: it holds the hash of all the rest. */
static void write_header(uint8_t *at, uint32_t count, uint64_t total)
{
    uint32_t length = sizeof(struct package_header);

    memcpy(at, PACKAGE_MAGIC, sizeof(PACKAGE_MAGIC) - 1);
    le16_write(at + offsetof(struct package_header, version_major),
               PACKAGE_VERSION_MAJOR);
    le16_write(at + offsetof(struct package_header, version_minor),
               PACKAGE_VERSION_MINOR);
    le32_write(at + offsetof(struct package_header, header_size), length);
    le64_write(at + offsetof(struct package_header, total_size), total);
    le32_write(at + offsetof(struct package_header, entry_count), count);
    sha256_bytes(at + length, total - length,
                 at + offsetof(struct package_header, sha256));
}

uint8_t *pack_files(const struct pack_file *files, uint32_t count,
                    size_t *size)
{
    uint64_t offset = table_bytes(count);
    uint64_t total = offset;
    uint8_t *bytes;

    for (uint32_t i = 0; i < count; i++) {
        total += align_up(files[i].size);
    }
    bytes = calloc(1, total);
    if (bytes == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < count; i++) {
        write_entry(bytes + sizeof(struct package_header) +
                        i * sizeof(struct package_entry),
                    &files[i], offset);
        memcpy(bytes + offset, files[i].bytes, files[i].size);
        offset += align_up(files[i].size);
    }
    write_header(bytes, count, total);
    *size = total;
    return bytes;
}
