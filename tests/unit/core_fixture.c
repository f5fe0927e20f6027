/* core_fixture.c - boot, players and their calls (core_fixture.h). */
#include "core_fixture.h"

#include <string.h>

#include "capos.schema.gen.h"
#include "capset.h"
#include "capnp/schema.h"
#include "core_check.h"
#include "core_image.h"
#include "mem/frames.h"

#define PACKAGE_PHYS 0x500000u
#define GO_ROUNDS 10000u

struct player fixture_init;
uint64_t fixture_image;

static struct {
    uint64_t frames;
    uint32_t blocks;
    uint64_t used[LEDGER_KINDS];
    uint32_t slots;
} mark;

/* ------------------------------------------------------------- boot and end */

void fixture_mark(void)
{
    const struct process *init = fixture_init.process;

    mark.frames = frames_available();
    mark.blocks = machine_heap_blocks;
    mark.slots = init->caps.slots;
    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        mark.used[kind] = ledger_used(init->ledger, kind);
    }
}

static void fixture_open_image(void)
{
    uint64_t words[32];
    struct wire_builder builder;
    struct boot_package_open_params_builder params;
    struct sqe sqe;
    struct cqe cqe;

    wire_builder_init(&builder, words, sizeof(words));
    params = boot_package_open_params_build(&builder);
    boot_package_open_params_set_name(params, (struct wire_text){"init", 4});
    sqe = player_message_sqe(&fixture_init,
                             player_cap(&fixture_init, "package"),
                             BOOT_PACKAGE_INTERFACE_ID,
                             BOOT_PACKAGE_METHOD_OPEN, &builder);
    player_submit(&fixture_init, &sqe);
    cqe = player_expect(&fixture_init, sqe.user_data);
    ck_assert_int_gt(cqe.result, 0);
    fixture_image = player_result_cap(&fixture_init, &cqe, 0);
}

void fixture_begin(void)
{
    fixture_begin_on(1);
}

void fixture_begin_on(uint32_t count)
{
    static const struct hal_range ranges[] = {
        {0x1000, 0x9000}, {0x100000, 0x300000}, {0x800000, 0x2000000}};
    struct hal_boot boot;

    fake_cpu_count = count;
    fake_boot(&boot, ranges, 3);
    fake_package(&boot, PACKAGE_PHYS,
                 image_package(fake_memory + PACKAGE_PHYS));
    core_on_boot(&boot);
    for (uint32_t cpu = 1; cpu < count; cpu++) {
        fake_on(cpu);
        core_on_cpu();
    }
    fake_on(0);
    player_attach(&fixture_init,
                  container_of(list_first(&fixture_process(0)->threads),
                               struct thread, link));
    ck_assert_str_eq(fixture_init.process->name, "init");
    fixture_open_image();
    fixture_mark();
}

/* Ends all but init, and gives back what init has taken since the mark. */
static void fixture_clear(void)
{
    struct process *process = fixture_process(fixture_init.process->id);
    uint64_t cap;
    uint32_t start = (uint32_t)fixture_image + 1;

    player_go(&fixture_init);
    for (; process; process = fixture_process(process->id)) {
        process_end(process, END_KILLED, 0);
    }
    fake->armed_ns = UINT64_MAX;
    core_on_tick(); /* here that work goes on */
    core_check();
    while (cap_next(&fixture_init.process->caps, start, &cap)) {
        fixture_release(&fixture_init, cap);
    }
}

void fixture_end(void)
{
    struct process *init = fixture_init.process;
    struct cqe cqe;

    fake->irq = false;
    fake_refuse_map(UINT64_MAX);
    machine_refuse_heap(UINT64_MAX);
    fixture_clear();
    while (player_pop(&fixture_init, &cqe)) {
    }
    for (uint32_t i = 0; i < GO_ROUNDS && fixture_process(init->id); i++) {
        fixture_attend();
        fixture_tick();
    }
    core_check();
    ck_assert_ptr_null(fixture_process(init->id));
    fake_retire();
    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        ck_assert_uint_eq(ledger_used(init->ledger, kind), mark.used[kind]);
    }
    ck_assert_uint_eq(machine_heap_blocks,
                      mark.blocks + (init->caps.slots - mark.slots) / 64);
    ck_assert_uint_eq(frames_available(), mark.frames);
    ck_assert_uint_eq(fixture_init.thread->queue.promised,
                      fixture_init.thread->queue.kept);
}

