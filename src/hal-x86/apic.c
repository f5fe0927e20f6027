/*
 * apic.c - the CPU's local APIC (SDM 3A 11), by its memory-mapped registers.
 */
#include "internal.h"

#include "x86.h"

enum {
    LAPIC_ID = 0x20,
    LAPIC_TASK = 0x80,
    LAPIC_EOI = 0xb0,
    LAPIC_SPURIOUS = 0xf0,
    LAPIC_IN_SERVICE = 0x100,
    LAPIC_ERROR = 0x280,
    LAPIC_COMMAND = 0x300,
    LAPIC_TARGET = 0x310,
    LAPIC_LVT_CMCI = 0x2f0,
    LAPIC_LVT_TIMER = 0x320,
    LAPIC_LVT_THERMAL = 0x330,
    LAPIC_LVT_COUNTER = 0x340,
    LAPIC_LVT_LINT0 = 0x350,
    LAPIC_LVT_LINT1 = 0x360,
    LAPIC_LVT_ERROR = 0x370,
    LAPIC_TIMER_INITIAL = 0x380,
    LAPIC_TIMER_CURRENT = 0x390,
    LAPIC_TIMER_DIVIDE = 0x3e0,
};

#define LVT_MASKED (1u << 16)
#define LVT_NMI (4u << 8)
#define DIVIDE_BY_1 0xbu
#define COMMAND_PENDING (1u << 12)
#define COMMAND_ASSERT (1u << 14)
#define COMMAND_LOOKS_MAX 1000000u
#define APIC_ENABLE (UINT64_C(1) << 11)
#define APIC_X2 (UINT64_C(1) << 10)

static uint32_t reg_read(uint32_t reg)
{
    return *(const volatile uint32_t *)(X86_LAPIC_BASE + reg);
}

static void reg_write(uint32_t reg, uint32_t value)
{
    *(volatile uint32_t *)(X86_LAPIC_BASE + reg) = value;
}

/* Leaves x2APIC mode if firmware chose it: only by way of "disabled". */
static void mode_set(uint64_t phys)
{
    uint64_t base = x86_rdmsr(MSR_APIC_BASE);

    if (base & APIC_X2) {
        x86_wrmsr(MSR_APIC_BASE, base & ~(APIC_X2 | APIC_ENABLE));
        base &= ~APIC_X2;
    }
    base &= ~UINT64_C(0x000ffffffffff000);
    x86_wrmsr(MSR_APIC_BASE, base | phys | APIC_ENABLE);
}

void x86_apic_init(void)
{
    mode_set(x86_acpi.lapic_phys);
    reg_write(LAPIC_SPURIOUS, 1u << 8 | X86_VECTOR_SPURIOUS);
    reg_write(LAPIC_LVT_TIMER, LVT_MASKED | X86_VECTOR_TIMER);
    reg_write(LAPIC_LVT_LINT0, LVT_MASKED);
    reg_write(LAPIC_LVT_LINT1, hal_cpu_self() == 0 ? LVT_NMI : LVT_MASKED);
    reg_write(LAPIC_LVT_ERROR, X86_VECTOR_APIC_ERROR);
    reg_write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_1);
    reg_write(LAPIC_TIMER_INITIAL, 0);
    reg_write(LAPIC_LVT_TIMER, X86_VECTOR_TIMER); /* one-shot */
    (void)x86_apic_error();
    /*
     * Last, so that the APIC looks again at what is pending: QEMU would deliver
     * an interrupt of the PIC that came before LINT0 was masked, without one
     * being there any more.
     */
    reg_write(LAPIC_TASK, 0);
    /* What firmware left in service would hold back what comes after. */
    for (uint32_t vector = 0; vector < 256; vector++) {
        if (x86_apic_in_service(vector)) {
            x86_apic_eoi();
        }
    }
}

uint32_t x86_apic_id(void)
{
    return reg_read(LAPIC_ID) >> 24;
}

/* A send that the bus does not take is overwritten by the next one. */
static void command_wait(void)
{
    for (uint32_t i = 0; i < COMMAND_LOOKS_MAX; i++) {
        if (!(reg_read(LAPIC_COMMAND) & COMMAND_PENDING)) {
            return;
        }
        hal_cpu_relax();
    }
}

void x86_apic_send(uint32_t apic_id, uint32_t what)
{
    command_wait();
    reg_write(LAPIC_TARGET, apic_id << 24);
    reg_write(LAPIC_COMMAND, COMMAND_ASSERT | what);
}

void x86_apic_eoi(void)
{
    reg_write(LAPIC_EOI, 0);
}

bool x86_apic_in_service(uint32_t vector)
{
    return reg_read(LAPIC_IN_SERVICE + vector / 32 * 16) >> vector % 32 & 1;
}

void x86_apic_timer_start(uint32_t count)
{
    reg_write(LAPIC_TIMER_INITIAL, count);
}

uint32_t x86_apic_timer_left(void)
{
    return reg_read(LAPIC_TIMER_CURRENT);
}

uint32_t x86_apic_error(void)
{
    reg_write(LAPIC_ERROR, 0); /* latches */
    return reg_read(LAPIC_ERROR);
}
