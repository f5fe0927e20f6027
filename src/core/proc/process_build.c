/* process_build.c - image, stack, CapSet and arguments of a new process. */
#include "proc/process_build.h"

#include "capset.h"
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

static int32_t segment_map(struct process *process, struct memory *image,
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
        return space_map_memory(&process->space, &va, image,
                                page_down(segment->offset), pages,
                                protection);
    }
    return space_map_image(&process->space, va, pages, protection, &source);
}

int32_t process_load(struct process *process, struct memory *image,
                     uint64_t *entry, const char **reason)
{
    uint64_t run;
    uint64_t phys = memory_phys(image, 0, &run);
    const uint8_t *file = hal_phys_pointer(phys);
    struct elf_image elf;
    int32_t error;

    if (run < image->pages) {
        *reason = "the image is not contiguous in memory";
        return FAIL(ERR_BAD_IMAGE, *reason);
    }
    error = elf_parse(file, image->pages << PAGE_SHIFT, &elf, reason);
    if (error) {
        return FAIL(error, *reason);
    }
    process->image_base =
        hal_space_base(&process->space.hal) + SPACE_IMAGE_OFFSET;
    process->image_size = elf.size;
    *entry = process->image_base + elf.entry;
    hal_space_image(&process->space.hal, process->name, phys,
                    image->pages << PAGE_SHIFT, process->image_base);
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

static int32_t grant_one(struct process *process, struct capset_entry *entry,
                         const char *name, struct object *object,
                         enum cap_origin origin)
{
    __builtin_memcpy(entry->name, name,
                     text_length_max(name, NAME_BYTES_MAX));
    entry->interface_id = object_interface(object);
    return cap_insert(&process->caps, object, origin, &entry->cap);
}

static int32_t grant_self(struct process *process,
                          struct capset_entry *entries)
{
    int32_t error = 0;

    for (uint32_t i = 0; !error && i < SELF_KINDS; i++) {
        struct object *self = self_create((enum self_kind)i, process);

        if (!self) {
            return FAIL(ERR_NO_MEMORY, "no memory for a self capability");
        }
        error = grant_one(process, &entries[i], self_name((enum self_kind)i),
                          self, CAP_ORIGIN_KERNEL);
        object_put(self);
    }
    return error;
}

int32_t process_grant(struct process *process,
                      const struct process_request *request)
{
    uint32_t count = request->grant_count +
                     (request->without_self ? 0 : SELF_KINDS);
    uint64_t bytes = count * sizeof(struct capset_entry);
    struct capset_entry *entries;
    uint64_t phys;
    int32_t error;

    error = space_map_kernel(&process->space, &process->capset_va,
                             (page_up(bytes + request->args_bytes + 1)) >>
                                 PAGE_SHIFT,
                             HAL_READ, &phys);
    if (error) {
        return error;
    }
    entries = hal_phys_pointer(phys);
    for (uint32_t i = 0; !error && i < request->grant_count; i++) {
        error = grant_one(process, &entries[i], request->grants[i].name,
                          request->grants[i].object, CAP_ORIGIN_SPAWN_GRANT);
    }
    if (!error && !request->without_self) {
        error = grant_self(process, &entries[request->grant_count]);
    }
    process->capset_count = count;
    process->args_va = process->capset_va + bytes;
    process->args_bytes = request->args_bytes;
    __builtin_memcpy((char *)entries + bytes, request->args,
                     request->args_bytes);
    return error;
}
