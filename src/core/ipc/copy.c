/*
 * copy.c - copying between windows, a reachable piece at a time.
 *
 * The spaces are locked meanwhile: no other CPU takes a page away under a copy,
 * and after a refusal nothing more of it was reached.
 */
#include "ipc/copy.h"

#include "cap/transfer.h"
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

/* Kernel memory into a window. False: not all of it is writable. Space locked. */
static bool copy_out_locked(struct process *to, uint64_t va, const void *bytes,
                            size_t size)
{
    const char *from = bytes;

    while (size) {
        size_t piece = size;
        void *target = copy_view(to, va, HAL_WRITE, &piece);

        if (!target) {
            return false;
        }
        __builtin_memcpy(target, from, piece);
        va += piece;
        from += piece;
        size -= piece;
    }
    return true;
}

/* The other way. */
static bool copy_in_locked(struct process *from, uint64_t va, void *bytes,
                           size_t size)
{
    char *to = bytes;

    while (size) {
        size_t piece = size;
        const void *source = copy_view(from, va, HAL_READ, &piece);

        if (!source) {
            return false;
        }
        __builtin_memcpy(to, source, piece);
        va += piece;
        to += piece;
        size -= piece;
    }
    return true;
}

static bool copy_writable_locked(struct process *process, uint64_t va,
                                 uint32_t bytes)
{
    while (bytes) {
        size_t piece = bytes;

        if (!copy_view(process, va, HAL_WRITE, &piece)) {
            return false;
        }
        va += piece;
        bytes -= (uint32_t)piece;
    }
    return true;
}

/*
 * The descriptors are read first, for the payload may be copied over them; the
 * CapIds are written last, where it was seen that they can be.
 */
static int32_t copy_message_locked(const struct copy_message *message)
{
    struct ring_xfer xfers[MESSAGE_CAPS_MAX];
    uint64_t caps[MESSAGE_CAPS_MAX];
    const struct cap_transfer transfer = {
        .from = &message->from->caps,
        .to = &message->to->caps,
        .origin = (enum cap_origin)message->origin,
        .xfers = xfers,
        .count = message->ncaps,
        .caps = caps,
    };
    size_t bytes = message->ncaps * sizeof(caps[0]);
    int32_t status;

    if (!copy_in_locked(message->from, message->xfers, xfers,
                        message->ncaps * sizeof(xfers[0]))) {
        return COPY_FROM;
    }
    status = (int32_t)copy_locked(message->to, message->to_va, message->from,
                                  message->from_va, message->bytes);
    if (status == COPY_DONE &&
        !copy_writable_locked(message->to, message->caps_va,
                              (uint32_t)bytes)) {
        status = COPY_TO;
    }
    if (status == COPY_DONE) {
        status = cap_transfer(&transfer);
    }
    if (status == 0) {
        (void)copy_out_locked(message->to, message->caps_va, caps, bytes);
        if (message->caps) {
            __builtin_memcpy(message->caps, caps, bytes);
        }
    }
    return status;
}

int32_t copy_message(const struct copy_message *message)
{
    int32_t status;

    copy_lock(message->to, message->from);
    status = copy_message_locked(message);
    copy_unlock(message->to, message->from);
    return status;
}

int32_t copy_to(struct process *to, uint64_t va, const void *bytes,
                size_t size)
{
    bool copied;

    lock_acquire(&to->space.lock);
    copied = copy_out_locked(to, va, bytes, size);
    lock_release(&to->space.lock);
    return copied ? 0 : FAIL(ERR_BAD_BUFFER, "destination is not writable");
}

int32_t copy_from(struct process *from, uint64_t va, void *bytes, size_t size)
{
    bool copied;

    lock_acquire(&from->space.lock);
    copied = copy_in_locked(from, va, bytes, size);
    lock_release(&from->space.lock);
    return copied ? 0 : FAIL(ERR_BAD_BUFFER, "source is not readable");
}

bool copy_writable(struct process *process, uint64_t va, uint32_t bytes)
{
    bool writable;

    lock_acquire(&process->space.lock);
    writable = copy_writable_locked(process, va, bytes);
    lock_release(&process->space.lock);
    return writable;
}
