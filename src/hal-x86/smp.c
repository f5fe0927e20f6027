/*
 * smp.c - the start of the other CPUs (SDM 3A 8.4).
 *
 * They are started one after the other before core runs, so that core is told
 * how many there are, and idle then. When core_on_boot has returned on CPU 0,
 * the attention interrupt makes each of them call core_on_cpu.
 *
 * A CPU that does not answer is left out. Its way in is through one word in the
 * trampoline, where either it is let in or, from when it was given up, halts
 * for ever. If it was let in and then got lost, nobody knows where it is: then
 * no further one is started, and the boot section is not given to core.
 */
#include "internal.h"

#include "x86.h"

#define LOW_END UINT64_C(0xa0000)
#define INIT_NS UINT64_C(10000000)
#define AGAIN_NS UINT64_C(200000) /* then the second start-up message */
#define ANSWER_NS UINT64_C(1000000000)

/* Follow X86_AP_TAKEN. */
#define AP_GIVEN_UP 3u
#define AP_ARRIVED 4u

extern const char x86_trampoline[], x86_trampoline_end[];

void x86_ap_main(void);

uint64_t x86_ap_stack; /* of the CPU being started, for boot.S */

static volatile uint32_t *state; /* in the trampoline's page */
static uint32_t ap_number;
static bool released;

static void wait_ns(uint64_t ns)
{
    uint64_t end_ns = hal_time_now() + ns;

    while (hal_time_now() < end_ns) {
        hal_cpu_relax();
    }
}

static uint32_t state_read(void)
{
    return __atomic_load_n(state, __ATOMIC_SEQ_CST);
}

static bool state_change(uint32_t from, uint32_t to)
{
    return __atomic_compare_exchange_n(state, &from, to, false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* False: it is still `from` when the time is over. */
static bool state_wait(uint32_t from, uint64_t ns)
{
    uint64_t end_ns = hal_time_now() + ns;

    while (state_read() == from) {
        if (hal_time_now() >= end_ns) {
            return false;
        }
        hal_cpu_relax();
    }
    return true;
}

/* ----------------------------------------------------------- a started CPU */

/* Entered from boot.S on the CPU's own stack, with the kernel's tables. */
void x86_ap_main(void)
{
    struct x86_cpu *cpu = &x86_cpus[ap_number];

    x86_cpu_tables(ap_number);
    x86_cpu_init(ap_number);
    x86_apic_init();
    cpu->apic_id = x86_apic_id();
    if (!state_change(X86_AP_TAKEN, AP_ARRIVED)) {
        x86_halt();
    }
    x86_clock_answer();
    x86_start_idle();
}

/* ------------------------------------------------------------------- CPU 0 */

/* The highest usable page below 640 KiB that the package does not lie in. */
static uint64_t page_find(const struct x86_ranges *usable,
                          const struct x86_boot_info *info)
{
    for (uint64_t page = LOW_END - PAGE_SIZE; page != 0; page -= PAGE_SIZE) {
        bool packed = info->package_phys < page + PAGE_SIZE &&
                      info->package_phys + info->package_bytes > page;

        for (uint32_t i = 0; i < usable->count && !packed; i++) {
            const struct x86_range *range = &usable->range[i];

            if (range->phys <= page &&
                range->phys + range->bytes >= page + PAGE_SIZE) {
                return page;
            }
        }
    }
    return 0;
}

enum outcome {
    AP_RUNS,
    AP_SILENT, /* halts if it ever comes */
    AP_LOST,   /* was let in, and never came */
};

static enum outcome start_one(uint32_t apic_id, uint64_t page)
{
    uint32_t start = X86_SEND_STARTUP | (uint32_t)(page >> PAGE_SHIFT);

    __atomic_store_n(state, X86_AP_EXPECTED, __ATOMIC_SEQ_CST);
    x86_apic_send(apic_id, start);
    if (!state_wait(X86_AP_EXPECTED, AGAIN_NS)) {
        x86_apic_send(apic_id, start);
    }
    if (!state_wait(X86_AP_EXPECTED, ANSWER_NS) &&
        state_change(X86_AP_EXPECTED, AP_GIVEN_UP)) {
        return AP_SILENT;
    }
    if (!state_wait(X86_AP_TAKEN, ANSWER_NS) &&
        state_change(X86_AP_TAKEN, AP_GIVEN_UP)) {
        return AP_LOST;
    }
    return x86_clock_compare(&x86_cpus[ap_number]) ? AP_RUNS : AP_LOST;
}

/* Starts the CPU with an APIC id as the next number. */
static enum outcome start_next(uint32_t apic_id, uint64_t page)
{
    enum outcome outcome;

    ap_number = x86_cpu_count;
    x86_paging_stacks(ap_number);
    x86_ap_stack = x86_stack_top(ap_number, X86_STACK_MAIN) - 8;
    outcome = start_one(apic_id, page);
    if (outcome == AP_RUNS) {
        x86_cpu_count++;
    } else {
        x86_log("CPU with APIC id %u does not %s: left out", apic_id,
                outcome == AP_SILENT ? "start" : "go on");
    }
    return outcome;
}

static bool start_all(uint64_t page)
{
    uint32_t self = x86_cpus[0].apic_id;

    for (uint32_t i = 0; i < x86_acpi.cpus_kept; i++) {
        if (x86_acpi.cpu[i] != self) {
            x86_apic_send(x86_acpi.cpu[i], X86_SEND_INIT);
        }
    }
    wait_ns(INIT_NS);
    for (uint32_t i = 0; i < x86_acpi.cpus_kept; i++) {
        if (x86_acpi.cpu[i] != self && x86_cpu_count < LIMIT_CPUS &&
            start_next(x86_acpi.cpu[i], page) == AP_LOST) {
            return false;
        }
    }
    return true;
}

bool x86_smp_start(const struct x86_ranges *usable,
                   const struct x86_boot_info *info)
{
    uint64_t page = page_find(usable, info);
    char *trampoline = hal_phys_pointer(page);

    x86_cpus[0].apic_id = x86_apic_id();
    x86_cpus[0].in_core = true;
    if (x86_acpi.cpus_kept <= 1) {
        return true;
    }
    if (page == 0) {
        x86_log("no memory below 640 KiB: the other CPUs stay asleep");
        return true;
    }
    memcpy(trampoline, x86_trampoline,
           (size_t)(x86_trampoline_end - x86_trampoline));
    state = (volatile uint32_t *)(trampoline + X86_TRAMPOLINE_STATE);
    return start_all(page);
}

void x86_smp_release(void)
{
    __atomic_store_n(&released, true, __ATOMIC_SEQ_CST);
    for (uint32_t cpu = 1; cpu < x86_cpu_count; cpu++) {
        hal_cpu_interrupt(cpu);
    }
}

bool x86_smp_attention(void)
{
    struct x86_cpu *cpu = x86_cpu_self();

    if (cpu->in_core) {
        core_on_irq(HAL_IRQ_ATTENTION);
    } else if (__atomic_load_n(&released, __ATOMIC_SEQ_CST)) {
        cpu->in_core = true;
        core_on_cpu();
    }
    return true;
}
