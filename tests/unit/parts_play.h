/*
 * parts_play.h - a process in parts, and the books that a refusal must not change:
 * ledgers, capability tables with their free lists, the new process's mappings, its
 * CapSet and arguments, frames and heap.
 */
#ifndef CAPOS_TESTS_PARTS_PLAY_H
#define CAPOS_TESTS_PARTS_PLAY_H

#include <stdio.h>
#include <string.h>

#include "core_fixture.h"
#include "mem/frames.h"
#include "mem/region.h"

#define ROOM_PAGES 4u  /* mapped in the new process, for a stack */
#define ENTRY_OFFSET (4u << 20)
#define HOLE_OFFSET (1u << 20) /* of the window; nothing is mapped there */

/* The new process and what its maker holds of it. */
static struct {
    struct process *process; /* one reference */
    uint64_t handle;
    uint64_t memory;
    uint64_t builder;
    uint64_t base;
    uint64_t stack;
    uint64_t object; /* a MemoryObject of two pages */
    uint64_t view;   /* of it, read-only */
} parts;

static struct player *const init = &fixture_init;

/* ----------------------------------------------------------------------- books */

struct books {
    uint64_t used[2][LEDGER_KINDS];
    uint64_t tables[2]; /* hashes of both capability tables */
    uint64_t space;     /* of the new process's mappings */
    uint64_t frames;
    uint32_t heap_blocks;
    uint32_t capset_count;
    uint64_t args;
    bool started;
};

static inline uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 0x100000001b3ull;
}

static inline uint64_t table_hash(const struct cap_table *table)
{
    uint64_t hash = mix(sync_load(&table->live), table->free_first);

    hash = mix(hash, table->free_last);
    for (uint32_t slot = 0; slot < sync_load(&table->slots); slot++) {
        const struct cap_slot *place = cap_slot_at(table, slot);
        uint32_t generation = sync_load(&place->generation);

        hash = mix(mix(hash, generation), place->next);
        hash = mix(hash, generation & 1 ? (uintptr_t)sync_load_pointer(
                                              &place->object)
                                        : 0);
    }
    return hash;
}

static inline uint64_t space_hash(const struct process *process)
{
    uint64_t hash = 0;

    for (const struct region *region = process->space.regions; region;
         region = region->next) {
        hash = mix(mix(hash, region->va), region->pages);
        hash = mix(mix(hash, region->protection), (uintptr_t)region->memory);
    }
    return hash;
}

static inline struct books books_now(void)
{
    const struct process *both[2] = {init->process, parts.process};
    struct books books;

    memset(&books, 0, sizeof(books));
    for (uint32_t i = 0; i < 2; i++) {
        if (!both[i] || process_state(both[i]) != PROCESS_ALIVE) {
            continue;
        }
        for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
            books.used[i][kind] =
                ledger_used(both[i]->ledger, (enum ledger_kind)kind);
        }
        books.tables[i] = table_hash(&both[i]->caps);
    }
    if (parts.process && process_state(parts.process) == PROCESS_ALIVE) {
        books.space = space_hash(parts.process);
        books.capset_count = parts.process->capset_count;
        books.args = parts.process->args_va + parts.process->args_bytes;
        books.started = parts.process->started;
    }
    books.frames = frames_available();
    books.heap_blocks = machine_heap_blocks;
    return books;
}

/* Done by init, and refused. */
static inline void refused(const struct sqe *sqe, int32_t error)
{
    struct books before = books_now();
    struct books after;
    struct cqe cqe;

    player_submit(init, sqe);
    cqe = player_expect(init, sqe->user_data);
    if (cqe.result == ERR_EXCEPTION || cqe.result == ERR_EXCEPTION_TRUNCATED) {
        ck_assert_int_eq((int32_t)cqe.words[1], error);
    } else {
        ck_assert_int_eq(cqe.result, error);
    }
    after = books_now();
    ck_assert(memcmp(&before, &after, sizeof(before)) == 0);
}

static inline int32_t done(const struct sqe *sqe)
{
    player_submit(init, sqe);
    return player_expect(init, sqe->user_data).result;
}

/* -------------------------------------------------------------------- messages */

static uint64_t message[2048];
static struct wire_builder message_builder;

static inline struct wire_text text_of(const char *text)
{
    return (struct wire_text){text, (uint32_t)strlen(text)};
}

static inline struct spawn_request_builder create_begin(void)
{
    struct spawn_request_builder request;

    wire_builder_init(&message_builder, message, sizeof(message));
    request = process_spawner_create_params_init_request(
        process_spawner_create_params_build(&message_builder));
    spawn_request_set_name(request, text_of("parts"));
    return request;
}

static inline struct sqe create_sqe(void)
{
    return player_message_sqe(init, player_cap(init, "spawner"),
                              PROCESS_SPAWNER_INTERFACE_ID,
                              PROCESS_SPAWNER_METHOD_CREATE, &message_builder);
}

