/*
 * ioapic.c - the I/O APIC that has the ISA interrupts (82093AA data sheet),
 * and the old PICs, which are moved out of the way and masked.
 */
#include "internal.h"

#include "x86.h"

#define PIC1 0x20u
#define PIC2 0xa0u
#define REG_VERSION 1u
#define REG_INPUTS 0x10u
#define INPUT_MASKED (1u << 16)
#define INPUT_LEVEL (1u << 15)
#define INPUT_LOW (1u << 13)

static volatile uint32_t *window;

static uint32_t reg_read(uint32_t reg)
{
    window[0] = reg;
    return window[4];
}

static void reg_write(uint32_t reg, uint32_t value)
{
    window[0] = reg;
    window[4] = value;
}

static uint32_t inputs(void)
{
    return (reg_read(REG_VERSION) >> 16 & 0xff) + 1;
}

/* Their vectors must not be exceptions': spurious ones come even masked. */
static void pic_init(void)
{
    static const struct {
        uint8_t port, value;
    } writes[] = {
        {PIC1, 0x11},     {PIC2, 0x11},
        {PIC1 + 1, X86_VECTOR_PIC}, {PIC2 + 1, X86_VECTOR_PIC + 8},
        {PIC1 + 1, 4},    {PIC2 + 1, 2},
        {PIC1 + 1, 1},    {PIC2 + 1, 1},
        {PIC1 + 1, 0xff}, {PIC2 + 1, 0xff},
    };

    for (uint32_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
        x86_out8(writes[i].port, writes[i].value);
        x86_out8(0x80, 0); /* old ones need the time */
    }
}

void x86_ioapic_init(void)
{
    pic_init();
    window = x86_paging_device(x86_acpi.ioapic_phys, 0x20);
    for (uint32_t i = 0; i < inputs(); i++) {
        reg_write(REG_INPUTS + 2 * i, INPUT_MASKED);
    }
}

void x86_ioapic_route(uint32_t isa, uint32_t vector)
{
    uint32_t input = x86_acpi.isa[isa].gsi - x86_acpi.ioapic_gsi;
    uint32_t flags = 0;

    if (input >= inputs()) {
        x86_log("interrupt %u is not on the first I/O APIC: unused", isa);
        return;
    }
    flags |= x86_acpi.isa[isa].low ? INPUT_LOW : 0;
    flags |= x86_acpi.isa[isa].level ? INPUT_LEVEL : 0;
    /* To the local APIC that this CPU has by its own account. */
    reg_write(REG_INPUTS + 2 * input + 1,
              *(const volatile uint32_t *)(X86_LAPIC_BASE + 0x20) &
                  0xff000000u);
    reg_write(REG_INPUTS + 2 * input, flags | vector);
}
