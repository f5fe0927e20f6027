/*
 * fuzz_methods.c - every method of every kernel object, params made of the schema.
 *
 * Which objects there are is read from the kernel's sources when this is built, and
 * what their methods take from the tables that are generated of the schema: so a
 * new method is called without a change here. A run without a fuzzer fails if some
 * method was never answered by its object.
 */
#include "capos.schema.gen.h"
#include "entries.h"
#include "report.h"
#include "world.h"

#define ENTRIES_MAX 160u
#define SLOTS_PLENTY 200u /* then the program gives capabilities back */

/* No more than the queue holds: a result may have gone to the index of its end. */
static void consume(struct player *player)
{
    struct cqe cqe;

    for (uint32_t i = 0; i <= player->cq_mask && player_pop(player, &cqe);
         i++) {
        entries_completed(&cqe);
    }
}

static void turn(struct player *player)
{
    struct cap_table *caps = &player->process->caps;
    struct sqe sqe = entry_method(player);
    struct object *object;

    consume(player);
    if (sync_load(&caps->slots) > SLOTS_PLENTY && pick(2)) {
        sqe = (struct sqe){.opcode = RING_RELEASE,
                           .cap = value_cap(player, &object)};
    }
    player_push(player, &sqe);
}

static void after(struct player *player)
{
    consume(player);
    if (sync_load(&player->thread->state) == THREAD_ENDED) {
        entries_ended();
    }
}

/* Prints an interface's methods; returns how many never got an answer. */
static int report_interface(FILE *out, const struct kernel_interface *counts)
{
    const struct schema_interface *iface =
        schema_find_interface(&capos_schema, counts->id);
    int missing = 0;

    if (!iface || iface->method_count > KERNEL_METHODS_MAX) {
        fprintf(out, "0x%llx: not in the schema, or too many methods\n",
                (unsigned long long)counts->id);
        return 1;
    }
    for (uint32_t i = 0; i < iface->method_count || i == 0; i++) {
        fprintf(out, "%s.%s: called %llu, answered %llu%s\n", iface->name,
                i < iface->method_count ? iface->methods[i].name : "(any)",
                (unsigned long long)counts->called[i],
                (unsigned long long)counts->answered[i],
                counts->answered[i] ? "" : "  NEVER");
        missing += counts->answered[i] == 0;
    }
    return missing;
}

int fuzz_report(FILE *out)
{
    int missing = 0;

    fprintf(out, "entries into the kernel %llu\n",
            (unsigned long long)world_entries);
    for (uint32_t i = 0; i < kernel_interface_count; i++) {
        missing += report_interface(out, &kernel_interfaces[i]);
    }
    return missing;
}

static const struct world_rules rules = {
    .turn = turn, .after = after, .entries = ENTRIES_MAX};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    entries_start();
    if (!world_play(data, size, &rules)) {
        entries_ended();
    }
    return 0;
}
