/*
 * memory.c - the four functions that compilers call by themselves.
 *
 * Eight bytes at a time: string instructions are slow where CPUs are emulated.
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

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    unsigned char *out = to;
    const unsigned char *in = from;

    for (; size >= 8; size -= 8, out += 8, in += 8) {
        ((struct memory_word *)out)->value =
            ((const struct memory_word *)in)->value;
    }
    while (size-- > 0) {
        *out++ = *in++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    unsigned char *out = to;
    const unsigned char *in = from;

    if ((uintptr_t)out - (uintptr_t)in >= size) {
        /* to is not inside from: going up is safe. */
        for (; size >= 8; size -= 8, out += 8, in += 8) {
            ((struct memory_word *)out)->value =
                ((const struct memory_word *)in)->value;
        }
        while (size-- > 0) {
            *out++ = *in++;
        }
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
