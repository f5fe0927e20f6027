/*
 * check.h - what a manifest must be beyond its shape: names that fit, are
 * unique and exist, sources of capabilities that make sense.
 */
#ifndef CAPOS_MKMANIFEST_CHECK_H
#define CAPOS_MKMANIFEST_CHECK_H

#include "capos.gen.h"
#include "report.h"

#define CHECK_SCHEMA_VERSION 1u
#define CHECK_SERVICES_MAX 1024u

/* What init has room for. */
#define CHECK_CAPS_MAX 32u /* of one service */
#define CHECK_ARGS_MAX 64u /* of one service */
#define CHECK_ENDPOINTS_MAX 32u
#define CHECK_EXPORTS_MAX 8u /* of one service */
#define CHECK_BESIDE_MAX 48u /* services that are not waited for */
#define CHECK_RESTARTS_MAX 64u /* until one is given up */

/* Reports every problem of the manifest. */
void check_manifest(struct report *report,
                    struct system_manifest_reader manifest);

#endif
