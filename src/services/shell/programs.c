/* programs.c - see programs.h. */
#include "programs.h"

static char programs[PROGRAMS_MAX][NAME_BYTES_MAX + 1];

/* Reads entries from index start on; how many entries came. */
static uint32_t read_from(uint64_t package, uint32_t start, uint32_t *count)
{
    static uint64_t memory[1024];
    struct boot_package_list_results_reader results;
    struct rpc_buffer buffer;
    struct wire_list list;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    if (boot_package_list(rt(), package, start, &buffer, &results) < 0) {
        return 0;
    }
    list = boot_package_list_results_get_entries(results);
    for (uint32_t i = 0; i < list.count && *count < PROGRAMS_MAX; i++) {
        struct boot_entry_reader entry =
            boot_package_list_results_entries_at(list, i);

        if (boot_entry_get_kind(entry) == BOOT_ENTRY_KIND_PROGRAM) {
            fmt_format(programs[*count], NAME_BYTES_MAX + 1, "%s",
                       boot_entry_get_name(entry).bytes);
            (*count)++;
        }
    }
    return list.count;
}

uint32_t programs_list(const char *names[PROGRAMS_MAX])
{
    uint64_t package = capset_find("package", BOOT_PACKAGE_INTERFACE_ID);
    uint32_t count = 0;
    uint32_t start = 0;
    uint32_t read;

    if (package == CAP_NONE) {
        return 0;
    }
    while ((read = read_from(package, start, &count)) > 0) {
        start += read;
    }
    for (uint32_t i = 0; i < count; i++) {
        names[i] = programs[i];
    }
    return count;
}
