/*
 * fuzz_package.c - any bytes as a boot package.
 *
 * A mutation seldom hits the right SHA-256, so each input is tried twice: as
 * it is, and with total size and hash set right, behind which lie the checks
 * of the table.
 */
#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "package.h"
#include "text.h"

static uint64_t sum; /* so that no read is optimised away */

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static void check_file(const struct package *package, uint32_t index)
{
    struct package_file file;
    struct package_file found;

    require(package_get(package, index, &file) == 0);
    require(file.offset % PACKAGE_ALIGN == 0);
    require(file.offset <= package->size);
    require(file.size <= package->size - file.offset);
    for (uint64_t i = 0; i < file.size; i++) {
        sum += file.bytes[i];
    }
    require(package_find(package, file.name, strlen(file.name), &found) == 0);
    require(found.bytes == file.bytes && found.name == file.name);
    package_check_file(&file);
}

static void try(const uint8_t *bytes, size_t size)
{
    struct package package;
    struct package_file file;
    const char *reason = NULL;
    int32_t status = package_open(bytes, size, &package, &reason);

    require(status == 0 || status == ERR_BAD_PACKAGE);
    require((status == 0) == (reason == NULL));
    if (status != 0) {
        return;
    }
    for (uint32_t i = 0; i < package.count; i++) {
        check_file(&package, i);
    }
    require(package_get(&package, package.count, &file) == ERR_NOT_FOUND);
}

/* Makes total size and hash right. */
static void seal(uint8_t *bytes, size_t size)
{
    le64_write(bytes + offsetof(struct package_header, total_size), size);
    sha256_bytes(bytes + sizeof(struct package_header),
                 size - sizeof(struct package_header),
                 bytes + offsetof(struct package_header, sha256));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t full = (size + PACKAGE_ALIGN - 1) / PACKAGE_ALIGN * PACKAGE_ALIGN;
    uint8_t *copy;

    try(data, size);
    if (size < sizeof(struct package_header)) {
        return 0;
    }
    copy = calloc(1, full);
    require(copy != NULL);
    memcpy(copy, data, size);
    seal(copy, full);
    try(copy, full);
    free(copy);
    return 0;
}
