/*
 * package.h - the boot package: the one file that a system is started from.
 *
 * It holds the manifest, the programs and data files. Little-endian, no
 * pointers; the same bytes on every machine. Byte by byte:
 *
 *   0   8   magic "capOSpkg"
 *   8   2   major version, 1: a reader refuses any other
 *   10  2   minor version: a reader ignores it
 *   12  4   header size, 64
 *   16  8   total size, a multiple of 4096
 *   24  4   number of entries, 1 to 1024
 *   28  4   0
 *   32  32  SHA-256 of bytes 64 to the end
 *   64      the entries, 88 bytes each:
 *           0   32  name, 1 to 31 bytes, padded with NUL, unique
 *           32  4   kind: 0 manifest, 1 program, 2 data
 *           36  4   0
 *           40  8   offset of the file, a multiple of 4096
 *           48  8   exact length of the file
 *           56  32  SHA-256 of the file
 *           zeros up to the next multiple of 4096
 *           the files in the order of their entries, each filled up with zeros
 *           to the next multiple of 4096 (an empty file takes no page)
 *
 * So one list of files has exactly one package. The first entry, and no other,
 * is of kind manifest: its file is a SystemManifest message, canonical, one
 * segment, without framing: the first word is the root pointer.
 *
 * Pure functions over the caller's bytes, which need no alignment and must stay
 * while the package is used; safe in any context. package_open reads every
 * byte once for the hash.
 */
#ifndef CAPOS_LIB_PACKAGE_H
#define CAPOS_LIB_PACKAGE_H

#include <stddef.h>
#include <stdint.h>

#include "sha256.h"

#define PACKAGE_MAGIC "capOSpkg"
#define PACKAGE_VERSION_MAJOR 1u
#define PACKAGE_VERSION_MINOR 0u
#define PACKAGE_ALIGN 4096u
#define PACKAGE_ENTRIES_MAX 1024u
#define PACKAGE_NAME_BYTES 32u

/* The numbers of BootEntry.Kind in capos.capnp. */
enum package_kind {
    PACKAGE_MANIFEST = 0,
    PACKAGE_PROGRAM = 1,
    PACKAGE_DATA = 2,
};

struct package_header {
    uint8_t magic[8];
    uint16_t version_major;
    uint16_t version_minor;
    uint32_t header_size;
    uint64_t total_size;
    uint32_t entry_count;
    uint32_t reserved;
    uint8_t sha256[SHA256_BYTES];
};

struct package_entry {
    char name[PACKAGE_NAME_BYTES];
    uint32_t kind;
    uint32_t reserved;
    uint64_t offset;
    uint64_t size;
    uint8_t sha256[SHA256_BYTES];
};

_Static_assert(sizeof(struct package_header) == 64, "format");
_Static_assert(offsetof(struct package_header, version_major) == 8, "format");
_Static_assert(offsetof(struct package_header, version_minor) == 10, "format");
_Static_assert(offsetof(struct package_header, header_size) == 12, "format");
_Static_assert(offsetof(struct package_header, total_size) == 16, "format");
_Static_assert(offsetof(struct package_header, entry_count) == 24, "format");
_Static_assert(offsetof(struct package_header, reserved) == 28, "format");
_Static_assert(offsetof(struct package_header, sha256) == 32, "format");
_Static_assert(sizeof(struct package_entry) == 88, "format");
_Static_assert(offsetof(struct package_entry, kind) == 32, "format");
_Static_assert(offsetof(struct package_entry, reserved) == 36, "format");
_Static_assert(offsetof(struct package_entry, offset) == 40, "format");
_Static_assert(offsetof(struct package_entry, size) == 48, "format");
_Static_assert(offsetof(struct package_entry, sha256) == 56, "format");

/* An open package: a view of the caller's bytes. */
struct package {
    const uint8_t *bytes;
    uint64_t size;
    uint32_t count; /* of entries */
};

/* One file of it. */
struct package_file {
    const char *name; /* in the package, ends in NUL */
    uint32_t kind;    /* enum package_kind */
    uint64_t offset;  /* in the package */
    uint64_t size;
    const uint8_t *bytes;
    const uint8_t *sha256;
};

/*
 * Checks all of the package: layout, names, zeros between files and the hash.
 * Returns 0, or ERR_BAD_PACKAGE with a sentence in *reason (a constant; reason
 * may be NULL); *out is then unspecified.
 */
int32_t package_open(const void *bytes, uint64_t size, struct package *out,
                     const char **reason);

/* Entry index; ERR_NOT_FOUND if there are fewer. */
int32_t package_get(const struct package *package, uint32_t index,
                    struct package_file *out);

/* The entry of that name (length bytes); ERR_NOT_FOUND if there is none. */
int32_t package_find(const struct package *package, const char *name,
                     uint64_t length, struct package_file *out);

/*
 * Compares a file with its own hash; ERR_BAD_PACKAGE if they differ. Right
 * after package_open this finds a packer's mistake, later also memory that
 * was overwritten since.
 */
int32_t package_check_file(const struct package_file *file);

#endif
