/*
 * memory.c - the four functions that compilers call by themselves. Eight bytes
 * at a time and never `rep`, which emulators run a byte a step; long copies 16
 * bytes at a time.
 */
#include "internal.h"

#define WIDE_LEAST 512u /* bytes for which saving registers pays */

/* A word at any address, of any type. */
typedef uint64_t word __attribute__((aligned(1), may_alias));

bool x86_copy_wide;

/*
 * Copies blocks of 64 bytes upwards. The registers may hold the user's values,
 * which stay in the CPU while the kernel runs: they are put back.
 */
static void copy_blocks(unsigned char *to, const unsigned char *from,
                        size_t blocks)
{
    unsigned char saved[64];

    __asm__ volatile("movups %%xmm0, (%3)\n\t"
                     "movups %%xmm1, 16(%3)\n\t"
                     "movups %%xmm2, 32(%3)\n\t"
                     "movups %%xmm3, 48(%3)\n"
                     "1:\n\t"
                     "movups (%1), %%xmm0\n\t"
                     "movups 16(%1), %%xmm1\n\t"
                     "movups 32(%1), %%xmm2\n\t"
                     "movups 48(%1), %%xmm3\n\t"
                     "movups %%xmm0, (%0)\n\t"
                     "movups %%xmm1, 16(%0)\n\t"
                     "movups %%xmm2, 32(%0)\n\t"
                     "movups %%xmm3, 48(%0)\n\t"
                     "add $64, %1\n\t"
                     "add $64, %0\n\t"
                     "dec %2\n\t"
                     "jnz 1b\n\t"
                     "movups (%3), %%xmm0\n\t"
                     "movups 16(%3), %%xmm1\n\t"
                     "movups 32(%3), %%xmm2\n\t"
                     "movups 48(%3), %%xmm3"
                     : "+r"(to), "+r"(from), "+r"(blocks)
                     : "r"(saved)
                     : "memory", "cc");
}

/* Upwards: also right for overlaps where `to` is the lower one. */
static void copy_up(unsigned char *to, const unsigned char *from, size_t size)
{
    if (size >= WIDE_LEAST && x86_copy_wide) {
        size_t bytes = size & ~(size_t)63;

        copy_blocks(to, from, bytes / 64);
        to += bytes;
        from += bytes;
        size -= bytes;
    }
    while (size >= 32) {
        uint64_t a = ((const word *)from)[0], b = ((const word *)from)[1];
        uint64_t c = ((const word *)from)[2], d = ((const word *)from)[3];

        ((word *)to)[0] = a;
        ((word *)to)[1] = b;
        ((word *)to)[2] = c;
        ((word *)to)[3] = d;
        to += 32;
        from += 32;
        size -= 32;
    }
    while (size >= 8) {
        *(word *)to = *(const word *)from;
        to += 8;
        from += 8;
        size -= 8;
    }
    while (size-- > 0) {
        *to++ = *from++;
    }
}

static void copy_down(unsigned char *to, const unsigned char *from,
                      size_t size)
{
    while (size >= 8) {
        size -= 8;
        *(word *)(to + size) = *(const word *)(from + size);
    }
    while (size-- > 0) {
        to[size] = from[size];
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    copy_up(to, from, size);
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    if ((uintptr_t)to - (uintptr_t)from >= size) {
        copy_up(to, from, size);
    } else {
        copy_down(to, from, size);
    }
    return to;
}

void *memset(void *to, int value, size_t size)
{
    unsigned char *at = to;
    uint64_t pattern = (unsigned char)value * UINT64_C(0x0101010101010101);

    while (size >= 32) {
        ((word *)at)[0] = pattern;
        ((word *)at)[1] = pattern;
        ((word *)at)[2] = pattern;
        ((word *)at)[3] = pattern;
        at += 32;
        size -= 32;
    }
    while (size-- > 0) {
        *at++ = (unsigned char)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *left = a, *right = b;

    while (size >= 8 && *(const word *)left == *(const word *)right) {
        left += 8;
        right += 8;
        size -= 8;
    }
    for (; size > 0; size--, left++, right++) {
        if (*left != *right) {
            return *left < *right ? -1 : 1;
        }
    }
    return 0;
}
