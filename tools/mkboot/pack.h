/*
 * pack.h - makes the bytes of a boot package (src/lib/package.h).
 *
 * The same files in the same order give the same bytes, wherever and whenever.
 */
#ifndef CAPOS_MKBOOT_PACK_H
#define CAPOS_MKBOOT_PACK_H

#include <stddef.h>
#include <stdint.h>

/* A file to be packed. */
struct pack_file {
    const char *name; /* 1 to 31 bytes, unique */
    uint32_t kind;    /* enum package_kind */
    const uint8_t *bytes;
    size_t size;
};

/*
 * Lays out a package of 1 to PACKAGE_ENTRIES_MAX files, the manifest first.
 * Returns memory to be freed and its size; NULL if there is no memory.
 */
uint8_t *pack_files(const struct pack_file *files, uint32_t count,
                    size_t *size);

#endif
