/*
 * capset.c - finding what the process was born with.
 *
 * The CapSet is short and read-only; a linear search is enough, and programs
 * look a capability up once and keep it.
 */
#include "panic.h"
#include "process.h"
#include "text.h"

uint32_t capset_count(void)
{
    return process_start()->capset_count;
}

const struct capset_entry *capset_at(uint32_t index)
{
    const struct start_block *block = process_start();

    if (index >= block->capset_count) {
        return NULL;
    }
    return (const struct capset_entry *)(uintptr_t)block->capset + index;
}

/* True if the NUL-padded field holds exactly that string. */
static bool name_equal(const char field[CAPSET_NAME_BYTES], const char *name)
{
    uint64_t length = text_length_max(field, CAPSET_NAME_BYTES);

    return length == text_length(name) && bytes_equal(field, name, length);
}

uint64_t capset_find(const char *name, uint64_t interface_id)
{
    for (uint32_t i = 0; i < capset_count(); i++) {
        const struct capset_entry *entry = capset_at(i);

        if (name_equal(entry->name, name)) {
            bool fits = interface_id == 0 ||
                        entry->interface_id == interface_id;

            return fits ? entry->cap : CAP_NONE;
        }
    }
    return CAP_NONE;
}

uint64_t capset_need(const char *name, uint64_t interface_id)
{
    uint64_t cap = capset_find(name, interface_id);

    if (cap == CAP_NONE) {
        panic("needs a capability named \"%s\" that it was not granted; start "
              "it with one of that name and interface",
              name);
    }
    return cap;
}
