/*
 * access.c - where the instrumented code comes in.
 *
 * Core, library and ring client are compiled with -fsanitize=thread, but linked
 * with these functions instead of ThreadSanitizer's: the compiler calls one of
 * them before each plain access, and instead of each atomic one. So nothing that
 * a CPU does to memory escapes the explorer, whether the source calls it atomic
 * or not. Accesses outside of the state (stacks) concern one CPU only.
 */
#include <string.h>

#include "engine.h"

#define CALLER __builtin_return_address(0)

/* The values of memory_order in calls of the compiler. */
enum { ORDER_RELAXED = 0, ORDER_CONSUME, ORDER_ACQUIRE, ORDER_RELEASE };

static void access(const volatile void *at, size_t bytes, uint32_t how,
                   const void *pc)
{
    uint32_t offset;

    if (bytes == 0 || !state_holds((const void *)at, &offset)) {
        return;
    }
    if (how & ACCESS_WRITE) {
        state_dirty(offset, (uint32_t)bytes);
        if (!(how & ACCESS_ATOMIC)) {
            actors[explore_cpu].load_repeats = 0;
        }
    }
    if (engine.begun && !engine.mute && !engine.quiet) {
        schedule_point(offset, (uint32_t)bytes, how, pc);
        race_access(offset, (uint32_t)bytes, how, pc);
    }
}

/* What an atomic access has done: *at was `before` and is `after` now. */
static void done(const volatile void *at, size_t bytes, bool loads,
                 uint64_t before, uint64_t after, int order)
{
    uint32_t offset;

    if (!engine.begun || engine.mute || engine.quiet ||
        !state_holds((const void *)at, &offset)) {
        return;
    }
    if (loads && order != ORDER_RELAXED && order != ORDER_RELEASE) {
        race_acquire(offset);
    }
    if (order >= ORDER_RELEASE) {
        race_release(offset, loads);
    }
    if (before != after) {
        actors[explore_cpu].load_repeats = 0;
        schedule_stored(offset, (uint32_t)bytes);
    }
}

/* Remembers a load, for the actor may turn out to spin on it. */
static void loaded(const volatile void *at, const void *pc, uint64_t value,
                   int order)
{
    struct actor *self = &actors[explore_cpu];

    self->load_relaxed = order == ORDER_RELAXED;
    self->load_stores = engine.stores - self->stores;
    if (self->load_at == at && self->load_pc == pc &&
        self->load_value == value) {
        self->load_repeats++;
        return;
    }
    self->load_at = (const void *)at;
    self->load_pc = pc;
    self->load_value = value;
    self->load_repeats = 0;
}

/* In sync.h's spins: the third equal load in a row means that it spins. */
void sync_point(void)
{
    if (engine.begun && !engine.mute && actors[explore_cpu].load_repeats > 1) {
        explore_spin();
    }
}

/* -------------------------------------------------------------------- plain */

void __tsan_init(void);
void __tsan_func_entry(void *pc);
void __tsan_func_exit(void);
void __tsan_read_range(void *at, size_t bytes);
void __tsan_write_range(void *at, size_t bytes);

void __tsan_init(void)
{
}

void __tsan_func_entry(void *pc)
{
    (void)pc;
}

void __tsan_func_exit(void)
{
}

void __tsan_read_range(void *at, size_t bytes)
{
    access(at, bytes, 0, CALLER);
}

void __tsan_write_range(void *at, size_t bytes)
{
    access(at, bytes, ACCESS_WRITE, CALLER);
}

#define PLAIN(name, bytes, how)                                                \
    void __tsan_##name##bytes(void *at);                                       \
    void __tsan_##name##bytes(void *at)                                        \
    {                                                                          \
        access(at, bytes, how, CALLER);                                        \
    }
#define PLAIN_SIZES(name, how)                                                 \
    PLAIN(name, 1, how)                                                        \
    PLAIN(name, 2, how)                                                        \
    PLAIN(name, 4, how)                                                        \
    PLAIN(name, 8, how)                                                        \
    PLAIN(name, 16, how)

