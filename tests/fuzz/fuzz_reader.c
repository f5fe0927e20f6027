/*
 * fuzz_reader.c - any bytes as a CapSet, read by libcapos.
 *
 * Nothing outside of it is read (it lies in memory of its exact size), and what is
 * found is the first entry of that very name, of the interface asked for.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "panic.h"
#include "process.h"
#include "start.h"

static struct start_block block; /* of the process that libcapos is in */

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "fuzz: %s\n", what);
        abort();
    }
}

/* ------------------------------------------- what libcapos' reader stands on */

const struct start_block *process_start(void)
{
    return &block;
}

_Noreturn void panic(const char *format, ...)
{
    (void)format;
    abort();
}

/* -------------------------------------------------------------- the reader */

/* The entries as a process has them, in a block of their size. */
static struct capset_entry *reader_open(const void *bytes, uint32_t count)
{
    struct capset_entry *entries =
        malloc(count ? count * sizeof(*entries) : 1);

    require(entries, "no memory");
    memcpy(entries, bytes, count * sizeof(*entries));
    block.capset = (uintptr_t)entries;
    block.capset_count = count;
    return entries;
}

/* The first entry of that name decides. */
static void reader_check(const struct capset_entry *entry)
{
    char name[CAPSET_NAME_BYTES + 1] = "";
    const struct capset_entry *first = NULL;
    uint64_t other;

    memcpy(name, entry->name, CAPSET_NAME_BYTES);
    for (uint32_t i = 0; !first; i++) {
        first = capset_at(i);
        require(first, "an entry is not in its CapSet");
        if (strncmp(first->name, name, CAPSET_NAME_BYTES) != 0) {
            first = NULL;
        }
    }
    require(capset_find(name, 0) == first->cap, "found by name");
    require(capset_find(name, first->interface_id) == first->cap,
            "found by name and interface");
    other = first->interface_id ^ 1; /* 0 would be any */
    require(!other || capset_find(name, other) == CAP_NONE,
            "found with another interface");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t count = (uint32_t)(size / sizeof(struct capset_entry));
    struct capset_entry *entries = reader_open(data, count);

    require(!capset_at(count) && !capset_at(UINT32_MAX), "beyond the end");
    for (uint32_t i = 0; i < count; i++) {
        reader_check(&entries[i]);
    }
    free(entries);
    return 0;
}
