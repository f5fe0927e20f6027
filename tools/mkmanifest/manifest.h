/*
 * manifest.h - from the text of an evaluated manifest to its message; all of
 * mkmanifest but files and command line, so that tests and fuzzing reach it.
 */
#ifndef CAPOS_MKMANIFEST_MANIFEST_H
#define CAPOS_MKMANIFEST_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "report.h"

#define MANIFEST_BYTES_MAX (1u << 20)

/*
 * Turns JSON into a SystemManifest message (canonical layout, one segment, no
 * framing) in buffer, which is 8-aligned and has size bytes. Returns the
 * message's length; 0 after reports of what is wrong.
 */
size_t manifest_build(struct report *report, const char *json, size_t length,
                      void *buffer, size_t size);

#endif