PLAIN_SIZES(read, 0)
PLAIN_SIZES(write, ACCESS_WRITE)
PLAIN_SIZES(read_write, ACCESS_WRITE)
PLAIN_SIZES(unaligned_read, 0)
PLAIN_SIZES(unaligned_write, ACCESS_WRITE)
PLAIN_SIZES(unaligned_read_write, ACCESS_WRITE)

/* The linker sends all calls of these here (--wrap). */
void *__real_memcpy(void *to, const void *from, size_t bytes);
void *__real_memmove(void *to, const void *from, size_t bytes);
void *__real_memset(void *to, int byte, size_t bytes);
void *__wrap_memcpy(void *to, const void *from, size_t bytes);
void *__wrap_memmove(void *to, const void *from, size_t bytes);
void *__wrap_memset(void *to, int byte, size_t bytes);

void *__wrap_memcpy(void *to, const void *from, size_t bytes)
{
    access(from, bytes, 0, CALLER);
    access(to, bytes, ACCESS_WRITE, CALLER);
    return __real_memcpy(to, from, bytes);
}

void *__wrap_memmove(void *to, const void *from, size_t bytes)
{
    access(from, bytes, 0, CALLER);
    access(to, bytes, ACCESS_WRITE, CALLER);
    return __real_memmove(to, from, bytes);
}

void *__wrap_memset(void *to, int byte, size_t bytes)
{
    access(to, bytes, ACCESS_WRITE, CALLER);
    return __real_memset(to, byte, bytes);
}

/* ------------------------------------------------------------------- atomic */

#define ATOMIC_LOAD(bits)                                                      \
    uint##bits##_t __tsan_atomic##bits##_load(                                 \
        const volatile uint##bits##_t *at, int order);                         \
    uint##bits##_t __tsan_atomic##bits##_load(                                 \
        const volatile uint##bits##_t *at, int order)                          \
    {                                                                          \
        uint##bits##_t value;                                                  \
                                                                               \
        access(at, bits / 8, ACCESS_ATOMIC, CALLER);                           \
        value = *at;                                                           \
        loaded(at, CALLER, value, order);                                      \
        done(at, bits / 8, true, value, value, order);                         \
        return value;                                                          \
    }

#define ATOMIC_STORE(bits)                                                     \
    void __tsan_atomic##bits##_store(volatile uint##bits##_t *at,              \
                                     uint##bits##_t value, int order);         \
    void __tsan_atomic##bits##_store(volatile uint##bits##_t *at,              \
                                     uint##bits##_t value, int order)          \
    {                                                                          \
        uint##bits##_t before;                                                 \
                                                                               \
        access(at, bits / 8, ACCESS_ATOMIC | ACCESS_WRITE, CALLER);            \
        before = *at;                                                          \
        *at = value;                                                           \
        done(at, bits / 8, false, before, value, order);                       \
    }

