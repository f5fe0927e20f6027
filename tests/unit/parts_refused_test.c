/*
 * parts_refused_test.c - ProcessBuilder, the VirtualMemory of a process that does
 * not run yet, and MemoryObject.mapInto: with every argument that is wrong, and each
 * method after the start, a kill and the loss of the builder. All is refused with the
 * error that the schema promises, and nothing changes (parts_play.h).
 */
#include "check_run.h"
#include "parts_play.h"

/* -------------------------------------------------------- arguments of the parts */

START_TEST(test_grant_arguments)
{
    uint64_t timer;
    struct sqe sqe;

    parts_begin();
    timer = player_cap(init, "timer");
    sqe = grant_sqe("once", timer, RING_XFER_COPY, 0);
    ck_assert_int_ge(done(&sqe), 0);
    sqe = grant_sqe("once", timer, RING_XFER_COPY, 0);
    refused(&sqe, ERR_EXISTS);
    sqe = grant_sqe("self-memory", timer, RING_XFER_COPY, 0);
    refused(&sqe, ERR_EXISTS);
    sqe = grant_sqe("", timer, RING_XFER_COPY, 0);
    refused(&sqe, ERR_INVALID);
    sqe = grant_sqe("12345678901234567890123456789012", timer, RING_XFER_COPY,
                    0);
    refused(&sqe, ERR_INVALID);
    sqe = grant_sqe("cap", 0, RING_XFER_COPY, 0);
    refused(&sqe, ERR_BAD_CAPABILITY);
    sqe = grant_sqe("cap", timer ^ 1ull << 33, RING_XFER_COPY, 0);
    refused(&sqe, ERR_BAD_CAPABILITY);
    sqe = grant_sqe("cap", player_cap(init, "self-memory"), RING_XFER_COPY, 0);
    refused(&sqe, ERR_NOT_TRANSFERABLE);
    sqe = grant_sqe("cap", timer, 2, 0);
    refused(&sqe, ERR_BAD_FLAGS);
    sqe = grant_sqe("cap", timer, RING_XFER_COPY, 0x80);
    refused(&sqe, ERR_BAD_FLAGS);
    parts_end();
}
END_TEST

/* As many as the CapSet has room for, or the new process may hold. */
START_TEST(test_grant_room)
{
    char name[16];
    uint32_t count = 0;
    struct sqe sqe;

    parts_begin();
    do {
        struct books before = books_now();
        struct books after;

        snprintf(name, sizeof(name), "grant%u", count);
        sqe = grant_sqe(name, player_cap(init, "timer"), RING_XFER_COPY, 0);
        if (done(&sqe) < 0) {
            after = books_now();
            ck_assert(memcmp(&before, &after, sizeof(before)) == 0);
            refused(&sqe, ERR_OVERLOADED);
            break;
        }
    } while (++count < 1000);
    ck_assert_uint_gt(count, 8);
    ck_assert_uint_lt(count, 1000);
    parts_end();
}
END_TEST

START_TEST(test_set_arguments)
{
    struct sqe sqe;

    parts_begin();
    sqe = args_sqe(ARGS_BYTES_MAX + 1);
    refused(&sqe, ERR_TOO_LARGE);
    sqe = args_sqe(ARGS_BYTES_MAX);
    ck_assert_int_ge(done(&sqe), 0);
    refused(&sqe, ERR_EXISTS);
    sqe = args_sqe(1);
    refused(&sqe, ERR_EXISTS);
    parts_end();
}
END_TEST

/* One thing that is wrong with a start. */
static void start_spoil(struct process_builder_start_params_builder params,
                        uint32_t which)
{
    uint64_t end = parts.base + hal_space_size(&parts.process->space.hal);

    switch (which) {
    case 0:
        process_builder_start_params_set_entry(params, parts.base - 1);
        break;
    case 1:
        process_builder_start_params_set_entry(params, end);
        break;
    case 2:
        process_builder_start_params_set_stack_low(params, parts.base - 1);
        break;
    case 3:
        process_builder_start_params_set_stack_high(params, end + 16);
        break;
    case 4:
        process_builder_start_params_set_stack_high(params, parts.stack);
        break;
    case 5:
        process_builder_start_params_set_stack_high(params, parts.stack + 17);
        break;
    case 6:
        process_builder_start_params_set_tls_base(params, end);
        break;
    case 7:
        process_builder_start_params_set_sq_entries(params, 48);
        break;
    case 8:
        process_builder_start_params_set_cq_entries(params, 2);
        break;
    case 9:
        process_builder_start_params_set_sq_entries(params, 8192);
        break;
    case 10:
        process_builder_start_params_set_weight(params, 1);
        break;
    case 11:
        process_builder_start_params_set_weight(params, 1u << 20);
        break;
    case 12:
        process_builder_start_params_set_cpu_hint(params, 2);
        break;
    case 13:
        (void)process_builder_start_params_init_words(params, 4);
        break;
    case 14:
        process_builder_start_params_set_image_base(params, parts.base - 1);
        process_builder_start_params_set_image_size(params, 1);
        break;
    case 15:
        process_builder_start_params_set_image_base(params, end - 1);
        process_builder_start_params_set_image_size(params, 2);
        break;
    default:
        ck_abort();
    }
}

