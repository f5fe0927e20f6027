/*
 * inspect.h - shows and checks a boot package.
 */
#ifndef CAPOS_MKBOOT_INSPECT_H
#define CAPOS_MKBOOT_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most that a program or the package may say about itself: a sentence. */
#define INSPECT_REASON_BYTES 200u

/*
 * Checks a whole package: structure and hashes, every file's own hash, every
 * program, and that the manifest is one message. False with a reason.
 */
bool inspect_check(uint8_t *bytes, size_t size,
                   char reason[INSPECT_REASON_BYTES]);

/* Prints one line for each entry of a package that inspect_check accepts. */
void inspect_list(const uint8_t *bytes, size_t size);

#endif
