/*
 * power.c - off and on again, by whatever works: each way is tried in turn.
 */
#include "internal.h"

#include "x86.h"

/* QEMU's isa-debug-exit: QEMU ends with status (value << 1) | 1. */
#define EXIT_PORT 0xf4u
#define EXIT_BASE 0x10u /* + status: 0 is told from a crash */
#define STATUS_MAX 99u

#define SLEEP_ENABLE (1u << 13)

/* Lets the other CPUs end what they write, and then nothing more. */
static void others_end(void)
{
    if (!x86_stop_begin()) {
        x86_stop_obey(NULL); /* another one does it, or stops the machine */
    }
    x86_serial_drain();
    x86_trace_drain();
    x86_stop_others();
    x86_serial_unlock();
}

_Noreturn void hal_power_off(uint32_t status)
{
    if (status > STATUS_MAX) {
        status = STATUS_MAX;
    }
    others_end();
    x86_out8(EXIT_PORT, (uint8_t)(EXIT_BASE + status));
    if (x86_acpi.sleep_known && x86_acpi.pm1a_control != 0) {
        /* ACPI 4.8.3.2.1: SLP_TYP and SLP_EN, SCI_EN as it is. */
        x86_out16(x86_acpi.pm1a_control,
                  (uint16_t)((x86_in16(x86_acpi.pm1a_control) & 1) |
                             x86_acpi.sleep_a << 10 | SLEEP_ENABLE));
        if (x86_acpi.pm1b_control != 0) {
            x86_out16(x86_acpi.pm1b_control,
                      (uint16_t)(x86_acpi.sleep_b << 10 | SLEEP_ENABLE));
        }
    }
    x86_out16(0x604, 0x2000); /* QEMU without ACPI tables */
    x86_log("the machine cannot switch itself off: do it by hand");
    x86_halt();
}

static void pause_ms(uint64_t ms)
{
    uint64_t end = hal_time_now() + ms * 1000000u;

    while (hal_time_now() < end) {
        hal_cpu_relax();
    }
}

_Noreturn void hal_reboot(void)
{
    static const struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) no_idt = {0, 0};

    others_end();
    if (x86_acpi.reset_space == 1) {
        x86_out8((uint16_t)x86_acpi.reset_address, x86_acpi.reset_value);
        pause_ms(50);
    } else if (x86_acpi.reset_space == 0) {
        *(volatile uint8_t *)x86_acpi.reset_address = x86_acpi.reset_value;
        pause_ms(50);
    }
    x86_out8(0xcf9, 0x02);
    x86_out8(0xcf9, 0x06);
    pause_ms(50);
    x86_out8(0x64, 0xfe); /* keyboard controller: pulse the reset line */
    pause_ms(50);
    __asm__ volatile("lidt %0; int3" : : "m"(no_idt)); /* triple fault */
    x86_halt();
}
