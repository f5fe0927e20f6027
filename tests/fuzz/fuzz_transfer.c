/*
 * fuzz_transfer.c - capabilities that travel with calls, returns and grants: any
 * descriptors, anywhere, on a live kernel.
 *
 * All authority is looked at after each entry.
 */
#include "check/authority_check.h"
#include "entries.h"
#include "report.h"
#include "world.h"

#define ENTRIES_MAX 160u

static const struct outcome {
    const char *name;
    int32_t result;
} refusals[] = {
    {"bad flags", ERR_BAD_FLAGS},
    {"bad buffer", ERR_BAD_BUFFER},
    {"bad capability", ERR_BAD_CAPABILITY},
    {"not transferable", ERR_NOT_TRANSFERABLE},
    {"too large", ERR_TOO_LARGE},
    {"overloaded", ERR_OVERLOADED},
};
#define REFUSALS (sizeof(refusals) / sizeof(refusals[0]))

static uint64_t refused[REFUSALS];
static uint64_t came_with_call;
static uint64_t came_with_result;

static struct sqe some_entry(const struct player *player)
{
    switch (pick(8)) {
    case 0:
        return entry_recv(player);
    case 1:
        return entry_method(player);
    case 2:
    case 3:
    case 4:
        return entry_return(player);
    default:
        return entry_facet(player);
    }
}

static void count(const struct cqe *cqe)
{
    uint32_t caps = cqe->flags >> RING_CQE_CAPS_SHIFT;

    if (cqe->kind != RING_CQE_COMPLETION) {
        entries_delivered(cqe);
        came_with_call += cqe->kind == RING_CQE_CALL && caps;
        return;
    }
    came_with_result += cqe->result >= 0 && caps;
    for (uint32_t i = 0; i < REFUSALS; i++) {
        refused[i] += cqe->result == refusals[i].result;
    }
}

static void turn(struct player *player)
{
    struct cqe cqe;

    for (uint32_t i = 1 + pick(3); i; i--) {
        struct sqe sqe = some_entry(player);

        player_push(player, &sqe);
    }
    for (uint32_t i = 0; i <= player->cq_mask && player_pop(player, &cqe);
         i++) {
        count(&cqe);
    }
}

static void after(struct player *player)
{
    (void)player;
    authority_check();
}

int fuzz_report(FILE *out)
{
    int missing = !came_with_call + !came_with_result;

    fprintf(out,
            "entries into the kernel %llu\ncalls with capabilities %llu\n"
            "results with capabilities %llu\n",
            (unsigned long long)world_entries,
            (unsigned long long)came_with_call,
            (unsigned long long)came_with_result);
    for (uint32_t i = 0; i < REFUSALS; i++) {
        fprintf(out, "%s %llu\n", refusals[i].name,
                (unsigned long long)refused[i]);
        missing += refused[i] == 0;
    }
    return missing;
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
