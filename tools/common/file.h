/*
 * file.h - whole files in memory, and outputs that appear only when complete.
 */
#ifndef CAPOS_TOOLS_FILE_H
#define CAPOS_TOOLS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILE_BYTES_MAX (1ull << 32)

/*
 * Reads a whole file. Returns memory to be freed, aligned for any type and
 * never NULL on success even if the file is empty; NULL with errno set.
 */
uint8_t *file_read(const char *path, size_t *size);

/*
 * Writes a whole file: under a temporary name beside it, then renamed, so
 * that nobody ever sees a part of it. False with errno set; nothing is left
 * behind then.
 */
bool file_write(const char *path, const void *bytes, size_t size);

#endif
