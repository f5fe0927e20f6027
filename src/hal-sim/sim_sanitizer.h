/*
 * sim_sanitizer.h - what is told to the sanitizers, in builds that have them.
 *
 * SIM_SANITIZED: one of them is there, and uses the host's FS base anywhere in
 * the kernel. SIM_THREAD_SANITIZED: it is ThreadSanitizer, which leaves other
 * addresses free than the others do.
 */
#ifndef SIM_SANITIZER_H
#define SIM_SANITIZER_H

#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SIM_ADDRESS_SANITIZED 1
#endif
#if __has_feature(thread_sanitizer)
#define SIM_THREAD_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SIM_ADDRESS_SANITIZED 1
#endif
#if defined(__SANITIZE_THREAD__)
#define SIM_THREAD_SANITIZED 1
#endif
#ifndef SIM_ADDRESS_SANITIZED
#define SIM_ADDRESS_SANITIZED 0
#endif
#ifndef SIM_THREAD_SANITIZED
#define SIM_THREAD_SANITIZED 0
#endif
#define SIM_SANITIZED (SIM_ADDRESS_SANITIZED || SIM_THREAD_SANITIZED)

#if SIM_ADDRESS_SANITIZED
void __sanitizer_start_switch_fiber(void **keep, const void *low, size_t size);
void __sanitizer_finish_switch_fiber(void *kept, const void **low,
                                     size_t *size);
#else
#define __sanitizer_start_switch_fiber(keep, low, size)                        \
    ((void)(keep), (void)(low), (void)(size))
#define __sanitizer_finish_switch_fiber(kept, low, size) ((void)(kept))
#endif

#if SIM_THREAD_SANITIZED
void *__tsan_create_fiber(unsigned flags);
void *__tsan_get_current_fiber(void);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
#else
#define __tsan_create_fiber(flags) NULL
#define __tsan_get_current_fiber() NULL
#define __tsan_switch_to_fiber(fiber, flags) ((void)(fiber))
#endif

/* A stack that is about to be used, for ThreadSanitizer. */
static inline void *sim_sanitizer_fiber(void)
{
    return __tsan_create_fiber(0);
}

static inline void *sim_sanitizer_this_fiber(void)
{
    return __tsan_get_current_fiber();
}

/* Just before the stack pointer goes to the stack [low, low + size). */
static inline void sim_sanitizer_leave(void **keep, const void *low,
                                       size_t size, void *fiber)
{
    __sanitizer_start_switch_fiber(keep, low, size);
    __tsan_switch_to_fiber(fiber, 0);
}

/* Just after it came back; kept is what leave kept. */
static inline void sim_sanitizer_enter(void *kept)
{
    __sanitizer_finish_switch_fiber(kept, NULL, NULL);
}

#endif