START_TEST(test_start_arguments)
{
    struct sqe sqe;

    parts_begin();
    for (uint32_t which = 0; which < 16; which++) {
        start_spoil(start_begin(), which);
        sqe = start_sqe();
        refused(&sqe, ERR_INVALID);
    }
    process_builder_start_params_set_sq_entries(start_begin(), 4096);
    sqe = start_sqe();
    refused(&sqe, ERR_OVERLOADED);
    (void)start_begin();
    sqe = start_sqe();
    ck_assert_int_ge(done(&sqe), 0);
    parts_end();
}
END_TEST

/* ------------------------------------------------------------ memory of the parts */

static const struct {
    uint64_t offset; /* of the window; 0: let the kernel choose */
    uint32_t pages;
    uint32_t protection;
    int32_t error;
} maps[] = {
    {HOLE_OFFSET / 2, 1, 4, ERR_INVALID}, /* no such protection */
    {HOLE_OFFSET / 2, 0, PROTECTION_READ, ERR_INVALID},
    {0, 0, PROTECTION_READ, ERR_INVALID},
    {HOLE_OFFSET / 2 + 1, 1, PROTECTION_READ, ERR_INVALID},
    {HOLE_OFFSET, 1, PROTECTION_READ, ERR_EXISTS},
    {HOLE_OFFSET - PAGE_SIZE, 2, PROTECTION_NONE, ERR_EXISTS},
    {1ull << 46, 1, PROTECTION_READ, ERR_INVALID}, /* outside of it */
    {0, UINT32_MAX, PROTECTION_NONE, ERR_TOO_LARGE},
    {0, 3000, PROTECTION_NONE, ERR_OVERLOADED},
    {0, 200, PROTECTION_READ, ERR_OVERLOADED},
};

/* The same of pages that are there or not. */
static const struct {
    uint64_t offset;
    uint32_t pages;
    uint32_t protection;
} changes[] = {
    {HOLE_OFFSET, 0, PROTECTION_READ},
    {HOLE_OFFSET + 1, 1, PROTECTION_READ},
    {HOLE_OFFSET, ROOM_PAGES + 1, PROTECTION_READ},
    {HOLE_OFFSET - PAGE_SIZE, 2, PROTECTION_READ},
    {HOLE_OFFSET / 2, 1, PROTECTION_READ},
    {1ull << 46, 1, PROTECTION_READ},
};

START_TEST(test_memory_arguments)
{
    struct sqe sqe;

    parts_begin();
    for (uint32_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        sqe = vm_sqe(VIRTUAL_MEMORY_METHOD_MAP,
                     maps[i].offset ? parts.base + maps[i].offset : 0,
                     maps[i].pages, maps[i].protection);
        refused(&sqe, maps[i].error);
    }
    sqe = vm_sqe(VIRTUAL_MEMORY_METHOD_PROTECT, parts.stack, 1, 4);
    refused(&sqe, ERR_INVALID);
    for (uint32_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        uint64_t address = parts.base + changes[i].offset;

        sqe = vm_sqe(VIRTUAL_MEMORY_METHOD_UNMAP, address, changes[i].pages, 0);
        refused(&sqe, ERR_INVALID);
        sqe = vm_sqe(VIRTUAL_MEMORY_METHOD_PROTECT, address, changes[i].pages,
                     changes[i].protection);
        refused(&sqe, ERR_INVALID);
    }
    /* The CapSet is there already, and is the kernel's. */
    sqe = vm_sqe(VIRTUAL_MEMORY_METHOD_UNMAP, parts.process->capset_va, 1, 0);
    refused(&sqe, ERR_INVALID);
    sqe = vm_sqe(VIRTUAL_MEMORY_METHOD_PROTECT, parts.process->capset_va, 1,
                 PROTECTION_READ_WRITE);
    refused(&sqe, ERR_INVALID);
    parts_end();
}
END_TEST

