/* pages.c - whole pages through VirtualMemory; see pages.h. */
#include "pages.h"

#include "calls.h"
#include "process.h"
#include "thread.h"

static uint64_t window(void)
{
    return capset_find("self-memory", VIRTUAL_MEMORY_INTERFACE_ID);
}

static uint32_t pages_of(size_t bytes)
{
    return (uint32_t)((bytes + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

static void *map(size_t bytes, enum protection protection)
{
    uint64_t address = 0;

    if (bytes > (size_t)UINT32_MAX << PAGE_SHIFT ||
        virtual_memory_map(rt(), window(), 0, pages_of(bytes), protection,
                           &address) < 0) {
        return NULL;
    }
    return (void *)(uintptr_t)address;
}

void *pages_map(size_t bytes)
{
    return map(bytes, PROTECTION_READ_WRITE);
}

void *pages_reserve(size_t bytes)
{
    return map(bytes, PROTECTION_NONE);
}

int pages_commit(void *address, size_t bytes)
{
    return virtual_memory_protect(rt(), window(), (uintptr_t)address,
                                  pages_of(bytes), PROTECTION_READ_WRITE);
}

void pages_unmap(void *address, size_t bytes)
{
    virtual_memory_unmap(rt(), window(), (uintptr_t)address, pages_of(bytes));
}
