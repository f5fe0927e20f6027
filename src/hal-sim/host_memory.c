/*
 * host_memory.c - physical memory as a memfd, and mappings of it.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host.h"
#include "host_files.h"
#include "sim.h"

#define MEMORY_NAME "capos-memory"

char *hal_sim_memory;
static int memory_file = -1;

static int host_protection(uint32_t protection)
{
    return ((protection & HAL_READ) != 0 ? PROT_READ : 0) |
           ((protection & HAL_WRITE) != 0 ? PROT_WRITE : 0) |
           ((protection & HAL_EXECUTE) != 0 ? PROT_EXEC : 0);
}

bool host_memory_init(uint64_t bytes)
{
    memory_file = memfd_create(MEMORY_NAME, MFD_CLOEXEC);
    if (memory_file < 0 || ftruncate(memory_file, (off_t)bytes) != 0) {
        return false;
    }
    hal_sim_memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory_file, 0);
    return hal_sim_memory != MAP_FAILED;
}

/* Copies what was ever touched; the rest is zero in both. */
static bool copy_data(int to, uint64_t bytes)
{
    off_t end = 0;
    bool copied = true;

    while (copied) {
        off_t begin = lseek(memory_file, end, SEEK_DATA);

        if (begin < 0) {
            return true; /* there is no more */
        }
        end = lseek(memory_file, begin, SEEK_HOLE);
        if (end < 0 || (uint64_t)end > bytes) {
            return false;
        }
        copied = pwrite(to, hal_sim_memory + begin, (size_t)(end - begin),
                        begin) == end - begin;
    }
    return copied;
}

/* Maps again what the line of /proc/self/maps tells, if it is of the memory. */
static bool map_copied(const char *line, int to)
{
    unsigned long begin;
    unsigned long end;
    unsigned long offset;
    char access[5];

    if (strstr(line, "/memfd:" MEMORY_NAME) == NULL) {
        return true;
    }
    if (sscanf(line, "%lx-%lx %4s %lx", &begin, &end, access, &offset) != 4) {
        return false;
    }
    return mmap((void *)begin, end - begin,
                (access[0] == 'r' ? PROT_READ : 0) |
                    (access[1] == 'w' ? PROT_WRITE : 0) |
                    (access[2] == 'x' ? PROT_EXEC : 0),
                MAP_SHARED | MAP_FIXED, to, (off_t)offset) != MAP_FAILED;
}

bool host_memory_copied(void)
{
    int fresh = memfd_create(MEMORY_NAME, MFD_CLOEXEC);
    FILE *maps = fopen("/proc/self/maps", "re");
    char *line = NULL;
    size_t room = 0;
    bool copied =
        fresh >= 0 && maps != NULL &&
        ftruncate(fresh, (off_t)sim_options.memory_bytes) == 0 &&
        copy_data(fresh, sim_options.memory_bytes);

    while (copied && getline(&line, &room, maps) > 0) {
        copied = map_copied(line, fresh);
    }
    free(line);
    if (maps != NULL) {
        fclose(maps);
    }
    close(memory_file);
    memory_file = fresh;
    return copied;
}

bool host_map(uint64_t va, uint64_t phys, uint64_t bytes, uint32_t protection)
{
    sim_fs_host();
    return mmap((void *)va, bytes, host_protection(protection),
                MAP_SHARED | MAP_FIXED, memory_file, (off_t)phys) != MAP_FAILED;
}

bool host_map_zero(uint64_t va, uint64_t bytes, uint32_t protection)
{
    sim_fs_host();
    return mmap((void *)va, bytes, host_protection(protection),
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                0) != MAP_FAILED;
}

bool host_unmap(uint64_t va, uint64_t bytes)
{
    sim_fs_host();
    return munmap((void *)va, bytes) == 0;
}

bool host_protect(uint64_t va, uint64_t bytes, uint32_t protection)
{
    sim_fs_host();
    return mprotect((void *)va, bytes, host_protection(protection)) == 0;
}

void *host_alloc(size_t bytes)
{
    sim_fs_host();
    return calloc(1, bytes);
}

void host_free(void *memory)
{
    sim_fs_host();
    free(memory);
}

bool host_image_map(int file, uint64_t va, uint64_t offset, uint64_t bytes,
                    uint32_t protection)
{
    sim_fs_host();
    return mmap((void *)va, bytes, host_protection(protection),
                MAP_PRIVATE | MAP_FIXED, file, (off_t)offset) != MAP_FAILED;
}