START_TEST(test_map_into_arguments)
{
    const uint64_t one = 1 | (uint64_t)PROTECTION_READ << 32;
    const uint64_t write = 1 | (uint64_t)PROTECTION_READ_WRITE << 32;
    struct sqe sqe;

    parts_begin();
    sqe = map_into_sqe(parts.object, 0, 0, 0, one);
    refused(&sqe, ERR_INVALID);
    sqe = map_into_sqe(parts.object, parts.builder, 0, 0, one);
    refused(&sqe, ERR_INVALID);
    sqe = map_into_sqe(parts.object, parts.memory, 0, 0, 1 | 4ull << 32);
    refused(&sqe, ERR_INVALID);
    sqe = map_into_sqe(parts.object, parts.memory, 0, 0, one - 1);
    refused(&sqe, ERR_INVALID);
    sqe = map_into_sqe(parts.object, parts.memory, 0, 0, one + 2);
    refused(&sqe, ERR_INVALID);
    sqe = map_into_sqe(parts.object, parts.memory, 0, 1, one);
    refused(&sqe, ERR_INVALID);
    sqe = map_into_sqe(parts.object, parts.memory, 0, 2 * PAGE_SIZE, one);
    refused(&sqe, ERR_INVALID);
    sqe = map_into_sqe(parts.object, parts.memory, 0, -(uint64_t)PAGE_SIZE,
                       one);
    refused(&sqe, ERR_INVALID);
    sqe = map_into_sqe(parts.object, parts.memory, parts.stack, 0, one);
    refused(&sqe, ERR_EXISTS);
    sqe = map_into_sqe(parts.object, parts.memory, parts.stack + 1, 0, one);
    refused(&sqe, ERR_INVALID);
    sqe = map_into_sqe(parts.object, parts.memory, 1ull << 46, 0, one);
    refused(&sqe, ERR_INVALID);
    sqe = map_into_sqe(parts.view, parts.memory, 0, 0, write);
    refused(&sqe, ERR_INVALID);
    sqe = map_into_sqe(parts.view, parts.memory, 0, 0, one);
    ck_assert_int_ge(done(&sqe), 0);
    parts_end();
}
END_TEST

/* ------------------------------------------------------------- the wrong moment */

struct late {
    int32_t grant;
    int32_t arguments;
    int32_t start;
    int32_t memory; /* 0: it still works */
    int32_t map_into;
};

/* Every method that is right but for when it comes. */
static void too_late(const struct late *late)
{
    const uint64_t one = 1 | (uint64_t)PROTECTION_READ << 32;
    struct sqe sqe;

    if (parts.builder) {
        sqe = grant_sqe("late", player_cap(init, "timer"), RING_XFER_COPY, 0);
        refused(&sqe, late->grant);
        sqe = grant_sqe("late", parts.object, RING_XFER_MOVE, 0);
        refused(&sqe, late->grant);
        sqe = args_sqe(1);
        refused(&sqe, late->arguments);
        (void)start_begin();
        sqe = start_sqe();
        refused(&sqe, late->start);
    }
    if (late->memory) {
        sqe = vm_sqe(VIRTUAL_MEMORY_METHOD_MAP, 0, 1, PROTECTION_READ);
        refused(&sqe, late->memory);
        sqe = vm_sqe(VIRTUAL_MEMORY_METHOD_PROTECT, parts.stack, 1,
                     PROTECTION_READ);
        refused(&sqe, late->memory);
        sqe = vm_sqe(VIRTUAL_MEMORY_METHOD_UNMAP, parts.stack, 1, 0);
        refused(&sqe, late->memory);
        sqe = map_into_sqe(parts.object, parts.memory, 0, 0, one);
        refused(&sqe, late->map_into);
    }
}

START_TEST(test_after_start)
{
    const struct late late = {.grant = ERR_INVALID,
                              .arguments = ERR_EXISTS,
                              .start = ERR_INVALID};
    struct sqe sqe;

    parts_begin();
    (void)start_begin();
    sqe = start_sqe();
    ck_assert_int_ge(done(&sqe), 0);
    too_late(&late);
    sqe = vm_sqe(VIRTUAL_MEMORY_METHOD_UNMAP,
                 container_of(list_first(&parts.process->threads),
                              struct thread, link)->ring_va, 1, 0);
    refused(&sqe, ERR_INVALID); /* nor can its maker take its ring */
    parts_end();
}
END_TEST

static const struct late ended = {.grant = ERR_DISCONNECTED,
                                  .arguments = ERR_DISCONNECTED,
                                  .start = ERR_DISCONNECTED,
                                  .memory = ERR_DISCONNECTED,
                                  .map_into = ERR_INVALID};

START_TEST(test_after_kill)
{
    parts_begin();
    fixture_kill(init, parts.handle, 9);
    ck_assert_int_ne(process_state(parts.process), PROCESS_ALIVE);
    too_late(&ended);
    parts_end();
}
END_TEST

/* Who has only the memory of a process that nobody can start has nothing. */
START_TEST(test_after_abandon)
{
    parts_begin();
    fixture_release(init, parts.builder);
    ck_assert_int_eq(process_state(parts.process), PROCESS_ALIVE);
    parts.builder = 0;
    fixture_release(init, parts.handle);
    ck_assert_int_ne(process_state(parts.process), PROCESS_ALIVE);
    too_late(&ended);
    parts_end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_grant_arguments,
        test_grant_room,
        test_set_arguments,
        test_start_arguments,
        test_memory_arguments,
        test_map_into_arguments,
        test_after_start,
        test_after_kill,
        test_after_abandon,
        NULL,
    };

    return check_run("parts_refused", tests);
}
