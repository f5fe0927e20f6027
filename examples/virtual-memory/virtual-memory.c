/*
 * virtual-memory - a program's own window.
 *
 * "self-memory" is a VirtualMemory: fresh zeroed pages, reserving addresses and
 * giving them frames later, changing protection. Writable and executable
 * together do not exist. No fault is ever repaired: touching what is not mapped
 * ends the process, so the cases that must fault run in children, which are
 * this same program with an argument.
 */
#include "capos.h"
#include "memcheck.h"
#include "spawn.h"

#define PAGES 4u

static uint64_t memory;

static unsigned char *map(enum protection protection)
{
    uint64_t address = 0;
    int32_t status =
        virtual_memory_map(rt(), memory, 0, PAGES, protection, &address);

    return status < 0 ? NULL : (unsigned char *)(uintptr_t)address;
}

static int32_t protect(void *address, enum protection protection)
{
    return virtual_memory_protect(rt(), memory, (uintptr_t)address, PAGES,
                                  protection);
}

/* What a child does before it touches a page; argument of the program. */
static int child(const char *what)
{
    volatile unsigned char *page;

    if (text_equal(what, "unmapped")) {
        page = map(PROTECTION_READ_WRITE);
        *page = 1;
        virtual_memory_unmap(rt(), memory, (uintptr_t)page, PAGES);
    } else if (text_equal(what, "reserved")) {
        page = map(PROTECTION_NONE);
    } else {
        page = map(PROTECTION_READ);
    }
    memcheck_fault_next();
    *page = 2;
    return 0; /* not reached */
}

static void check_child(const char *what)
{
    const struct spawn_grant grant = {
        "console", capset_find("console", CONSOLE_INTERFACE_ID)};
    const struct spawn spawn = {.program = "virtual-memory",
                                .args = &what,
                                .arg_count = 1,
                                .grants = &grant,
                                .grant_count = 1};
    struct spawned spawned;
    struct spawn_end end;
    bool started = capos_spawn(&spawn, &spawned, NULL) == 0 &&
                   spawn_wait(&spawned, &end) == 0;

    memcheck_fault_over();
    check(started && end.how == EXIT_KIND_FAULTED && end.code == 14,
          "a child that writes to %s memory faults", what);
}

static bool zeroed(const unsigned char *bytes)
{
    return bytes_zero(bytes, PAGES * PAGE_SIZE);
}

static void check_map(void)
{
    unsigned char *bytes = map(PROTECTION_READ_WRITE);

    if (!check(bytes != NULL, "%u pages mapped", PAGES)) {
        return;
    }
    check((uintptr_t)bytes % PAGE_SIZE == 0 && zeroed(bytes),
          "aligned and zeroed");
    __builtin_memset(bytes, 0x5a, PAGES * PAGE_SIZE);
    check(protect(bytes, PROTECTION_READ) == 0, "made read-only");
    check(bytes[PAGE_SIZE] == 0x5a, "and still readable");
    check(protect(bytes, PROTECTION_READ_WRITE) == 0, "writable again");
    bytes[0] = 1;
    check(virtual_memory_unmap(rt(), memory, (uintptr_t)bytes, PAGES) == 0,
          "unmapped");
    check(virtual_memory_unmap(rt(), memory, (uintptr_t)bytes, PAGES) < 0,
          "unmapping it twice is refused");
}

static void check_execute(void)
{
    /* mov $42, %eax; ret */
    static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3};
    unsigned char *bytes = map(PROTECTION_READ_WRITE);
    int (*function)(void);

    __builtin_memcpy(bytes, code, sizeof(code));
    check(protect(bytes, (enum protection)4) < 0,
          "no protection is both writable and executable");
    check(protect(bytes, PROTECTION_READ_EXECUTE) == 0,
          "written first, executable then");
    __builtin_memcpy(&function, &bytes, sizeof(function));
    check(function() == 42, "what was written runs");
}

static void check_reserve(void)
{
    unsigned char *bytes = map(PROTECTION_NONE);

    check(bytes != NULL, "addresses reserved without frames");
    check(virtual_memory_protect(rt(), memory, (uintptr_t)bytes + PAGE_SIZE, 1,
                                 PROTECTION_READ_WRITE) == 0,
          "one page of them committed");
    bytes[PAGE_SIZE] = 7;
    check(bytes[PAGE_SIZE] == 7 && bytes[PAGE_SIZE + 1] == 0,
          "and usable");
}

static void check_refused(void)
{
    uint64_t stack = (uintptr_t)__builtin_frame_address(0) & ~0xfffull;
    uint64_t address = 0;

    check(virtual_memory_map(rt(), memory, 0, 0, PROTECTION_READ, &address) < 0,
          "mapping no pages is refused");
    check(virtual_memory_map(rt(), memory, 123, 1, PROTECTION_READ,
                             &address) < 0,
          "and a crooked address");
    check(virtual_memory_map(rt(), memory, 1ull << 62, 1, PROTECTION_READ,
                             &address) < 0,
          "and one outside the window");
    check(virtual_memory_map(rt(), memory, stack, 1, PROTECTION_READ,
                             &address) < 0,
          "and one that is taken");
    check(virtual_memory_unmap(rt(), memory, process_start()->ring, 1) < 0,
          "the ring cannot be unmapped");
}

int main(int argc, char **argv)
{
    memory = capset_need("self-memory", VIRTUAL_MEMORY_INTERFACE_ID);
    if (argc > 1) {
        return child(argv[1]);
    }
    check_map();
    check_execute();
    check_reserve();
    check_refused();
    check_child("unmapped");
    check_child("reserved");
    check_child("read-only");
    return check_status();
}
