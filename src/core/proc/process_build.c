/* process_build.c - image, stack, CapSet and arguments of a new process. */
#include "proc/process_build.h"

#include "cap/transfer.h"
#include "elf.h"
#include "fail.h"
#include "obj/self.h"
#include "text.h"

static uint64_t page_down(uint64_t value)
{
    return value & ~(uint64_t)(PAGE_SIZE - 1);
}

static uint64_t page_up(uint64_t value)
{
    return page_down(value + PAGE_SIZE - 1);
}

/* Where a segment's bytes come from. */
struct segment_source {
    const uint8_t *file;
    const struct elf_segment *segment;
};

static int32_t segment_read(void *context, uint64_t offset, void *to,
                            size_t bytes)
{
    const struct segment_source *source = context;
    const struct elf_segment *segment = source->segment;
    uint64_t start = page_down(segment->vaddr) + offset;
    uint64_t from = segment->vaddr > start ? segment->vaddr : start;
    uint64_t end = segment->vaddr + segment->filesz;

    if (end > start + bytes) {
        end = start + bytes;
    }
    if (from < end) {
        __builtin_memcpy((char *)to + (from - start),
                         source->file + segment->offset +
                             (from - segment->vaddr),
                         end - from);
    }
    return 0;
}

static uint32_t segment_protection(const struct elf_segment *segment)
{
    uint32_t protection = HAL_READ;

    if (segment->flags & ELF_WRITE) {
        protection |= HAL_WRITE;
    }
    if (segment->flags & ELF_EXECUTE) {
        protection |= HAL_EXECUTE;
    }
    return protection;
}

/*
 * What is only read is mapped, through the node by which the image was named; what
 * is written to is a copy, made now, and the process's own.
 */
static int32_t segment_map(struct process *process,
                           const struct process_image *image,
                           const uint8_t *file,
                           const struct elf_segment *segment)
{
    uint64_t va = process->image_base + page_down(segment->vaddr);
    uint64_t pages = (page_up(segment->vaddr + segment->memsz) -
                      page_down(segment->vaddr)) >> PAGE_SHIFT;
    uint32_t protection = segment_protection(segment);
    struct segment_source context = {file, segment};
    struct space_source source = {segment_read, &context};

    if (!(segment->flags & ELF_WRITE) && segment->memsz == segment->filesz) {
        return space_map_program(&process->space, image->node, va,
                                 image->memory, page_down(segment->offset),
                                 pages, protection);
    }
    return space_map_image(&process->space, va, pages, protection, &source);
}

int32_t process_load(struct process *process,
                     const struct process_image *image, uint64_t *entry,
                     const char **reason)
{
    uint64_t pages = image->memory->pages;
    uint64_t run;
    uint64_t phys = memory_phys(image->memory, 0, &run);
    const uint8_t *file = hal_phys_pointer(phys);
    struct elf_image elf;
    int32_t error;

    if (run < pages) {
        *reason = "the image is not contiguous in memory";
        return FAIL(ERR_BAD_IMAGE, *reason);
    }
    error = elf_parse(file, pages << PAGE_SHIFT, &elf, reason);
    if (error) {
        return FAIL(error, *reason);
    }
    process->image_base =
        hal_space_base(&process->space.hal) + SPACE_IMAGE_OFFSET;
    process->image_size = elf.size;
    *entry = process->image_base + elf.entry;
    hal_space_image(&process->space.hal, process->name, phys,
                    pages << PAGE_SHIFT, process->image_base);
    for (uint32_t i = 0; !error && i < elf.nsegments; i++) {
        error = segment_map(process, image, file, &elf.segments[i]);
    }
    return error;
}

int32_t process_map_stack(struct process *process, uint32_t bytes,
                          uint64_t *low, uint64_t *high)
{
    uint64_t guard = 0;
    uint64_t pages;
    int32_t error;

    if (!bytes) {
        bytes = STACK_BYTES_DEFAULT;
    }
    if (bytes > STACK_BYTES_MAX) {
        return FAIL(ERR_TOO_LARGE, "stack over STACK_BYTES_MAX");
    }
    pages = page_up(bytes) >> PAGE_SHIFT;
    error = space_map_anonymous(&process->space, &guard, pages + 1, 0);
    if (error) {
        return error;
    }
    *low = guard + PAGE_SIZE;
    *high = *low + (pages << PAGE_SHIFT);
    return space_protect(&process->space, *low, pages, HAL_READ | HAL_WRITE);
}

int32_t process_map_capset(struct process *process)
{
    uint64_t phys;
    int32_t error = space_map_kernel(&process->space, &process->capset_va, 1,
                                     HAL_READ, &phys);

    if (!error) {
        process->capset = hal_phys_pointer(phys);
    }
    return error;
}

/* Enters a capability of the process's own table into its CapSet. */
static void capset_add(struct process *process, const char *name, uint64_t cap)
{
    struct capset_entry *entry = &process->capset[process->capset_count++];
    const struct object *object = cap_lookup(&process->caps, cap);

    __builtin_memcpy(entry->name, name, text_length_max(name, NAME_BYTES_MAX));
    entry->interface_id = object ? object_interface(object) : 0; /* revoked */
    entry->cap = cap;
}

