/*
 * host_memory.c - physical memory as a memfd, and mappings of it.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host.h"
#include "sim.h"

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
    memory_file = memfd_create("capos-memory", MFD_CLOEXEC);
    if (memory_file < 0 || ftruncate(memory_file, (off_t)bytes) != 0) {
        return false;
    }
    hal_sim_memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory_file, 0);
    return hal_sim_memory != MAP_FAILED;
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
