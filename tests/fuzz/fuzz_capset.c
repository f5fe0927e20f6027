/*
 * fuzz_capset.c - the CapSet as the kernel makes it, of any grants.
 *
 * One program spawns, creates and grants; after each entry the CapSets of all
 * processes, and the start blocks that tell of them, must be as capset.h and
 * start.h say, and hold what the process's table holds.
 */
#include <string.h>

#include "capos.gen.h"
#include "capset.h"
#include "entries.h"
#include "proc/process_build.h"
#include "report.h"
#include "world.h"

#define ENTRIES_MAX 100u
#define GRANTS_MAX 72u

static uint64_t capsets;
static uint64_t granted;
static uint64_t refused;

static void require(bool condition, const char *what)
{
    if (!condition) {
        world_wrong(what);
    }
}

/* ---------------------------------------------------- what the kernel made */

static void check_entry(struct process *process,
                        const struct capset_entry *entry)
{
    const struct object *object = cap_lookup(&process->caps, entry->cap);
    size_t length = strnlen(entry->name, CAPSET_NAME_BYTES);

    require(length > 0 && length < CAPSET_NAME_BYTES, "a name's length");
    for (size_t i = length; i < CAPSET_NAME_BYTES; i++) {
        require(entry->name[i] == '\0', "what stands behind a name");
    }
    require(entry->flags == 0, "flags of a CapSet");
    require(!object || object_interface(object) == entry->interface_id,
            "the interface of a CapSet's entry");
}

static void check_unique(const struct capset_entry *entries, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            require(memcmp(entries[i].name, entries[k].name,
                           CAPSET_NAME_BYTES) != 0,
                    "two entries of one name");
        }
    }
}

static void copy_in(struct process *process, uint64_t va, void *to, size_t size)
{
    const struct player player = {.process = process};

    player_read(&player, va, to, size);
}

static void check_start(struct process *process, const struct thread *thread)
{
    struct start_block start;
    char last = 'x';

    copy_in(process, thread->context.argument, &start, sizeof(start));
    require(start.magic == START_MAGIC && start.size_bytes == sizeof(start) &&
                start.version_major == START_VERSION_MAJOR,
            "head of a start block");
    require(start.capset == process->capset_va &&
                start.capset_count == process->capset_count,
            "the CapSet of a start block");
    require(start.args_len <= ARGS_BYTES_MAX, "length of the arguments");
    if (start.args) {
        copy_in(process, start.args + start.args_len, &last, 1);
        require(last == '\0', "the end of the arguments");
    }
}

static void check_process(struct process *process)
{
    struct capset_entry entries[PAGE_SIZE / sizeof(struct capset_entry)];
    uint32_t count = process->capset_count;
    struct list_node *first = list_first(&process->threads);

    require(count <= PAGE_SIZE / sizeof(entries[0]), "length of a CapSet");
    copy_in(process, process->capset_va, entries, count * sizeof(entries[0]));
    for (uint32_t i = 0; i < count; i++) {
        check_entry(process, &entries[i]);
    }
    check_unique(entries, count);
    if (first) {
        check_start(process, container_of(first, struct thread, link));
    }
    capsets++;
}

/* -------------------------------------------------------------- the program */

static struct wire_text some_name(void)
{
    static char name[64];
    static const char *const known[] = {"self-memory", "self-ledger", "timer",
                                        ""};
    uint32_t length = pick(4) ? 1 + pick(3) : 29 + pick(5);

    if (pick_once_in(12)) {
        const char *fixed = known[pick(4)];

        return (struct wire_text){fixed, (uint32_t)strlen(fixed)};
    }
    for (uint32_t i = 0; i < length; i++) {
        name[i] = (char)(pick_once_in(64) ? pick(256) : 'a' + pick(26));
    }
    return (struct wire_text){name, length};
}

static uint64_t some_cap(const struct player *player)
{
    struct object *object;

    return pick(32) ? value_cap_of(player, pick(2) ? TIMER_INTERFACE_ID
                                                   : CONSOLE_INTERFACE_ID)
                    : value_cap(player, &object);
}