/* ------------------------------------------------------------------- the parts */

static inline struct sqe vm_sqe(uint16_t method, uint64_t address, uint32_t pages,
                         uint32_t protection)
{
    const uint64_t words[4] = {address, pages | (uint64_t)protection << 32};

    return player_call_sqe(init, parts.memory, VIRTUAL_MEMORY_INTERFACE_ID,
                           method, words);
}

static inline struct sqe map_into_sqe(uint64_t object, uint64_t memory,
                               uint64_t address, uint64_t offset,
                               uint64_t pages_and_protection)
{
    const uint64_t words[4] = {memory, address, offset, pages_and_protection};

    return player_call_sqe(init, object, MEMORY_OBJECT_INTERFACE_ID,
                           MEMORY_OBJECT_METHOD_MAP_INTO, words);
}

static inline struct sqe grant_sqe(const char *name, uint64_t cap, uint32_t mode,
                            uint32_t flags)
{
    struct process_builder_grant_params_builder params;

    wire_builder_init(&message_builder, message, sizeof(message));
    params = process_builder_grant_params_build(&message_builder);
    process_builder_grant_params_set_name(params, text_of(name));
    process_builder_grant_params_set_cap(params, cap);
    process_builder_grant_params_set_mode(params, mode);
    process_builder_grant_params_set_flags(params, flags);
    return player_message_sqe(init, parts.builder,
                              PROCESS_BUILDER_INTERFACE_ID,
                              PROCESS_BUILDER_METHOD_GRANT, &message_builder);
}

static inline struct sqe args_sqe(uint32_t bytes)
{
    static const uint8_t zero[ARGS_BYTES_MAX + 1];

    wire_builder_init(&message_builder, message, sizeof(message));
    process_builder_set_arguments_params_set_args(
        process_builder_set_arguments_params_build(&message_builder),
        (struct wire_data){zero, bytes});
    return player_message_sqe(
        init, parts.builder, PROCESS_BUILDER_INTERFACE_ID,
        PROCESS_BUILDER_METHOD_SET_ARGUMENTS, &message_builder);
}

/* A start that is right; cases change it. */
static inline struct process_builder_start_params_builder start_begin(void)
{
    struct process_builder_start_params_builder params;

    wire_builder_init(&message_builder, message, sizeof(message));
    params = process_builder_start_params_build(&message_builder);
    process_builder_start_params_set_entry(params, parts.base + ENTRY_OFFSET);
    process_builder_start_params_set_stack_low(params, parts.stack);
    process_builder_start_params_set_stack_high(
        params, parts.stack + ROOM_PAGES * PAGE_SIZE);
    return params;
}

static inline struct sqe start_sqe(void)
{
    return player_message_sqe(init, parts.builder,
                              PROCESS_BUILDER_INTERFACE_ID,
                              PROCESS_BUILDER_METHOD_START, &message_builder);
}

/* A MemoryObject of two pages, and a view of it that is read-only. */
static inline void object_make(void)
{
    struct cqe cqe = player_call(init, player_cap(init, "frames"),
                                 FRAME_ALLOCATOR_INTERFACE_ID,
                                 FRAME_ALLOCATOR_METHOD_ALLOCATE, 2, 0, 0);

    parts.object = player_result_cap(init, &cqe, 0);
    cqe = player_call(init, parts.object, MEMORY_OBJECT_INTERFACE_ID,
                      MEMORY_OBJECT_METHOD_SHARE, 1, 0, 0);
    parts.view = player_result_cap(init, &cqe, 0);
    ck_assert(parts.object && parts.view);
}

/* Boots, and makes an empty process with a stack. */
static inline void parts_begin(void)
{
    struct process_limits_builder limits;
    struct sqe sqe;
    struct cqe cqe;

    fixture_begin();
    limits = spawn_request_init_limits(create_begin());
    process_limits_set_objects(limits, 60000);
    process_limits_set_virtual(limits, 2000);
    process_limits_set_pages(limits, 100);
    sqe = create_sqe();
    player_submit(init, &sqe);
    cqe = player_expect(init, sqe.user_data);
    ck_assert_int_gt(cqe.result, 0);
    parts.handle = player_result_cap(init, &cqe, 0);
    parts.memory = player_result_cap(init, &cqe, 1);
    parts.builder = player_result_cap(init, &cqe, 2);
    parts.process = fixture_process(init->process->id);
    object_get(&parts.process->object);
    parts.base = hal_space_base(&parts.process->space.hal);
    parts.stack = parts.base + HOLE_OFFSET;
    sqe = vm_sqe(VIRTUAL_MEMORY_METHOD_MAP, parts.stack, ROOM_PAGES,
                 PROTECTION_READ_WRITE);
    ck_assert_int_ge(done(&sqe), 0);
    object_make();
}

static inline void parts_end(void)
{
    object_put(&parts.process->object);
    parts.process = NULL;
    fixture_end();
}

#endif
