/*
 * boot_info.c - what the loader said, copied out of the loader's memory:
 * multiboot2 (specification 3.6) or PVH (Xen's start_info.h, version 1).
 *
 * Runs on the early tables, where the first 4 GiB are mapped. Nothing here
 * trusts a length: a tag or table that does not fit ends the reading.
 */
#include "internal.h"
#include "text.h"

#define EARLY_LIMIT (UINT64_C(1) << 32)

#define COMMAND_LINE_MAX 2048u

enum multiboot2_tag {
    TAG_END = 0,
    TAG_COMMAND_LINE = 1,
    TAG_LOADER = 2,
    TAG_MODULE = 3,
    TAG_MEMORY = 6,
    TAG_RSDP_OLD = 14,
    TAG_RSDP_NEW = 15,
};

struct tag {
    uint32_t type;
    uint32_t size;
};

struct tag_module {
    struct tag tag;
    uint32_t start;
    uint32_t end;
};

struct tag_memory {
    struct tag tag;
    uint32_t entry_size;
    uint32_t entry_version;
};

struct memory_entry {
    uint64_t phys;
    uint64_t bytes;
    uint32_t type; /* 1: usable, in both protocols */
    uint32_t reserved;
};

#define PVH_MAGIC 0x336ec578u

struct pvh_start {
    uint32_t magic;
    uint32_t version;
    uint32_t flags;
    uint32_t modules;
    uint64_t modules_phys;
    uint64_t command_line_phys;
    uint64_t rsdp_phys;
    uint64_t memory_phys; /* from version 1 on */
    uint32_t memory_entries;
    uint32_t reserved;
};

struct pvh_module {
    uint64_t phys;
    uint64_t bytes;
    uint64_t command_line_phys;
    uint64_t reserved;
};

static void region_add(struct x86_boot_info *info,
                       const struct memory_entry *entry)
{
    if (entry->bytes == 0) {
        return;
    }
    if (info->regions == X86_REGIONS_MAX) {
        info->regions_lost++;
        return;
    }
    info->region[info->regions++] = (struct x86_region){
        .phys = entry->phys,
        .bytes = entry->bytes,
        .usable = entry->type == 1,
    };
}

static void package_set(struct x86_boot_info *info, uint64_t phys,
                        uint64_t bytes)
{
    if (info->package_bytes == 0 && bytes < EARLY_LIMIT &&
        phys < EARLY_LIMIT - bytes) {
        info->package_phys = phys;
        info->package_bytes = bytes;
    }
}

/* What a word of the command line means; length: without a NUL. */
static void command_word(struct x86_boot_info *info, const char *word,
                         size_t length)
{
    static const char trace[] = "trace";
    static const char inject[] = "inject=";
    size_t name = sizeof(inject) - 1;

    if (length == sizeof(trace) - 1 && bytes_equal(word, trace, length)) {
        info->trace = true;
    } else if (length > name && bytes_equal(word, inject, name) &&
               length - name < sizeof(info->inject)) {
        memcpy(info->inject, word + name, length - name);
        info->inject[length - name] = '\0';
    }
}

/* Looks at the words of a command line. */
static void command_line_read(struct x86_boot_info *info, const char *line,
                              size_t max)
{
    size_t word = 0;

    for (size_t at = 0; at < max; at++) {
        if (line[at] == ' ' || line[at] == '\0') {
            command_word(info, line + word, at - word);
            if (line[at] == '\0') {
                return;
            }
            word = at + 1;
        }
    }
}

static void memory_tag_read(struct x86_boot_info *info,
                            const struct tag_memory *memory)
{
    const char *at = (const char *)(memory + 1);
    const char *end = (const char *)memory + memory->tag.size;

    if (memory->tag.size < sizeof(*memory) ||
        memory->entry_size < sizeof(struct memory_entry)) {
        return;
    }
    while ((size_t)(end - at) >= sizeof(struct memory_entry)) {
        region_add(info, (const struct memory_entry *)at);
        if ((size_t)(end - at) < memory->entry_size) {
            break;
        }
        at += memory->entry_size;
    }
}

static void tag_read(struct x86_boot_info *info, const struct tag *tag)
{
    const struct tag_module *module = (const struct tag_module *)tag;
    uint32_t rsdp_bytes = tag->size - (uint32_t)sizeof(*tag);

    switch (tag->type) {
    case TAG_COMMAND_LINE:
        command_line_read(info, (const char *)(tag + 1),
                          tag->size - sizeof(*tag));
        break;
    case TAG_MODULE:
        if (tag->size >= sizeof(*module) && module->end > module->start) {
            package_set(info, module->start, module->end - module->start);
        }
        break;
    case TAG_MEMORY:
        memory_tag_read(info, (const struct tag_memory *)tag);
        break;
    case TAG_RSDP_OLD:
    case TAG_RSDP_NEW:
        if (rsdp_bytes > sizeof(info->rsdp)) {
            rsdp_bytes = sizeof(info->rsdp);
        }
        if (rsdp_bytes > info->rsdp_bytes) {
            memcpy(info->rsdp, tag + 1, rsdp_bytes);
            info->rsdp_bytes = rsdp_bytes;
        }
        break;
    default:
        break;
    }
}

static bool multiboot2_read(struct x86_boot_info *info, uint64_t phys)
{
    const char *start = hal_phys_pointer(phys);
    uint32_t total = *(const uint32_t *)start;
    uint32_t at = 8;

    info->loader = "multiboot2";
    while (at < total && total - at >= sizeof(struct tag)) {
        const struct tag *tag = (const struct tag *)(start + at);

        if (tag->type == TAG_END) {
            return info->regions != 0;
        }
        if (tag->size < sizeof(*tag) || tag->size > total - at) {
            break;
        }
        tag_read(info, tag);
        at += (tag->size + 7u) & ~7u;
    }
    return info->regions != 0;
}

static bool pvh_read(struct x86_boot_info *info, uint64_t phys)
{
    const struct pvh_start *start = hal_phys_pointer(phys);
    const struct memory_entry *memory;

    info->loader = "PVH";
    if (start->magic != PVH_MAGIC || start->version < 1 ||
        start->memory_phys >= EARLY_LIMIT || start->memory_entries > 4096) {
        return false;
    }
    memory = hal_phys_pointer(start->memory_phys);
    for (uint32_t i = 0; i < start->memory_entries; i++) {
        region_add(info, &memory[i]);
    }
    if (start->modules != 0 && start->modules_phys < EARLY_LIMIT) {
        const struct pvh_module *module = hal_phys_pointer(start->modules_phys);

        package_set(info, module->phys, module->bytes);
    }
    if (start->command_line_phys != 0 &&
        start->command_line_phys < EARLY_LIMIT - COMMAND_LINE_MAX) {
        command_line_read(info, hal_phys_pointer(start->command_line_phys),
                          COMMAND_LINE_MAX);
    }
    info->rsdp_phys = start->rsdp_phys;
    return info->regions != 0;
}

bool x86_boot_info_read(struct x86_boot_info *info, uint32_t protocol,
                        uint64_t phys)
{
    if (phys >= EARLY_LIMIT - PAGE_SIZE) {
        return false;
    }
    return protocol == X86_BOOT_PVH ? pvh_read(info, phys)
                                    : multiboot2_read(info, phys);
}
