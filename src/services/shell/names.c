/* names.c - see names.h. */
#include "names.h"

static struct named_cap kept[NAMES_KEPT_MAX];

/* Kept ones are counted from the end of the CapSet on, free places left out. */
static const struct named_cap *kept_at(uint32_t index)
{
    for (uint32_t i = 0; i < NAMES_KEPT_MAX; i++) {
        if (kept[i].cap != CAP_NONE && index-- == 0) {
            return &kept[i];
        }
    }
    return NULL;
}

bool names_at(uint32_t index, struct named_cap *found)
{
    const struct capset_entry *entry = capset_at(index);
    const struct named_cap *one;

    if (entry != NULL) {
        fmt_format(found->name, sizeof(found->name), "%.*s",
                   (int)CAPSET_NAME_BYTES, entry->name);
        found->cap = entry->cap;
        found->interface_id = entry->interface_id;
        return true;
    }
    one = kept_at(index - capset_count());
    if (one != NULL) {
        *found = *one;
    }
    return one != NULL;
}

uint32_t names_kept_from(void)
{
    return capset_count();
}

bool names_find(const char *name, uint32_t length, struct named_cap *found)
{
    for (uint32_t i = 0; names_at(i, found); i++) {
        if (text_length(found->name) == length &&
            bytes_equal(found->name, name, length)) {
            return true;
        }
    }
    return false;
}

const char *names_of(uint64_t cap)
{
    static struct named_cap found;

    for (uint32_t i = 0; names_at(i, &found); i++) {
        if (found.cap == cap) {
            return found.name;
        }
    }
    return NULL;
}

const char *names_keep(const char *wanted, uint64_t cap, uint64_t interface_id)
{
    struct named_cap *place = kept;
    struct named_cap other;

    while (place < kept + NAMES_KEPT_MAX && place->cap != CAP_NONE) {
        place++;
    }
    if (place == kept + NAMES_KEPT_MAX) {
        return NULL;
    }
    fmt_format(place->name, sizeof(place->name), "%s", wanted);
    for (uint32_t i = 2;
         names_find(place->name, (uint32_t)text_length(place->name), &other);
         i++) {
        fmt_format(place->name, sizeof(place->name), "%.*s%u",
                   (int)(CAPSET_NAME_BYTES - 4), wanted, i);
    }
    place->cap = cap;
    place->interface_id = interface_id;
    return place->name;
}

bool names_release(const char *name)
{
    for (uint32_t i = 0; i < NAMES_KEPT_MAX; i++) {
        if (kept[i].cap != CAP_NONE && text_equal(kept[i].name, name)) {
            cap_release(kept[i].cap);
            kept[i].cap = CAP_NONE;
            return true;
        }
    }
    return false;
}
