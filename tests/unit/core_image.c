/* core_image.c - a program and a package, byte by byte (core_image.h). */
#include "core_image.h"

#include <string.h>

#include "capos.gen.h"
#include "package.h"
#include "text.h"

#define IMAGE_PACKAGE_BYTES 0x5000u
#define IMAGE_MANIFEST_OFFSET 0x1000u
#define IMAGE_PROGRAM_OFFSET 0x2000u

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
    while (bytes--) {
        *at++ = (uint8_t)value;
        value >>= 8;
    }
}

static void image_segment(uint8_t *at, uint32_t flags, uint64_t offset,
                          uint64_t filesz, uint64_t memsz)
{
    put(at, 1, 4);
    put(at + 4, flags, 4);
    put(at + 8, offset, 8);
    put(at + 16, offset, 8);
    put(at + 32, filesz, 8);
    put(at + 40, memsz, 8);
    put(at + 48, 0x1000, 8);
}

void image_write(uint8_t bytes[IMAGE_BYTES])
{
    static const uint8_t ident[16] = {0x7f, 'E', 'L', 'F', 2, 1, 1};

    memset(bytes, 0, IMAGE_BYTES);
    memcpy(bytes, ident, sizeof(ident));
    put(bytes + 16, 3, 2);       /* ET_DYN */
    put(bytes + 18, 62, 2);      /* EM_X86_64 */
    put(bytes + 20, 1, 4);       /* version */
    put(bytes + 24, 0x1000, 8);  /* entry */
    put(bytes + 32, 64, 8);      /* program headers */
    put(bytes + 52, 64, 2);
    put(bytes + 54, 56, 2);
    put(bytes + 56, 2, 2);
    image_segment(bytes + 64, 5, 0x1000, 0x10, 0x10);
    image_segment(bytes + 120, 6, 0x2000, 0x20, 0x3000);
    memset(bytes + 0x1000, 0x90, 0x10);
    memset(bytes + 0x2000, 0xda, 0x20);
}

static uint64_t image_manifest(uint8_t *bytes)
{
    struct wire_builder builder;
    struct system_manifest_builder manifest;
    struct kernel_params_builder params;

    wire_builder_init(&builder, bytes, 0x1000);
    manifest = system_manifest_build(&builder);
    system_manifest_set_schema_version(manifest, 1);
    params = system_manifest_init_kernel_params(manifest);
    kernel_params_set_init(params, (struct wire_text){"init", 4});
    kernel_params_set_log_level(params, KERNEL_PARAMS_LOG_LEVEL_INFO);
    return (uint64_t)wire_builder_bytes(&builder);
}

static void image_entry(uint8_t *package, uint32_t index, const char *name,
                        uint32_t kind, uint64_t offset, uint64_t size)
{
    struct package_entry entry = {
        .kind = kind, .offset = offset, .size = size};

    memcpy(entry.name, name, strlen(name));
    sha256_bytes(package + offset, size, entry.sha256);
    memcpy(package + sizeof(struct package_header) + index * sizeof(entry),
           &entry, sizeof(entry));
}

uint64_t image_package(uint8_t *bytes)
{
    struct package_header header = {
        .version_major = PACKAGE_VERSION_MAJOR,
        .header_size = sizeof(header),
        .total_size = IMAGE_PACKAGE_BYTES,
        .entry_count = 2,
    };
    uint64_t manifest = image_manifest(bytes + IMAGE_MANIFEST_OFFSET);

    memcpy(header.magic, PACKAGE_MAGIC, sizeof(header.magic));
    image_write(bytes + IMAGE_PROGRAM_OFFSET);
    image_entry(bytes, 0, "manifest", PACKAGE_MANIFEST, IMAGE_MANIFEST_OFFSET,
                manifest);
    image_entry(bytes, 1, "init", PACKAGE_PROGRAM, IMAGE_PROGRAM_OFFSET,
                IMAGE_BYTES);
    sha256_bytes(bytes + sizeof(header), IMAGE_PACKAGE_BYTES - sizeof(header),
                 header.sha256);
    memcpy(bytes, &header, sizeof(header));
    return IMAGE_PACKAGE_BYTES;
}
