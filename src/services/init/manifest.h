/*
 * manifest.h - the system manifest, as init finds it in the boot package.
 */
#ifndef CAPOS_INIT_MANIFEST_H
#define CAPOS_INIT_MANIFEST_H

#include "capos.h"

/* What init has places in its ring for. */
#define MANIFEST_BESIDE_MAX 48u /* services that are not waited for */

struct manifest {
    struct wire_message message;
    struct system_manifest_reader root;
    struct init_config_reader config;
    struct wire_list services;
};

/*
 * Maps and checks the manifest; it stays mapped for good. False: a sentence
 * was printed that says what is wrong with it.
 */
bool manifest_open(struct manifest *manifest);

#endif
