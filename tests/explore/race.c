/*
 * race.c - what of the accesses is ordered, and where a choice is needed.
 *
 * Each actor has a vector clock; each location that is accessed atomically holds
 * what was released there (C11's rules; a chain of read-modify-writes keeps it).
 * For each four bytes of the state the last accesses are noted, so a plain access
 * that is neither before nor after a conflicting one of another actor is found
 * in whatever schedule it happens to be run: a data race. Races of programs on
 * their own memory are their business; there they only make a point of choice.
 *
 * Points of choice. Let S be the locations that two actors access atomically,
 * one of them writing, and those with races between programs. Between two points
 * at S an actor does nothing that another one could tell from its having been
 * done later or earlier, as long as there are no other races. So a preemption
 * can be moved to the next point, and every schedule has an equal one that
 * preempts only there, with no more preemptions. S is not known at first: it is
 * learnt while exploring, and the search begins anew when it has grown. A
 * conflict outside of S would show in the equal schedule that was explored, for
 * both accesses happen there too: when S no longer grows, nothing was missed.
 *
 * Bytes and halfwords have a note for each byte, so neighbours are not mixed up.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "engine.h"

#define WORD_SHIFT 2u
#define WORD_BYTES (1u << WORD_SHIFT)

/* What of a location is known; bits 0 to 3: that actor, atomically. */
enum {
    KNOWN_ACTORS = 0x0f,
    KNOWN_WRITTEN = 0x10,
    KNOWN_RACES = 0x20,
    KNOWN_BYTES = 0x40, /* has notes for each byte */
};

struct clocks {
    uint32_t of[EXPLORE_ACTORS];
};

/* The last accesses to a piece, each with the time of its actor. */
struct note {
    uint32_t start; /* the schedule that these are from */
    uint32_t writer;
    uint32_t atomic_writer;
    uint32_t write;
    uint32_t atomic_write;
    uint32_t reads[EXPLORE_ACTORS];
    uint32_t atomic_reads[EXPLORE_ACTORS];
    const void *write_pc;
    const void *atomic_write_pc;
    const void *read_pc[EXPLORE_ACTORS];
};

/* What was released at a location. */
struct released {
    uint32_t start;
    struct clocks clocks;
};

static struct clocks seen[EXPLORE_ACTORS];
static uint32_t start;
static struct note *words;
static struct note *bytes_of;
static struct released *released;
static unsigned char *known;  /* so far */
static unsigned char *points; /* in this pass */
static bool learnt;

static void *sparse(size_t bytes)
{
    void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (block == MAP_FAILED) {
        abort();
    }
    return block;
}

void race_init(void)
{
    size_t count = (state_bytes() >> WORD_SHIFT) + 1;

    words = sparse(count * sizeof(*words));
    bytes_of = sparse((count << WORD_SHIFT) * sizeof(*bytes_of));
    released = sparse(count * sizeof(*released));
    known = sparse(count);
    points = sparse(count);
}

void race_start(void)
{
    start++;
    memset(seen, 0, sizeof(seen));
    for (uint32_t i = 0; i < EXPLORE_ACTORS; i++) {
        seen[i].of[i] = 1;
    }
}

/* ------------------------------------------------------------------- points */

static bool needs_choice(unsigned char what)
{
    unsigned char who = what & KNOWN_ACTORS;

    return (what & KNOWN_RACES) ||
           ((what & KNOWN_WRITTEN) && (who & (who - 1)));
}

static void learn(uint32_t word, unsigned char what)
{
    unsigned char now = known[word] | what;

    if (now == known[word]) {
        return;
    }
    known[word] = now;
    if (needs_choice(now) && !needs_choice(points[word])) {
        learnt = true;
    }
}

bool race_point(uint32_t offset, uint32_t how)
{
    unsigned char what = points[offset >> WORD_SHIFT];

    return needs_choice(what) &&
           ((how & ACCESS_ATOMIC) || (what & KNOWN_RACES));
}

void race_learn(void)
{
    memcpy(points, known, (state_bytes() >> WORD_SHIFT) + 1);
    learnt = false;
}

bool race_learnt(void)
{
    return learnt;
}

/* -------------------------------------------------------------------- order */

void race_acquire(uint32_t offset)
{
    const struct released *from = &released[offset >> WORD_SHIFT];

    if (from->start != start) {
        return;
    }
    for (uint32_t i = 0; i < EXPLORE_ACTORS; i++) {
        if (seen[explore_cpu].of[i] < from->clocks.of[i]) {
            seen[explore_cpu].of[i] = from->clocks.of[i];
        }
    }
}

