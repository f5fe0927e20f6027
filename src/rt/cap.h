/*
 * cap.h - giving capabilities back.
 *
 * A CapId is a plain uint64_t. Whoever receives one from a call owns it and
 * releases it when done; a variable declared CAP_AUTO does so by itself at the
 * end of its block:
 *
 *     CAP_AUTO memory = CAP_NONE;
 *     ... frame_allocator_allocate(rt(), frames, 4, &memory) ...
 *
 * A release is a quiet entry in the ring: it costs no kernel entry of its own
 * and takes effect at the next one.
 */
#ifndef CAPOS_RT_CAP_H
#define CAPOS_RT_CAP_H

#include "capset.h"
#include "thread.h"

/*
 * Releases cap; CAP_NONE is nothing. Waits for a place in the ring if there is
 * none, so that no capability is lost.
 */
void cap_release(uint64_t cap);

/* The capability in *cap, which becomes CAP_NONE: it outlives a CAP_AUTO. */
static inline uint64_t cap_take(uint64_t *cap)
{
    uint64_t taken = *cap;

    *cap = CAP_NONE;
    return taken;
}

static inline void cap_auto_release(const uint64_t *cap)
{
    cap_release(*cap);
}

#define CAP_AUTO __attribute__((cleanup(cap_auto_release))) uint64_t

#endif
