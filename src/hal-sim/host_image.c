/*
 * host_image.c - the private directory that holds programs as files.
 *
 * Valgrind and debuggers read symbols from files, so every program that runs is
 * written out once, into a directory that goes when the simulator ends. What a
 * killed simulator left behind is known by the lock that nobody holds any more,
 * and goes when the next one starts.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "host_files.h"
#include "sim.h"

#define PREFIX "capos-sim."
#define FILES_MAX 256u
#define PATH_BYTES 120u

struct program_file {
    uint64_t phys;
    char path[PATH_BYTES];
};

static char directory[PATH_BYTES / 2];
static int directory_lock = -1;
static struct program_file files[FILES_MAX];
static uint32_t file_count;
static bool another_has_them; /* this process is a copy (host_orders) */

static const char *temporary(void)
{
    const char *wanted = getenv("TMPDIR");

    return wanted != NULL && strlen(wanted) < 32 ? wanted : "/tmp";
}

static void remove_directory(const char *path)
{
    DIR *listing = opendir(path);
    struct dirent *entry;

    while (listing != NULL && (entry = readdir(listing)) != NULL) {
        unlinkat(dirfd(listing), entry->d_name, 0);
    }
    if (listing != NULL) {
        closedir(listing);
    }
    rmdir(path);
}

/*
 * Removes a directory unless the simulator that made it still holds it, or is
 * about to.
 */
static void remove_leftover(const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", temporary(), name);
    int held = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    struct stat status;

    if (held >= 0 && fstat(held, &status) == 0 &&
        status.st_mtime < time(NULL) - 60 &&
        flock(held, LOCK_EX | LOCK_NB) == 0) {
        remove_directory(path);
    }
    if (held >= 0) {
        close(held);
    }
}

static void remove_leftovers(void)
{
    DIR *listing = opendir(temporary());
    struct dirent *entry;

    while (listing != NULL && (entry = readdir(listing)) != NULL) {
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0) {
            remove_leftover(entry->d_name);
        }
    }
    if (listing != NULL) {
        closedir(listing);
    }
}

static bool directory_make(void)
{
    if (directory[0] != '\0') {
        return true;
    }
    remove_leftovers();
    snprintf(directory, sizeof(directory), "%s/" PREFIX "XXXXXX", temporary());
    if (mkdtemp(directory) == NULL) {
        directory[0] = '\0';
        return false;
    }
    directory_lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    flock(directory_lock, LOCK_EX | LOCK_NB);
    return true;
}

void host_image_copied(void)
{
    another_has_them = true;
}

void host_image_cleanup(void)
{
    if (!another_has_them && directory[0] != '\0') {
        remove_directory(directory);
        directory[0] = '\0';
    }
}

bool host_file_write(int file, const void *bytes, size_t size)
{
    const char *from = bytes;

    while (size > 0) {
        ssize_t wrote = write(file, from, size);

        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote < 0) {
            return false;
        }
        from += wrote;
        size -= (size_t)wrote;
    }
    return true;
}

/* Writes the file of a program; its name keeps to letters that are safe. */
static bool write_program(char *path, const char *name, const void *bytes,
                          uint64_t size)
{
    int length = snprintf(path, PATH_BYTES, "%s/%u-", directory, file_count);

    for (; *name != '\0' && length < (int)PATH_BYTES - 1; name++) {
        bool plain = (*name >= 'a' && *name <= 'z') || *name == '-' ||
                     (*name >= '0' && *name <= '9') ||
                     (*name >= 'A' && *name <= 'Z') || *name == '_';

        path[length++] = plain ? *name : '_';
    }
    path[length] = '\0';

    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0500);

    if (file < 0) {
        return false;
    }
    bool wrote = host_file_write(file, bytes, size);

    return close(file) == 0 && wrote;
}

const char *host_image_file(const char *name, uint64_t phys, const void *bytes,
                            uint64_t size)
{
    sim_fs_host();
    if (another_has_them) {
        return NULL;
    }
    for (uint32_t i = 0; i < file_count; i++) {
        if (files[i].phys == phys) {
            return files[i].path;
        }
    }
    if (file_count == FILES_MAX || !directory_make() ||
        !write_program(files[file_count].path, name, bytes, size)) {
        return NULL;
    }
    files[file_count].phys = phys;
    return files[file_count++].path;
}

int host_image_open(const char *path)
{
    static uint32_t instances;
    char fresh[PATH_BYTES + 16];

    sim_fs_host();
    snprintf(fresh, sizeof(fresh), "%s.%u", path, instances++);
    if (link(path, fresh) != 0) {
        return -1;
    }
    return open(fresh, O_RDONLY | O_CLOEXEC);
}

void host_image_close(int file)
{
    char link_path[32];
    char path[PATH_BYTES + 16];

    sim_fs_host();
    snprintf(link_path, sizeof(link_path), "/proc/self/fd/%d", file);
    ssize_t length = readlink(link_path, path, sizeof(path) - 1);

    if (length > 0) {
        path[length] = '\0';
        unlink(path);
    }
    close(file);
}
