/*
 * main.c - from boot.S to core: the machine is brought up in the order in which
 * its parts need each other.
 */
#include "fmt.h"
#include "internal.h"

#include "x86.h"

void x86_main(uint32_t protocol, uint64_t info_phys);

static struct x86_boot_info info;
static struct x86_ranges usable, free_memory;
static struct hal_boot boot;
static char machine_name[200];

/* Drops the smallest ranges until the rest fits struct hal_boot. */
static void memory_report(void)
{
    while (free_memory.count > HAL_RANGES_MAX) {
        struct x86_range *smallest = &free_memory.range[0];

        for (uint32_t i = 1; i < free_memory.count; i++) {
            if (free_memory.range[i].bytes < smallest->bytes) {
                smallest = &free_memory.range[i];
            }
        }
        x86_log("%u KiB of memory not used: too many pieces",
                (unsigned)(smallest->bytes >> 10));
        (void)x86_ranges_remove(&free_memory, smallest->phys,
                                smallest->bytes);
    }
    boot.ranges = free_memory.count;
    for (uint32_t i = 0; i < free_memory.count; i++) {
        boot.memory[i].phys = free_memory.range[i].phys;
        boot.memory[i].bytes = free_memory.range[i].bytes;
    }
}

static void boot_report(void)
{
    memory_report();
    boot.version = HAL_VERSION;
    boot.cpus = x86_cpu_count;
    boot.machine = machine_name;
    boot.package.phys = info.package_phys;
    boot.package.bytes = info.package_bytes;
    boot.inject = info.inject[0] != '\0' ? info.inject : NULL;
    (void)fmt_format(machine_name, sizeof(machine_name),
                     "%s, %u of %u CPUs, by %s, %s", x86_features.name,
                     (unsigned)x86_cpu_count, (unsigned)x86_acpi.cpus,
                     info.loader, x86_clock_name());
}

/* Entered from boot.S on the boot stack and the early tables. */
void x86_main(uint32_t protocol, uint64_t info_phys)
{
    x86_serial_early();
    x86_cpu_early();
    if (!x86_boot_info_read(&info, protocol, info_phys)) {
        hal_stop("the boot loader gave no memory map");
    }
    x86_log("started by %s", info.loader); /* run-qemu waits for it */
    if (info.regions_lost != 0) {
        x86_log("%u entries of the memory map not read: too many",
                (unsigned)info.regions_lost);
    }
    x86_cpu_detect();
    x86_ranges_usable(&usable, info.region, info.regions);
    free_memory = usable;
    x86_paging_init(&free_memory, &usable, &info);
    x86_paging_stacks(0);
    x86_cpu_init(0);
    x86_acpi_init(&info);
    x86_paging_lapic(x86_acpi.lapic_phys);
    x86_apic_init();
    x86_ioapic_init();
    x86_clock_init();
    if (x86_smp_start(&usable, &info)) {
        x86_paging_boot_free();
    }
    x86_serial_init();
    x86_trace_init(info.trace);
    boot_report();
    x86_start_core(&boot, x86_cpus[0].head.stack);
}