static void fill_request(const struct player *player,
                         struct spawn_request_builder asked, bool image)
{
    static const uint8_t args[2 * PAGE_SIZE] = "name";
    uint32_t count = pick(3) ? pick(8) : pick(GRANTS_MAX);
    struct wire_builder_list list;

    spawn_request_set_image(
        asked, image ? value_cap_of(player, MEMORY_OBJECT_INTERFACE_ID) : 0);
    spawn_request_set_name(asked, some_name());
    spawn_request_set_args(
        asked, (struct wire_data){args, pick(4) ? pick(40)
                                                : pick(sizeof(args) + 1)});
    list = spawn_request_init_grants(asked, count);
    for (uint32_t i = 0; i < count; i++) {
        struct grant_builder grant = spawn_request_grants_build(list, i);

        grant_set_name(grant, some_name());
        grant_set_cap(grant, some_cap(player));
    }
    spawn_request_set_without_self(asked, pick(2));
}

static struct sqe make_process(const struct player *player)
{
    static uint64_t words[MESSAGE_WORDS * 2];
    struct wire_builder builder;
    bool whole = pick(2);

    wire_builder_init(&builder, words, sizeof(words));
    fill_request(player,
                 process_spawner_spawn_params_init_request(
                     process_spawner_spawn_params_build(&builder)),
                 whole);
    return player_message_sqe(player,
                              value_cap_of(player,
                                           PROCESS_SPAWNER_INTERFACE_ID),
                              PROCESS_SPAWNER_INTERFACE_ID,
                              whole ? PROCESS_SPAWNER_METHOD_SPAWN
                                    : PROCESS_SPAWNER_METHOD_CREATE,
                              &builder);
}

static struct sqe grant_more(const struct player *player)
{
    uint64_t words[64];
    struct wire_builder builder;
    struct process_builder_grant_params_builder params;

    wire_builder_init(&builder, words, sizeof(words));
    params = process_builder_grant_params_build(&builder);
    process_builder_grant_params_set_name(params, some_name());
    process_builder_grant_params_set_cap(params, some_cap(player));
    process_builder_grant_params_set_mode(params, pick(8) ? 0 : pick(3));
    process_builder_grant_params_set_flags(params, pick(8) ? 0 : pick(5));
    return player_message_sqe(player,
                              value_cap_of(player,
                                           PROCESS_BUILDER_INTERFACE_ID),
                              PROCESS_BUILDER_INTERFACE_ID,
                              PROCESS_BUILDER_METHOD_GRANT, &builder);
}

static struct sqe end_one(const struct player *player)
{
    return player_call_sqe(player,
                           value_cap_of(player, PROCESS_HANDLE_INTERFACE_ID),
                           PROCESS_HANDLE_INTERFACE_ID,
                           PROCESS_HANDLE_METHOD_KILL, (uint64_t[4]){0});
}

/* Who was made does nothing, so that all stays as it was made. */
static void turn(struct player *player)
{
    struct sqe sqe;

    if (strcmp(player->process->name, "first") != 0) {
        return;
    }
    switch (pick(8)) {
    case 0:
        sqe = end_one(player);
        break;
    case 1:
    case 2:
    case 3:
        sqe = make_process(player);
        break;
    default:
        sqe = grant_more(player);
    }
    player_push(player, &sqe);
}

static void after(struct player *player)
{
    struct process *process = fixture_process(0);
    struct cqe cqe;

    for (uint32_t i = 0; i <= player->cq_mask && player_pop(player, &cqe);
         i++) {
        granted += cqe.result >= 0;
        refused += cqe.result < 0;
    }
    for (; process; process = fixture_process(process->id)) {
        if (process_state(process) == PROCESS_ALIVE) {
            check_process(process);
        }
    }
}

int fuzz_report(FILE *out)
{
    fprintf(out, "CapSets looked at %llu, asked for and made %llu, refused "
                 "%llu\n", (unsigned long long)capsets,
            (unsigned long long)granted, (unsigned long long)refused);
    return !capsets + !granted + !refused;
}

static const struct world_rules rules = {
    .turn = turn, .after = after, .entries = ENTRIES_MAX};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    entries_start();
    (void)world_play(data, size, &rules);
    return 0;
}
