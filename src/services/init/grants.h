/*
 * grants.h - what a service of the manifest is born with.
 *
 * Three sources: a capability of init's own CapSet, the owner end of an
 * endpoint, and a facet of one. Endpoints have names that only the manifest
 * knows; the first service that mentions one has it made.
 */
#ifndef CAPOS_INIT_GRANTS_H
#define CAPOS_INIT_GRANTS_H

#include "capos.h"
#include "spawn.h"

#define GRANTS_MAX 32u

struct grants {
    struct spawn_grant items[GRANTS_MAX];
    uint32_t count;
    uint64_t minted[GRANTS_MAX]; /* facets, given back once granted */
    uint32_t minted_count;
};

/*
 * Collects the capabilities of a service. False: a sentence that names service
 * and capability was printed, and nothing is held.
 */
bool grants_collect(struct grants *grants, struct service_reader service);

/* Gives back what was made for the grants only. */
void grants_release(struct grants *grants);

#endif
