/*
 * inspect.c - shows and checks a boot package (inspect.h).
 */
#include "inspect.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "capos.gen.h"
#include "capos.schema.gen.h"
#include "package.h"
#include "program.h"

#define SCHEMA_VERSION 1u

static bool refuse(char *reason, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool refuse(char *reason, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(reason, INSPECT_REASON_BYTES, format, args);
    va_end(args);
    return false;
}

/* The kernel must find the program that it is to start first. */
static bool check_init(const struct package *package,
                       struct system_manifest_reader manifest, char *reason)
{
    struct wire_text init = kernel_params_get_init(
        system_manifest_get_kernel_params(manifest));
    struct package_file file;

    if (system_manifest_get_schema_version(manifest) != SCHEMA_VERSION) {
        return refuse(reason, "manifest: not of schema version %u",
                      SCHEMA_VERSION);
    }
    if (package_find(package, init.bytes, init.length, &file) != 0 ||
        file.kind != PACKAGE_PROGRAM) {
        return refuse(reason, "manifest: init '%s' is no program in here",
                      init.bytes);
    }
    return true;
}

static bool check_manifest(const struct package *package,
                           const struct package_file *file, char *reason)
{
    struct wire_message message;

    if (wire_message_init(&message, file->bytes, file->size) != 0 ||
        !schema_check(&capos_schema,
                      &capos_schema.structs[SCHEMA_STRUCT_SYSTEM_MANIFEST],
                      wire_root(&message))) {
        return refuse(reason, "%s: not a SystemManifest message", file->name);
    }
    return check_init(package, system_manifest_read(&message), reason);
}

static bool check_file(const struct package *package, uint8_t *bytes,
                       const struct package_file *file, char *reason)
{
    const char *problem;

    if (package_check_file(file) != 0) {
        return refuse(reason, "%s: its SHA-256 does not match", file->name);
    }
    if (file->kind == PACKAGE_PROGRAM) {
        problem = program_check(bytes + file->offset, file->size);
        return problem == NULL ||
               refuse(reason, "%s: %s", file->name, problem);
    }
    return file->kind != PACKAGE_MANIFEST ||
           check_manifest(package, file, reason);
}

bool inspect_check(uint8_t *bytes, size_t size,
                   char reason[INSPECT_REASON_BYTES])
{
    struct package package;
    struct package_file file;
    const char *problem;

    if (package_open(bytes, size, &package, &problem) != 0) {
        return refuse(reason, "%s", problem);
    }
    for (uint32_t i = 0; package_get(&package, i, &file) == 0; i++) {
        if (!check_file(&package, bytes, &file, reason)) {
            return false;
        }
    }
    return true;
}

void inspect_list(const uint8_t *bytes, size_t size)
{
    static const char *const kinds[] = {"manifest", "program", "data"};
    struct package package;
    struct package_file file;

    if (package_open(bytes, size, &package, NULL) != 0) {
        return;
    }
    for (uint32_t i = 0; package_get(&package, i, &file) == 0; i++) {
        printf("%-31s %-8s %10" PRIu64 "  ", file.name, kinds[file.kind],
               file.size);
        for (uint32_t j = 0; j < SHA256_BYTES; j++) {
            printf("%02x", file.sha256[j]);
        }
        putchar('\n');
    }
}
