/*
 * boot.c - from the machine's word to the first process.
 *
 * The kernel reads the boot package and of its manifest only kernelParams, makes
 * the root objects, and starts init, which holds them all. What it cannot start
 * from is refused with a line on log and terminal.
 */
#include "boot.h"

#include "capos.gen.h"
#include "check/census.h"
#include "check/inject.h"
#include "clock.h"
#include "fail.h"
#include "fmt.h"
#include "ipc/caller_info.h"
#include "ipc/park.h"
#include "log.h"
#include "mem/frames.h"
#include "mem/heap.h"
#include "obj/root.h"
#include "package.h"
#include "proc/process_build.h"
#include "proc/thread_table.h"
#include "sched/run.h"
#include "text.h"
#include "version.h"

#define BOOT_REFUSED 90u /* power-off status: nothing to start from */
#define BOOT_MANIFEST_VERSION 1u

static _Noreturn void boot_refuse(const char *what, const char *why)
{
    char line[160];
    size_t length = fmt_format(line, sizeof(line),
                               "capOS cannot start: %s: %s\n", what, why);

    log_error("cannot start: %s: %s", what, why);
    hal_console_write(HAL_PORT_TERMINAL, line, length);
    hal_power_off(BOOT_REFUSED);
}

static void boot_open(const struct hal_boot *boot, struct package *package)
{
    const char *reason = "none was given";

    if (!boot->package.bytes ||
        package_open(hal_phys_pointer(boot->package.phys),
                     boot->package.bytes, package, &reason)) {
        boot_refuse("boot package", reason);
    }
    log_info("boot package: %u files, %llu KiB", package->count,
             (unsigned long long)(boot->package.bytes >> 10));
}

/* Reads kernelParams; *init is the file to start. */
static void boot_manifest(const struct package *package,
                          struct package_file *init)
{
    struct wire_message message;
    struct package_file file;
    struct system_manifest_reader manifest;
    struct kernel_params_reader params;
    struct wire_text name;

    if (package_get(package, 0, &file) ||
        wire_message_init(&message, file.bytes, file.size & ~7ull) < 0) {
        boot_refuse("manifest", "not a message");
    }
    manifest = system_manifest_read(&message);
    params = system_manifest_get_kernel_params(manifest);
    name = kernel_params_get_init(params);
    if (wire_message_error(&message)) {
        boot_refuse("manifest", "damaged message");
    }
    if (system_manifest_get_schema_version(manifest) !=
        BOOT_MANIFEST_VERSION) {
        boot_refuse("manifest", "schemaVersion is not 1");
    }
    if (package_find(package, name.bytes, name.length, init)) {
        boot_refuse("manifest", "kernelParams.init is not in the package");
    }
    log_set_level((enum log_level)kernel_params_get_log_level(params));
    hal_console_select(kernel_params_get_terminal(params));
}

/* Everything there is, under the names that manifests use. */
static int32_t boot_grant(struct process *process, const struct hal_boot *boot,
                          const struct package *package)
{
    const struct root_start start = {boot, package};
    int32_t error = 0;

    for (uint32_t i = 0; i < ROOT_COUNT; i++) {
        const struct root *root = root_init(i, &start);

        if (!error) {
            error = process_grant_root(process, root->name, root->object);
        }
        object_put(root->object);
    }
    return error;
}

/* Everything that init is made of; it is not pinned, for nobody can end it. */
static int32_t boot_fill(struct process *process, const struct hal_boot *boot,
                         const struct package *package,
                         const struct package_file *init, const char **reason)
{
    struct thread_request first = {.entry = 0};
    struct process_image image = {.node = &revocation_root};
    int32_t error =
        memory_create_fixed(NULL, boot->package.phys + init->offset,
                            (init->size + PAGE_SIZE - 1) >> PAGE_SHIFT,
                            &image.memory);

    if (error) {
        return error;
    }
    error = process_load(process, &image, &first.entry, reason);
    memory_put(image.memory);
    if (!error) {
        error = process_map_stack(process, 0, &first.stack_low,
                                  &first.stack_high);
    }
    if (!error) {
        error = process_set_args(process, init->name,
                                 (uint32_t)text_length(init->name) + 1);
    }
    if (!error) {
        error = boot_grant(process, boot, package);
    }
    return error ? error : process_begin(process, &first);
}

static void boot_init_process(const struct hal_boot *boot,
                              const struct package *package,
                              const struct package_file *init)
{
    uint64_t limits[LEDGER_KINDS];
    const struct process_request request = {
        .name = init->name, .payer = NULL, .limits = limits};
    struct process *process;
    const char *reason = "out of memory";

    ledger_machine(frames_available(), limits);
    if (process_create(&request, &process) ||
        boot_fill(process, boot, package, init, &reason)) {
        boot_refuse(init->name, reason);
    }
    process_start(process);
    object_put(&process->object);
}

void boot_start(const struct hal_boot *boot)
{
    struct package package;
    struct package_file init;

    log_init();
    if (VARIANT_CHECKS && !inject_init(boot->inject)) {
        boot_refuse("what is to be refused", "no such words");
    }
    census_init(boot->cpus == 1 || hal_cpu_lockstep());
    frames_init(boot);
    heap_init();
    ledger_tree_init();
    if (clock_init() || cpu_init(boot->cpus)) {
        boot_refuse("machine", "no memory for the clock and the CPUs");
    }
    process_table_init();
    thread_table_init();
    park_init();
    caller_info_init();
    log_info("capOS %s on %s", CAPOS_VERSION, boot->machine);
    log_info("CPUs: %u; memory: %llu KiB free", boot->cpus,
             (unsigned long long)(frames_available() << (PAGE_SHIFT - 10)));
    if (boot->version != HAL_VERSION) {
        boot_refuse("machine", "the back end has another version of hal.h");
    }
    boot_open(boot, &package);
    boot_manifest(&package, &init);
    if (hal_trace_enabled()) {
        hal_trace(TRACE_BOOT, 0, boot->package.bytes, frames_available());
    }
    boot_init_process(boot, &package, &init);
}
