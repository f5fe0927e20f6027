/*
 * copy.c - copying between windows, a reachable piece at a time.
 *
 * The spaces are locked meanwhile: no other CPU takes a page away under a copy,
 * and after a refusal nothing more of it was reached.
 */
#include "ipc/copy.h"

#include "fail.h"
#include "proc/process.h"

static size_t copy_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Locks two spaces, which may be one, in the order that lock.h wants. */
static void copy_lock(struct process *a, struct process *b)
{
    struct process *first = a->id < b->id ? a : b;

    lock_acquire(&first->space.lock);
    if (a != b) {
        lock_acquire(first == a ? &b->space.lock : &a->space.lock);
    }
}

static void copy_unlock(struct process *a, struct process *b)
{
    lock_release(&a->space.lock);
    if (a != b) {
        lock_release(&b->space.lock);
    }
}

/* hal_user_view, but of a closed space nothing. Space locked. */
static void *copy_view(struct process *process, uint64_t va, uint32_t access,
                       size_t *bytes)
{
    lock_assert(&process->space.lock);
    return process->space.closed
               ? NULL
               : hal_user_view(&process->space.hal, va, access, bytes);
}

static enum copy_fault copy_locked(struct process *to, uint64_t to_va,
                                   struct process *from, uint64_t from_va,
                                   size_t bytes)
{
    while (bytes) {
        size_t source_bytes = bytes;
        size_t target_bytes = bytes;
        const void *source;
        void *target;
        size_t piece;

        source = copy_view(from, from_va, HAL_READ, &source_bytes);
        if (!source) {
            return COPY_FROM;
        }
        target = copy_view(to, to_va, HAL_WRITE, &target_bytes);
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

enum copy_fault copy_between(struct process *to, uint64_t to_va,
                             struct process *from, uint64_t from_va,
                             size_t bytes)
{
    enum copy_fault fault;

    copy_lock(to, from);
    fault = copy_locked(to, to_va, from, from_va, bytes);
    copy_unlock(to, from);
    return fault;
}

int32_t copy_to(struct process *to, uint64_t va, const void *bytes,
                size_t size)
{
    const char *from = bytes;

    lock_acquire(&to->space.lock);
    while (size) {
        size_t piece = size;
        void *target = copy_view(to, va, HAL_WRITE, &piece);

        if (!target) {
            break;
        }
        __builtin_memcpy(target, from, piece);
        va += piece;
        from += piece;
        size -= piece;
    }
    lock_release(&to->space.lock);
    return size ? FAIL(ERR_BAD_BUFFER, "destination is not writable") : 0;
}

bool copy_writable(struct process *process, uint64_t va, uint32_t bytes)
{
    lock_acquire(&process->space.lock);
    while (bytes) {
        size_t piece = bytes;

        if (!copy_view(process, va, HAL_WRITE, &piece)) {
            break;
        }
        va += piece;
        bytes -= (uint32_t)piece;
    }
    lock_release(&process->space.lock);
    return bytes == 0;
}
