/*
 * memory.c - the four functions that compilers call by themselves.
 *
 * Words, and blocks of words: string instructions are slow where CPUs are
 * emulated.
 * Compiled with -fno-builtin, or a compiler would turn each loop into a call of
 * the very function it stands in.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

/* A word at any address, of any type. */
struct memory_word {
    uint64_t value;
} __attribute__((packed, may_alias));

/* Sixteen bytes, and four of these, at any address. */
typedef uint64_t memory_wide
    __attribute__((vector_size(16), aligned(1), may_alias));

struct memory_block {
    memory_wide wide[4];
};

/* All is read before anything is written: to may lie shortly before from. */
static inline void copy_block(void *to, const void *from)
{
    const struct memory_block *source = from;
    struct memory_block *target = to;
    memory_wide a = source->wide[0];
    memory_wide b = source->wide[1];
    memory_wide c = source->wide[2];
    memory_wide d = source->wide[3];

    target->wide[0] = a;
    target->wide[1] = b;
    target->wide[2] = c;
    target->wide[3] = d;
}

static inline void copy_up(unsigned char *out, const unsigned char *in,
                           size_t size)
{
    for (; size >= 64; size -= 64, out += 64, in += 64) {
        copy_block(out, in);
    }
    for (; size >= 8; size -= 8, out += 8, in += 8) {
        ((struct memory_word *)out)->value =
            ((const struct memory_word *)in)->value;
    }
    while (size-- > 0) {
        *out++ = *in++;
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    copy_up(to, from, size);
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    unsigned char *out = to;
    const unsigned char *in = from;

    if ((uintptr_t)out - (uintptr_t)in >= size) {
        /* to is not inside from: going up is safe. */
        copy_up(out, in, size);
        return to;
    }
    while (size > 0) {
        size--;
        out[size] = in[size];
    }
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    unsigned char *out = to;
    uint64_t word = (unsigned char)byte * 0x0101010101010101ull;
    memory_wide wide = {word, word};

    for (; size >= 64; size -= 64, out += 64) {
        struct memory_block *block = (struct memory_block *)out;

        block->wide[0] = wide;
        block->wide[1] = wide;
        block->wide[2] = wide;
        block->wide[3] = wide;
    }
    for (; size >= 8; size -= 8, out += 8) {
        ((struct memory_word *)out)->value = word;
    }
    while (size-- > 0) {
        *out++ = (unsigned char)byte;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *left = a;
    const unsigned char *right = b;

    for (size_t i = 0; i < size; i++) {
        if (left[i] != right[i]) {
            return left[i] < right[i] ? -1 : 1;
        }
    }
    return 0;
}
