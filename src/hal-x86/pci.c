/*
 * pci.c - the configuration space of PCI functions, by the ports that every PC
 * has for it (PCI 3.0, 3.2.2.3.2). Bus 0 and functions 0 only: the kernel looks
 * there for devices of emulators. Used at boot, by one CPU.
 */
#include "internal.h"

#include "x86.h"

#define ADDRESS_PORT 0xcf8u
#define DATA_PORT 0xcfcu
#define ADDRESS_ENABLE 0x80000000u

#define REG_ID 0x00u
#define REG_COMMAND 0x04u
#define REG_BAR 0x10u
#define COMMAND_MEMORY 2u
#define BAR_PORTS 1u
#define BAR_WIDE 4u
#define BAR_FLAGS 0xfu
#define DEVICES 32u

static uint32_t config_read(uint32_t device, uint32_t reg)
{
    x86_out32(ADDRESS_PORT, ADDRESS_ENABLE | device << 11 | reg);
    return x86_in32(DATA_PORT);
}

static void config_write(uint32_t device, uint32_t reg, uint32_t value)
{
    x86_out32(ADDRESS_PORT, ADDRESS_ENABLE | device << 11 | reg);
    x86_out32(DATA_PORT, value);
}

bool x86_pci_find(uint16_t vendor, uint16_t id, uint32_t *device)
{
    for (*device = 0; *device < DEVICES; ++*device) {
        if (config_read(*device, REG_ID) == ((uint32_t)id << 16 | vendor)) {
            return true;
        }
    }
    return false;
}

/* What a base address register says after all ones were written: its size. */
static uint32_t bar_mask(uint32_t device, uint32_t reg)
{
    uint32_t value = config_read(device, reg), mask;

    config_write(device, reg, UINT32_MAX);
    mask = config_read(device, reg);
    config_write(device, reg, value);
    return mask;
}

uint64_t x86_pci_memory(uint32_t device, uint32_t bar, uint64_t *bytes)
{
    uint32_t reg = REG_BAR + 4 * bar;
    uint32_t command = config_read(device, REG_COMMAND);
    uint64_t phys = config_read(device, reg);
    uint64_t mask = UINT64_C(0xffffffff) << 32;
    bool wide = phys & BAR_WIDE;

    if (phys & BAR_PORTS) {
        return 0;
    }
    phys &= ~(uint64_t)BAR_FLAGS;
    config_write(device, REG_COMMAND, command & ~COMMAND_MEMORY);
    mask |= bar_mask(device, reg) & ~BAR_FLAGS;
    if (wide) {
        phys |= (uint64_t)config_read(device, reg + 4) << 32;
        mask = (uint32_t)mask | (uint64_t)bar_mask(device, reg + 4) << 32;
    }
    config_write(device, REG_COMMAND, command | COMMAND_MEMORY);
    *bytes = 0 - mask;
    return phys;
}
