/* needs.c - see needs.h. */
#include "needs.h"

bool needs_add(struct needs *needs, uint16_t on)
{
    for (uint32_t i = 0; i < needs->count; i++) {
        if (needs->on[i] == on) {
            return true;
        }
    }
    if (needs->count == NEEDS_MAX) {
        return false;
    }
    needs->on[needs->count++] = on;
    return true;
}

static bool all_met(const struct needs *needs, const bool *met)
{
    for (uint32_t i = 0; i < needs->count; i++) {
        if (!met[needs->on[i]]) {
            return false;
        }
    }
    return true;
}

uint32_t needs_circle(const struct needs *all, bool *met, uint32_t count)
{
    bool more = true;

    for (uint32_t i = 0; i < count; i++) {
        met[i] = false;
    }
    while (more) {
        more = false;
        for (uint32_t i = 0; i < count; i++) {
            if (!met[i] && all_met(&all[i], met)) {
                met[i] = true;
                more = true;
            }
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!met[i]) {
            return i;
        }
    }
    return count;
}