#define ATOMIC_CHANGE(bits, name, expression)                                  \
    uint##bits##_t __tsan_atomic##bits##_##name(                               \
        volatile uint##bits##_t *at, uint##bits##_t value, int order);         \
    uint##bits##_t __tsan_atomic##bits##_##name(                               \
        volatile uint##bits##_t *at, uint##bits##_t value, int order)          \
    {                                                                          \
        uint##bits##_t before;                                                 \
                                                                               \
        access(at, bits / 8, ACCESS_ATOMIC | ACCESS_WRITE, CALLER);            \
        before = *at;                                                          \
        *at = (uint##bits##_t)(expression);                                    \
        loaded(at, CALLER, before, order);                                         \
        done(at, bits / 8, true, before, *at, order);                          \
        return before;                                                         \
    }

#define ATOMIC_COMPARE(bits)                                                   \
    static inline uint##bits##_t compare##bits(                                \
        volatile uint##bits##_t *at, uint##bits##_t expected,                  \
        uint##bits##_t value, const int orders[2], const void *pc)             \
    {                                                                          \
        uint##bits##_t before;                                                 \
                                                                               \
        access(at, bits / 8, ACCESS_ATOMIC | ACCESS_WRITE, pc);                \
        before = *at;                                                          \
        loaded(at, pc, before, orders[0]);                                     \
        if (before != expected) {                                              \
            done(at, bits / 8, true, before, before, orders[1]);               \
            return before;                                                     \
        }                                                                      \
        *at = value;                                                           \
        done(at, bits / 8, true, before, value, orders[0]);                    \
        return before;                                                         \
    }                                                                          \
                                                                               \
    uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(                 \
        volatile uint##bits##_t *at, uint##bits##_t expected,                  \
        uint##bits##_t value, int order, int order_failed);                    \
    uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(                 \
        volatile uint##bits##_t *at, uint##bits##_t expected,                  \
        uint##bits##_t value, int order, int order_failed)                     \
    {                                                                          \
        return compare##bits(at, expected, value,                              \
                             (const int[]){order, order_failed}, CALLER);      \
    }

/* True if it was what was expected; *expected is what was there. */
#define ATOMIC_COMPARE_TO(bits, strength)                                      \
    int __tsan_atomic##bits##_compare_exchange_##strength(                     \
        volatile uint##bits##_t *at, uint##bits##_t *expected,                 \
        uint##bits##_t value, int order, int order_failed);                    \
    int __tsan_atomic##bits##_compare_exchange_##strength(                     \
        volatile uint##bits##_t *at, uint##bits##_t *expected,                 \
        uint##bits##_t value, int order, int order_failed)                     \
    {                                                                          \
        uint##bits##_t before =                                                \
            compare##bits(at, *expected, value,                                \
                          (const int[]){order, order_failed}, CALLER);         \
        bool equal = before == *expected;                                      \
                                                                               \
        *expected = before;                                                    \
        return equal;                                                          \
    }

#define ATOMICS(bits)                                                          \
    ATOMIC_LOAD(bits)                                                          \
    ATOMIC_STORE(bits)                                                         \
    ATOMIC_CHANGE(bits, exchange, value)                                       \
    ATOMIC_CHANGE(bits, fetch_add, before + value)                             \
    ATOMIC_CHANGE(bits, fetch_sub, before - value)                             \
    ATOMIC_CHANGE(bits, fetch_and, before & value)                             \
    ATOMIC_CHANGE(bits, fetch_or, before | value)                              \
    ATOMIC_CHANGE(bits, fetch_xor, before ^ value)                             \
    ATOMIC_COMPARE(bits)                                                       \
    ATOMIC_COMPARE_TO(bits, strong)                                            \
    ATOMIC_COMPARE_TO(bits, weak)

ATOMICS(8)
ATOMICS(16)
ATOMICS(32)
ATOMICS(64)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_signal_fence(int order);

/* The order of a fence alone is not modelled; the sources use none. */
void __tsan_atomic_thread_fence(int order)
{
    (void)order;
    explore_fail("fence", "a fence is not followed by the explorer");
}

void __tsan_atomic_signal_fence(int order)
{
    (void)order;
}

/* ----------------------------------------------------- the machine's accesses */

void explore_read(const void *at, size_t bytes)
{
    access(at, bytes, 0, CALLER);
}

void explore_write(const void *at, size_t bytes)
{
    access(at, bytes, ACCESS_WRITE, CALLER);
}

void explore_load(const void *at)
{
    access(at, 4, ACCESS_ATOMIC, CALLER);
    done(at, 4, true, 0, 0, ORDER_ACQUIRE);
}

void explore_store(const void *at)
{
    access(at, 4, ACCESS_ATOMIC | ACCESS_WRITE, CALLER);
    done(at, 4, true, 0, 1, ORDER_RELEASE + 1);
}
