/*
 * grants.h - what a service of the manifest is born with.
 *
 * Sources: a capability of init's own CapSet, the owner end of an endpoint, a
 * facet of one, and a facet of what another service exports. Endpoints have
 * names that only the manifest knows; the first service that mentions one has
 * it made. Beside these a service has the owner ends of its own exports, and
 * what supervision gives it: "directory", "supervisor" (doc/supervision.md).
 */
#ifndef CAPOS_INIT_GRANTS_H
#define CAPOS_INIT_GRANTS_H

#include "capos.h"
#include "spawn.h"
#include "unit.h"

#define GRANTS_MAX 32u

struct grants {
    struct spawn_grant items[GRANTS_MAX];
    uint32_t count;
    uint64_t minted[GRANTS_MAX]; /* of these: facets, given back once granted */
    uint32_t minted_count;
};

/*
 * Collects the capabilities of a unit whose exports are made. False: a sentence that names service
 * and capability was printed, and nothing is held.
 */
bool grants_collect(struct grants *grants, const struct unit *unit);

/* Gives back what was made for the grants only. */
void grants_release(struct grants *grants);

#endif
