/*
 * fuzz_ring.c - entries of every kind on a live kernel, and memory that changes
 * under its feet.
 */
#include "entries.h"
#include "report.h"
#include "world.h"

#define ENTRIES_MAX 160u

/* Results of every kind, and calls that came through. */
static uint64_t counts[5];

/* Indices, the lines that are the kernel's, entries not yet taken. */
static void corrupt(const struct player *player)
{
    struct ring_user *line = ring_user_line(player->ring);
    uint8_t *ring = (uint8_t *)player->ring;

    counts[4]++;
    switch (pick(4)) {
    case 0:
        line->sq_tail += pick(2) ? pick(70) : 0u - pick(70);
        break;
    case 1:
        line->cq_head += pick(2) ? pick(70) : 0u - pick(70);
        break;
    case 2:
        line->sq_tail = (uint32_t)pick_bits();
        break;
    default:
        for (uint32_t i = pick(16); i; i--) {
            ring[pick(PAGE_SIZE)] ^= (uint8_t)(1u << pick(8));
        }
    }
}

static void scribble(const struct player *player)
{
    uint64_t word = value_number(player);

    for (uint32_t i = pick(8); i; i--) {
        value_poke(player, value_place(player, 8), &word, sizeof(word));
    }
}

static void consume(struct player *player)
{
    struct cqe cqe;

    for (uint32_t i = pick(12); i && player_pop(player, &cqe); i--) {
        if (cqe.kind == RING_CQE_COMPLETION) {
            entries_completed(&cqe);
            counts[cqe.result < 0]++;
        } else {
            entries_delivered(&cqe);
            counts[cqe.kind == RING_CQE_UNHELD ? 3 : 2]++;
        }
    }
}

static void turn(struct player *player)
{
    for (uint32_t i = pick(5); i; i--) {
        struct sqe sqe = entry_any(player);

        player_push(player, &sqe);
    }
    consume(player);
    if (pick_once_in(12)) {
        scribble(player);
    }
    if (pick_once_in(100)) {
        corrupt(player);
    }
}

int fuzz_report(FILE *out)
{
    static const char *const names[] = {"done", "refused", "calls delivered",
                                        "facets unheld", "rings corrupted"};
    int missing = 0;

    fprintf(out, "entries into the kernel %llu\n",
            (unsigned long long)world_entries);
    for (uint32_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        fprintf(out, "%s %llu\n", names[i], (unsigned long long)counts[i]);
        missing += counts[i] == 0;
    }
    return missing;
}

static const struct world_rules rules = {
    .turn = turn, .entries = ENTRIES_MAX, .interrupts = true};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    entries_start();
    (void)world_play(data, size, &rules);
    return 0;
}
