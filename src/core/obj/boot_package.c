/* boot_package.c - BootPackage: the files that the system came with. */
#include "fail.h"
#include "limits.h"
#include "mem/memory.h"
#include "obj/methods.h"
#include "obj/root.h"
#include "package.h"
#include "proc/process.h"
#include "text.h"

static struct boot_package {
    struct object object;
    struct package package;
    uint64_t phys;
} boot_package;

/* An entry with the longest name, in a list. */
#define BOOT_LISTED_BYTES (BOOT_ENTRY_BYTES + PACKAGE_NAME_BYTES)

static int32_t boot_package_list(
    void *self, struct server_call *call,
    struct boot_package_list_params_reader params,
    struct boot_package_list_results_builder results)
{
    const struct package *package = &boot_package.package;
    uint32_t start = boot_package_list_params_get_start(params);
    uint32_t room = wire_builder_room(&call->builder);
    uint32_t fit = room < 8 ? 0 : (room - 8) / BOOT_LISTED_BYTES;
    uint32_t count = start < package->count ? package->count - start : 0;
    struct wire_builder_list list;

    (void)self;
    count = count < fit ? count : fit;
    list = boot_package_list_results_init_entries(results, count);
    for (uint32_t i = 0; i < count; i++) {
        struct boot_entry_builder entry =
            boot_package_list_results_entries_build(list, i);
        struct package_file file;

        ASSERT(package_get(package, start + i, &file) == 0);
        boot_entry_set_name(entry, (struct wire_text){
            file.name, (uint32_t)text_length(file.name)});
        boot_entry_set_bytes(entry, file.size);
        boot_entry_set_kind(entry, (uint16_t)file.kind);
    }
    boot_package_list_results_set_total(results, package->count);
    return 0;
}

static int32_t boot_package_open(
    void *self, struct server_call *call,
    struct boot_package_open_params_reader params,
    struct boot_package_open_results_builder results)
{
    struct wire_text name = boot_package_open_params_get_name(params);
    struct package_file file;
    struct memory *memory;
    uint32_t index;
    int32_t error;

    (void)self;
    if (package_find(&boot_package.package, name.bytes, name.length, &file)) {
        return kernel_raise(call, ERR_NOT_FOUND,
                            "the boot package has no file of that name");
    }
    error = memory_create_fixed(kernel_caller(call)->ledger,
                                boot_package.phys + file.offset,
                                (file.size + PAGE_SIZE - 1) >> PAGE_SHIFT,
                                &memory);
    if (!error) {
        error = memory_object_give(call, memory, &index);
    }
    if (error) {
        return kernel_raise(call, error, "no room for the capability");
    }
    boot_package_open_results_set_memory(results, index);
    boot_package_open_results_set_bytes(results, file.size);
    return 0;
}

static const struct boot_package_server boot_package_handlers = {
    .list = boot_package_list,
    .open = boot_package_open,
};

static int32_t boot_package_methods(struct object *object,
                                    struct kernel_call *call)
{
    return boot_package_dispatch(&boot_package_handlers, object,
                                 &call->server);
}

static const struct object_type boot_package_type = {
    .interface_id = BOOT_PACKAGE_INTERFACE_ID,
    .name = "boot-package",
    .dispatch = boot_package_methods,
    .destroy = root_destroy,
};

static void boot_package_start(const struct root_start *start)
{
    boot_package.package = *start->package;
    boot_package.phys = start->boot->package.phys;
}

const struct root boot_package_root = {
    .name = "package",
    .object = &boot_package.object,
    .type = &boot_package_type,
    .start = boot_package_start,
};