void race_release(uint32_t offset, bool keep)
{
    struct released *to = &released[offset >> WORD_SHIFT];

    if (!keep || to->start != start) {
        memset(&to->clocks, 0, sizeof(to->clocks));
    }
    to->start = start;
    for (uint32_t i = 0; i < EXPLORE_ACTORS; i++) {
        if (to->clocks.of[i] < seen[explore_cpu].of[i]) {
            to->clocks.of[i] = seen[explore_cpu].of[i];
        }
    }
    seen[explore_cpu].of[explore_cpu]++;
}

/* -------------------------------------------------------------------- races */

static _Noreturn void race_fail(uint32_t offset, uint32_t how, const void *pc,
                                const void *other_pc)
{
    explore_fail("data race",
                 "CPU %u %s state+%#x at @%p@, not ordered with @%p@",
                 explore_cpu, how & ACCESS_WRITE ? "writes" : "reads", offset,
                 pc, other_pc);
}

static void race(uint32_t offset, uint32_t how, const void *pc,
                 const void *other_pc)
{
    if (!machine_user_memory(offset)) {
        race_fail(offset, how, pc, other_pc);
    }
    learn(offset >> WORD_SHIFT, KNOWN_RACES);
}

/* True if that access of an actor is not before what this CPU does now. */
static bool unseen(uint32_t actor, uint32_t time)
{
    return time > seen[explore_cpu].of[actor];
}

static struct note *fresh(struct note *note)
{
    if (note->start != start) {
        memset(note, 0, sizeof(*note));
        note->start = start;
    }
    return note;
}

static void check_writes(const struct note *note, uint32_t offset,
                         uint32_t how, const void *pc)
{
    if (note->write && unseen(note->writer, note->write)) {
        race(offset, how, pc, note->write_pc);
    }
    if (!(how & ACCESS_ATOMIC) && note->atomic_write &&
        unseen(note->atomic_writer, note->atomic_write)) {
        race(offset, how, pc, note->atomic_write_pc);
    }
}

static void check_reads(const struct note *note, uint32_t offset,
                        uint32_t how, const void *pc)
{
    for (uint32_t i = 0; i < EXPLORE_ACTORS; i++) {
        if (unseen(i, note->reads[i]) ||
            (!(how & ACCESS_ATOMIC) && unseen(i, note->atomic_reads[i]))) {
            race(offset, how, pc, note->read_pc[i]);
        }
    }
}

static void check(struct note *note, uint32_t offset, uint32_t how,
                  const void *pc)
{
    uint32_t now = seen[explore_cpu].of[explore_cpu];

    check_writes(note, offset, how, pc);
    if (!(how & ACCESS_WRITE)) {
        uint32_t *reads =
            how & ACCESS_ATOMIC ? note->atomic_reads : note->reads;

        reads[explore_cpu] = now;
        note->read_pc[explore_cpu] = pc;
        return;
    }
    check_reads(note, offset, how, pc);
    if (how & ACCESS_ATOMIC) {
        note->atomic_writer = explore_cpu;
        note->atomic_write = now;
        note->atomic_write_pc = pc;
    } else {
        note->writer = explore_cpu;
        note->write = now;
        note->write_pc = pc;
    }
}

/* From now on the bytes of a word are looked at one by one. */
static void split(uint32_t word)
{
    for (uint32_t i = 0; i < WORD_BYTES; i++) {
        bytes_of[(word << WORD_SHIFT) + i] = words[word];
    }
    known[word] |= KNOWN_BYTES;
}

static void check_piece(uint32_t offset, uint32_t bytes, uint32_t how,
                        const void *pc)
{
    uint32_t word = offset >> WORD_SHIFT;

    if (bytes < WORD_BYTES && !(known[word] & KNOWN_BYTES)) {
        split(word);
    }
    if (!(known[word] & KNOWN_BYTES)) {
        check(fresh(&words[word]), offset, how, pc);
        return;
    }
    for (uint32_t i = offset; i < offset + bytes; i++) {
        check(fresh(&bytes_of[i]), i, how, pc);
    }
}

void race_access(uint32_t offset, uint32_t bytes, uint32_t how,
                 const void *pc)
{
    uint32_t end = offset + bytes;

    if (how & ACCESS_ATOMIC) {
        learn(offset >> WORD_SHIFT,
              (unsigned char)(1u << explore_cpu |
                              (how & ACCESS_WRITE ? KNOWN_WRITTEN : 0)));
    }
    while (offset < end) {
        uint32_t next = (offset | (WORD_BYTES - 1)) + 1;
        uint32_t piece = (next < end ? next : end) - offset;

        check_piece(offset, piece, how, pc);
        offset += piece;
    }
}
