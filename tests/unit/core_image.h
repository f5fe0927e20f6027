/*
 * core_image.h - the smallest boot package: a manifest and a program.
 *
 * The program has one page to execute and three to write, the last two of them
 * zero; nobody executes it.
 */
#ifndef CAPOS_TESTS_CORE_IMAGE_H
#define CAPOS_TESTS_CORE_IMAGE_H

#include <stdint.h>

#define IMAGE_BYTES 0x3000u

/* Writes the program. */
void image_write(uint8_t bytes[IMAGE_BYTES]);

/* Writes the package into zeroed memory and returns its size. */
uint64_t image_package(uint8_t *bytes);

#endif