void fixture_tick(void)
{
    uint32_t first = fake->number;

    for (uint32_t cpu = 0; cpu < fake_cpu_count; cpu++) {
        if (fake_cpus[cpu].armed_ns < fake_cpus[first].armed_ns) {
            first = cpu;
        }
    }
    fake_on(first);
    ck_assert_uint_ne(fake->armed_ns, UINT64_MAX);
    if (fake_now_ns < fake->armed_ns) {
        fake_now_ns = fake->armed_ns;
    }
    fake->armed_ns = UINT64_MAX;
    core_on_tick();
    core_check();
}

bool fixture_attend_cpu(uint32_t cpu)
{
    uint32_t self = fake->number;

    if (!fake_cpus[cpu].attention) {
        return false;
    }
    fake_on(cpu);
    fake->attention = false;
    core_on_irq(HAL_IRQ_ATTENTION);
    core_check();
    fake_on(self);
    return true;
}

void fixture_attend(void)
{
    bool attended = true;

    for (uint32_t round = 0; attended; round++) {
        ck_assert_uint_lt(round, GO_ROUNDS);
        attended = false;
        for (uint32_t cpu = 0; cpu < fake_cpu_count; cpu++) {
            attended |= fixture_attend_cpu(cpu);
        }
    }
}

struct process *fixture_process(uint64_t after)
{
    struct process *process;

    process_list_lock();
    process = process_after(after);
    process_list_unlock();
    return process;
}

uint32_t fixture_cpu_of(const struct thread *thread)
{
    for (uint32_t cpu = 0; cpu < fake_cpu_count; cpu++) {
        if (fake_cpus[cpu].resumed == &thread->context) {
            return cpu;
        }
    }
    return FIXTURE_NO_CPU;
}

/* ----------------------------------------------------------------- players */

void player_attach(struct player *player, struct thread *thread)
{
    const struct hal_space *space = &thread->process->space.hal;
    struct start_block block;
    size_t reach = 64;

    memset(player, 0, sizeof(*player));
    object_get(&thread->object);
    object_get(&thread->process->object);
    player->thread = thread;
    player->process = thread->process;
    player->ring = hal_user_view((struct hal_space *)space, thread->ring_va,
                                 HAL_WRITE, &reach);
    player->sq = thread->queue.sq;
    player->cq = thread->queue.cq;
    player->sq_mask = thread->queue.sq_entries - 1;
    player->cq_mask = thread->queue.cq_entries - 1;
    player_read(player, thread->context.argument, &block, sizeof(block));
    ck_assert_uint_eq(block.magic, START_MAGIC);
    player->scratch = block.stack_low;
}

void player_detach(struct player *player)
{
    object_put(&player->thread->object);
    object_put(&player->process->object);
    memset(player, 0, sizeof(*player));
}

void players_detach(struct player *players, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (players[i].thread) {
            player_detach(&players[i]);
        }
    }
}

void player_write(const struct player *player, uint64_t va, const void *bytes,
                  size_t size)
{
    while (size) {
        size_t piece = size;
        void *to = hal_user_view(&player->process->space.hal, va, HAL_WRITE,
                                 &piece);

        ck_assert_ptr_nonnull(to);
        memcpy(to, bytes, piece);
        va += piece;
        bytes = (const char *)bytes + piece;
        size -= piece;
    }
}

void player_read(const struct player *player, uint64_t va, void *bytes,
                 size_t size)
{
    while (size) {
        size_t piece = size;
        const void *from = hal_user_view(&player->process->space.hal, va,
                                         HAL_READ, &piece);

        ck_assert_ptr_nonnull(from);
        memcpy(bytes, from, piece);
        va += piece;
        bytes = (char *)bytes + piece;
        size -= piece;
    }
}

uint64_t player_cap(const struct player *player, const char *name)
{
    struct capset_entry entry;

    for (uint32_t i = 0; i < player->process->capset_count; i++) {
        player_read(player,
                    player->process->capset_va + i * sizeof(entry), &entry,
                    sizeof(entry));
        if (strcmp(entry.name, name) == 0) {
            return entry.cap;
        }
    }
    ck_abort_msg("no capability %s", name);
}

bool player_current(const struct player *player)
{
    return fixture_cpu_of(player->thread) != FIXTURE_NO_CPU;
}

void player_go(struct player *player)
{
    for (uint32_t i = 0; i < GO_ROUNDS && !player_current(player); i++) {
        ck_assert_int_ne(player->thread->state, THREAD_ENDED);
        fixture_attend();
        if (player_current(player)) {
            break;
        }
        fake_on(sync_load(&player->thread->cpu));
        if (fake->resumed && player->thread->state == THREAD_READY &&
            fake_now_ns < fake->armed_ns) {
            /* With a corrupt ring it will not wait: then its quantum ends. */
            fake_now_ns += 50000;
            core_on_syscall(GATE_ENTER, UINT32_MAX, 1000);
            core_check();
        } else {
            /* Work that an interrupt cuts short each time takes time, too. */
            fake_now_ns += fake->armed_ns <= fake_now_ns ? 1000 : 0;
            fixture_tick();
        }
    }
    ck_assert(player_current(player));
    fake_on(fixture_cpu_of(player->thread));
}

