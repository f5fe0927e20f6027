/*
 * serial.c - the two serial ports (16550): COM1 for the log, COM2 for the
 * terminal when hal_console_select says so and the port is there.
 *
 * Output is polled, a FIFO's worth at a time. Input of the terminal's port is
 * taken by its interrupt into a buffer; when that is full the interrupt is
 * masked and the sender waits (or the hardware's FIFO overruns) until
 * hal_console_read makes room.
 *
 * Switching the FIFO on empties it. An emulated port, which loses nothing
 * without one, is left as it is: what was typed ahead of the boot stays there.
 */
#include "internal.h"

#include "x86.h"

#define PORTS 2u
#define FIFO_BYTES 16u
#define BUFFER_BYTES 1024u /* a power of two */

/* Registers (PC16550D data sheet, table II). */
enum {
    REG_DATA = 0,
    REG_INTERRUPT_ENABLE = 1,
    REG_FIFO = 2, /* written */
    REG_INTERRUPT = 2, /* read */
    REG_LINE = 3,
    REG_MODEM = 4,
    REG_STATUS = 5,
    REG_SCRATCH = 7,
};

#define STATUS_RECEIVED 0x01u
#define STATUS_SENT 0x20u
#define INTERRUPT_NONE 0x01u

/* A port that never gets ready is given up after this many looks at it. */
#define SEND_LOOKS_MAX 1000000u

struct port {
    uint16_t base;
    uint8_t isa_irq;
    bool present;
    bool fifo;
};

static struct port ports[PORTS] = {
    {.base = 0x3f8, .isa_irq = 4},
    {.base = 0x2f8, .isa_irq = 3},
};
static uint32_t terminal; /* index of the terminal's port */
static bool armed;        /* core wants HAL_IRQ_TERMINAL */
static bool interrupts;   /* routed */

static struct {
    uint8_t bytes[BUFFER_BYTES];
    uint32_t head, tail; /* free-running */
} input;

static uint8_t reg_read(const struct port *port, uint32_t reg)
{
    return x86_in8((uint16_t)(port->base + reg));
}

static void reg_write(const struct port *port, uint32_t reg, uint8_t value)
{
    x86_out8((uint16_t)(port->base + reg), value);
}

void x86_serial_early(void)
{
    bool emulated = x86_cpuid(1, 0).ecx >> 31; /* the hypervisor bit */

    for (uint32_t i = 0; i < PORTS; i++) {
        struct port *port = &ports[i];

        reg_write(port, REG_SCRATCH, 0x5a);
        port->present = reg_read(port, REG_SCRATCH) == 0x5a;
        if (!port->present) {
            continue;
        }
        reg_write(port, REG_INTERRUPT_ENABLE, 0);
        reg_write(port, REG_LINE, 0x80); /* the divisor: 115200 baud */
        reg_write(port, 0, 1);
        reg_write(port, 1, 0);
        reg_write(port, REG_LINE, 0x03);  /* 8N1 */
        port->fifo = (reg_read(port, REG_INTERRUPT) & 0xc0) == 0xc0;
        if (!port->fifo && !emulated) {
            reg_write(port, REG_FIFO, 0x07); /* cleared, interrupt at 1 */
            port->fifo = true;
        }
        reg_write(port, REG_MODEM, 0x0b); /* DTR, RTS, interrupts let out */
    }
}

void x86_serial_init(void)
{
    interrupts = true;
    for (uint32_t i = 0; i < PORTS; i++) {
        if (ports[i].present) {
            x86_ioapic_route(ports[i].isa_irq, X86_VECTOR_COM1 + i);
        }
    }
    hal_console_select(terminal);
}

void hal_console_select(uint32_t number)
{
    if (number >= PORTS || !ports[number].present) {
        number = 0;
    }
    for (uint32_t i = 0; i < PORTS && interrupts; i++) {
        if (ports[i].present) {
            reg_write(&ports[i], REG_INTERRUPT_ENABLE, i == number);
        }
    }
    terminal = number;
}

/* ----------------------------------------------------------------- output */

static bool port_ready(const struct port *port)
{
    for (uint32_t i = 0; i < SEND_LOOKS_MAX; i++) {
        if (reg_read(port, REG_STATUS) & STATUS_SENT) {
            return true;
        }
        hal_cpu_relax();
    }
    return false;
}

void hal_console_write(enum hal_port to, const void *bytes, size_t size)
{
    struct port *port = &ports[to == HAL_PORT_TERMINAL ? terminal : 0];
    const uint8_t *at = bytes;
    uint32_t burst = port->fifo ? FIFO_BYTES : 1;

    while (size > 0 && port->present) {
        if (!port_ready(port)) {
            port->present = false;
            return;
        }
        for (uint32_t i = 0; i < burst && size > 0; i++, size--) {
            reg_write(port, REG_DATA, *at++);
        }
    }
}

/* ------------------------------------------------------------------ input */

/* Moves what was received into the buffer, as far as there is room. */
static void input_fill(const struct port *port)
{
    while (input.tail - input.head < BUFFER_BYTES &&
           reg_read(port, REG_STATUS) & STATUS_RECEIVED) {
        input.bytes[input.tail++ % BUFFER_BYTES] = reg_read(port, REG_DATA);
    }
    if (interrupts) {
        reg_write(port, REG_INTERRUPT_ENABLE,
                  input.tail - input.head < BUFFER_BYTES);
    }
}

int64_t hal_console_read(void *bytes, size_t max)
{
    uint8_t *to = bytes;
    size_t taken = 0;

    if (!ports[terminal].present) {
        return -1;
    }
    while (taken < max) {
        if (input.head == input.tail) {
            input_fill(&ports[terminal]);
        }
        if (input.head == input.tail) {
            armed = true;
            break;
        }
        to[taken++] = input.bytes[input.head++ % BUFFER_BYTES];
    }
    if (taken == max) {
        /* Room was made: let the port interrupt again if it had to stop. */
        input_fill(&ports[terminal]);
    }
    return (int64_t)taken;
}

void x86_serial_irq(uint32_t number)
{
    const struct port *port = &ports[number];

    /* Edge-triggered: no cause may be left, or there is no further edge. */
    for (uint32_t i = 0; i < FIFO_BYTES; i++) {
        if (number == terminal) {
            input_fill(port);
        }
        if (reg_read(port, REG_INTERRUPT) & INTERRUPT_NONE) {
            break;
        }
    }
    if (armed && input.head != input.tail) {
        armed = false;
        core_on_irq(HAL_IRQ_TERMINAL);
    }
}
