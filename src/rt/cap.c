/* cap.c - releasing capabilities; see cap.h. */
#include "cap.h"

void cap_release(uint64_t cap)
{
    struct ring_client *client = ring_self();

    if (cap == CAP_NONE) {
        return;
    }
    while (ring_release(client, NULL, cap) == ERR_OVERLOADED) {
        if (ring_wait(client, TIMEOUT_NEVER) == ERR_BAD_RING) {
            return; /* the process can do nothing with its table any more */
        }
    }
}