void player_push(struct player *player, const struct sqe *sqe)
{
    player->sq[player->sq_tail & player->sq_mask] = *sqe;
    ring_user_line(player->ring)->sq_tail = ++player->sq_tail;
}

int64_t player_enter(struct player *player, uint64_t min_complete,
                     uint64_t timeout_ns)
{
    ck_assert(player_current(player));
    fake_on(fixture_cpu_of(player->thread));
    core_on_syscall(GATE_ENTER, min_complete, timeout_ns);
    core_check();
    return player->thread->state == THREAD_WAITING
               ? PLAYER_WAITS
               : player->thread->context.result;
}

void player_wait(struct player *player, uint64_t timeout_ns)
{
    ck_assert_int_eq(player_enter(player, 1, timeout_ns), PLAYER_WAITS);
}

void fixture_sleep(uint64_t length_ns)
{
    player_go(&fixture_init);
    player_wait(&fixture_init, length_ns);
    fixture_attend();
}

void player_submit(struct player *player, const struct sqe *sqe)
{
    player_go(player);
    player_push(player, sqe);
    (void)player_enter(player, 0, TIMEOUT_POLL);
}

bool player_pop(struct player *player, struct cqe *cqe)
{
    if (player->cq_head == ring_kernel_line(player->ring)->cq_tail) {
        return false;
    }
    *cqe = player->cq[player->cq_head & player->cq_mask];
    ring_user_line(player->ring)->cq_head = ++player->cq_head;
    return true;
}

struct cqe player_expect(struct player *player, uint64_t user_data)
{
    struct cqe cqe;

    ck_assert(player_pop(player, &cqe));
    ck_assert_uint_eq(cqe.user_data, user_data);
    return cqe;
}

int32_t player_do(struct player *player, const struct sqe *sqe)
{
    player_submit(player, sqe);
    return player_expect(player, sqe->user_data).result;
}

/* ------------------------------------------------------------------- calls */

struct sqe player_call_sqe(const struct player *player, uint64_t cap,
                           uint64_t interface_id, uint16_t method,
                           const uint64_t words[4])
{
    const struct schema_interface *iface =
        schema_find_interface(&capos_schema, interface_id);
    struct sqe sqe = {
        .opcode = RING_CALL,
        .flags = (uint8_t)iface->methods[method].flags,
        .method = method,
        .cap = cap,
        .user_data = cap ^ method,
    };

    if (words) {
        memcpy(sqe.words, words, sizeof(sqe.words));
    }
    if (!(sqe.flags & RING_RINLINE)) {
        sqe.result = player->scratch + SCRATCH_RESULTS;
        sqe.result_len = SCRATCH_PARAMS - SCRATCH_RESULTS;
    }
    return sqe;
}

struct sqe player_message_sqe(const struct player *player, uint64_t cap,
                              uint64_t interface_id, uint16_t method,
                              const struct wire_builder *builder)
{
    struct sqe sqe = player_call_sqe(player, cap, interface_id, method, NULL);
    int32_t bytes = wire_builder_bytes(builder);

    ck_assert_int_gt(bytes, 0);
    player_write(player, player->scratch + SCRATCH_PARAMS, builder->words,
                 (size_t)bytes);
    sqe.memory.params = player->scratch + SCRATCH_PARAMS;
    sqe.memory.params_len = (uint32_t)bytes;
    return sqe;
}

struct cqe player_call(struct player *player, uint64_t cap,
                       uint64_t interface_id, uint16_t method, uint64_t word0,
                       uint64_t word1, uint64_t word2)
{
    struct sqe sqe = player_call_sqe(
        player, cap, interface_id, method,
        (const uint64_t[4]){word0, word1, word2, 0});

    player_submit(player, &sqe);
    return player_expect(player, sqe.user_data);
}

uint64_t player_result_cap(const struct player *player, const struct cqe *cqe,
                           uint32_t index)
{
    uint64_t cap = 0;

    if (cqe->result >= 0 &&
        index < (uint32_t)cqe->flags >> RING_CQE_CAPS_SHIFT) {
        player_read(player,
                    player->scratch + SCRATCH_RESULTS +
                        (((uint32_t)cqe->result + 7) & ~7u) + 8 * index,
                    &cap, sizeof(cap));
    }
    return cap;
}
