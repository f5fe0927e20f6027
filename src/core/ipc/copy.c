/* copy.c - copying between windows, a reachable piece at a time. */
#include "ipc/copy.h"

#include "fail.h"
#include "proc/process.h"

static size_t copy_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

enum copy_fault copy_between(struct process *to, uint64_t to_va,
                             struct process *from, uint64_t from_va,
                             size_t bytes)
{
    while (bytes) {
        size_t source_bytes = bytes;
        size_t target_bytes = bytes;
        const void *source;
        void *target;
        size_t piece;

        source = hal_user_view(&from->space.hal, from_va, HAL_READ,
                               &source_bytes);
        if (!source) {
            return COPY_FROM;
        }
        target = hal_user_view(&to->space.hal, to_va, HAL_WRITE,
                               &target_bytes);
        if (!target) {
            return COPY_TO;
        }
        piece = copy_least(source_bytes, target_bytes);
        __builtin_memmove(target, source, piece);
        to_va += piece;
        from_va += piece;
        bytes -= piece;
    }
    return COPY_DONE;
}

int32_t copy_to(struct process *to, uint64_t va, const void *bytes,
                size_t size)
{
    const char *from = bytes;

    while (size) {
        size_t piece = size;
        void *target = hal_user_view(&to->space.hal, va, HAL_WRITE, &piece);

        if (!target) {
            return FAIL(ERR_BAD_BUFFER, "destination is not writable");
        }
        __builtin_memcpy(target, from, piece);
        va += piece;
        from += piece;
        size -= piece;
    }
    return 0;
}

int32_t copy_from(struct process *from, uint64_t va, void *bytes, size_t size)
{
    char *to = bytes;

    while (size) {
        size_t piece = size;
        const void *source = hal_user_view(&from->space.hal, va, HAL_READ,
                                           &piece);

        if (!source) {
            return FAIL(ERR_BAD_BUFFER, "source is not readable");
        }
        __builtin_memcpy(to, source, piece);
        va += piece;
        to += piece;
        size -= piece;
    }
    return 0;
}