static int32_t grant_kernel(struct process *process, const char *name,
                            struct object *object, enum cap_mode mode)
{
    const struct cap_edge edge = {
        .object = object, .mode = mode, .origin = CAP_ORIGIN_KERNEL};
    uint64_t cap;
    int32_t error = cap_insert(&process->caps, &edge, &cap);

    if (!error) {
        capset_add(process, name, cap);
    }
    return error;
}

int32_t process_grant_self(struct process *process)
{
    int32_t error = 0;

    for (uint32_t i = 0; !error && i < SELF_KINDS; i++) {
        struct object *self;

        error = self_create((enum self_kind)i, process, process->ledger, &self);
        if (!error) {
            error = grant_kernel(process, self_name((enum self_kind)i), self,
                                 CAP_MODE_NON_TRANSFERABLE);
            object_put(self);
        }
    }
    if (!error) {
        error = grant_kernel(process, "self-ledger", &process->ledger->object,
                             CAP_MODE_COPY);
    }
    return error;
}

int32_t process_grant_root(struct process *process, const char *name,
                           struct object *object)
{
    if (process->capset_count >= PROCESS_CAPSET_MAX) {
        return FAIL(ERR_OVERLOADED, "the CapSet is full");
    }
    return grant_kernel(process, name, object, CAP_MODE_COPY);
}

static bool capset_has(const struct process *process, const char *name)
{
    for (uint32_t i = 0; i < process->capset_count; i++) {
        if (bytes_equal(process->capset[i].name, name, NAME_BYTES_MAX + 1)) {
            return true;
        }
    }
    return false;
}

/* The process's lock held. */
static int32_t grant_check(const struct process *process,
                           const struct process_grants *grants)
{
    if (process->started) {
        return FAIL(ERR_INVALID, "the process was started");
    }
    if (grants->count > PROCESS_GRANTS_MAX ||
        process->capset_count + grants->count > PROCESS_CAPSET_MAX) {
        return FAIL(ERR_OVERLOADED, "the CapSet is full");
    }
    for (uint32_t i = 0; i < grants->count; i++) {
        if (capset_has(process, grants->names[i])) {
            return FAIL(ERR_EXISTS, "the CapSet has this name");
        }
    }
    return 0;
}

int32_t process_grant(struct process *process,
                      const struct process_grants *grants)
{
    uint64_t caps[PROCESS_GRANTS_MAX];
    const struct cap_transfer transfer = {
        .from = grants->from,
        .to = &process->caps,
        .origin = CAP_ORIGIN_SPAWN_GRANT,
        .xfers = grants->xfers,
        .count = grants->count,
        .caps = caps,
    };
    int32_t error;

    lock_acquire(&process->lock);
    error = grant_check(process, grants);
    if (!error) {
        error = cap_transfer(&transfer);
    }
    for (uint32_t i = 0; !error && i < grants->count; i++) {
        capset_add(process, grants->names[i], caps[i]);
    }
    lock_release(&process->lock);
    return error;
}

int32_t process_set_args(struct process *process, const void *args,
                         uint32_t bytes)
{
    uint64_t va = 0;
    uint64_t phys;
    bool taken;
    int32_t error;

    /* A NUL more: it ends the last string whatever the creator wrote. */
    error = space_map_kernel(&process->space, &va,
                             page_up((uint64_t)bytes + 1) >> PAGE_SHIFT,
                             HAL_READ, &phys);
    if (error) {
        return error;
    }
    __builtin_memcpy(hal_phys_pointer(phys), args, bytes);
    lock_acquire(&process->lock);
    taken = process->args_va || process->started;
    if (!taken) {
        process->args_va = va;
        process->args_bytes = bytes;
    }
    lock_release(&process->lock);
    if (taken) {
        (void)space_unmap_kernel(&process->space, va,
                                 page_up((uint64_t)bytes + 1) >> PAGE_SHIFT);
        return FAIL(ERR_EXISTS, "it has arguments, or runs");
    }
    return 0;
}

int32_t process_set_image(struct process *process, uint64_t base,
                          uint64_t size)
{
    uint64_t offset = base - hal_space_base(&process->space.hal);
    uint64_t window = hal_space_size(&process->space.hal);
    bool started;

    if (size && (offset >= window || size > window - offset)) {
        return FAIL(ERR_INVALID, "the image is outside of the window");
    }
    lock_acquire(&process->lock);
    started = process->started;
    if (!started) {
        process->image_base = size ? base : 0;
        process->image_size = size;
    }
    lock_release(&process->lock);
    return started ? FAIL(ERR_INVALID, "the process was started before") : 0;
}

/* Of two that start a process one comes first. */
static bool begin_first(struct process *process)
{
    bool first;

    lock_acquire(&process->lock);
    first = !process->started;
    process->started = true;
    lock_release(&process->lock);
    return first;
}

int32_t process_begin(struct process *process,
                      const struct thread_request *first)
{
    struct thread *thread;
    int32_t error;

    if (!begin_first(process)) {
        return FAIL(ERR_INVALID, "the process was started before");
    }
    error = thread_create(process, first, &thread);
    if (!error) {
        object_put(&thread->object);
        return 0;
    }
    lock_acquire(&process->lock);
    process->started = false;
    lock_release(&process->lock);
    process_abandon(process); /* it may have been, meanwhile */
    return error;
}
