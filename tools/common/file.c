/*
 * file.c - whole files (file.h).
 */
#include "file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads until size bytes are there; a file that shrinks is an error. */
static uint8_t *read_all(FILE *file, size_t size)
{
    uint8_t *bytes = malloc(size == 0 ? 1 : size);

    if (bytes == NULL) {
        return NULL;
    }
    if (fread(bytes, 1, size, file) != size || fgetc(file) != EOF) {
        free(bytes);
        errno = EIO;
        return NULL;
    }
    return bytes;
}

uint8_t *file_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    struct stat status;
    int error;

    if (file == NULL) {
        return NULL;
    }
    if (fstat(fileno(file), &status) != 0) {
        error = errno;
    } else if (!S_ISREG(status.st_mode)) {
        error = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
    } else if ((uint64_t)status.st_size > FILE_BYTES_MAX) {
        error = EFBIG;
    } else {
        *size = (size_t)status.st_size;
        bytes = read_all(file, *size);
        error = errno;
    }
    fclose(file);
    errno = error;
    return bytes;
}

/* Writes and closes; false with errno set. */
static bool write_all(int fd, const void *bytes, size_t size)
{
    FILE *file = fdopen(fd, "wb");
    mode_t mask = umask(0);
    bool written;

    umask(mask);
    if (file == NULL) {
        close(fd);
        return false;
    }
    written = fwrite(bytes, 1, size, file) == size;
    /* mkstemp made it private; an output is as public as the umask says. */
    written = fchmod(fd, 0666 & ~mask) == 0 && written;
    return fclose(file) == 0 && written;
}

bool file_write(const char *path, const void *bytes, size_t size)
{
    size_t length = strlen(path);
    char *name = malloc(length + sizeof(".XXXXXX"));
    bool written = false;
    int fd;

    if (name == NULL) {
        return false;
    }
    memcpy(name, path, length);
    memcpy(name + length, ".XXXXXX", sizeof(".XXXXXX"));
    fd = mkstemp(name);
    if (fd >= 0) {
        written = write_all(fd, bytes, size) && rename(name, path) == 0;
        if (!written) {
            int error = errno;

            unlink(name);
            errno = error;
        }
    }
    free(name);
    return written;
}
