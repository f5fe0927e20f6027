/*
 * serial.c - the two serial ports (16550): COM1 for the log, COM2 for the
 * terminal when hal_console_select says so and the port is there.
 *
 * Output is polled, a FIFO's worth at a time. Input of the terminal's port is
 * taken by its interrupt into a buffer; when that is full the interrupt is
 * masked and the sender waits (or the hardware's FIFO overruns) until
 * hal_console_read makes room.
 *
 * Each port has a lock, so what one CPU writes is not torn apart by another; the
 * lock of the terminal's port guards the input, too. Which port that is changes
 * only while core boots.
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
    struct port_lock lock;
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
static bool unlocked;     /* this CPU is the only one left */

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

static bool port_lock(struct port *port)
{
    return !__atomic_load_n(&unlocked, __ATOMIC_RELAXED) &&
           port_lock_acquire(&port->lock);
}

void x86_serial_drain(void)
{
    for (uint32_t i = 0; i < PORTS; i++) {
        port_lock_release(&ports[i].lock, port_lock(&ports[i]));
    }
}

void x86_serial_unlock(void)
{
    __atomic_store_n(&unlocked, true, __ATOMIC_RELAXED);
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

static void port_write(struct port *port, const uint8_t *at, size_t size)
{
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

void hal_console_write(enum hal_port to, const void *bytes, size_t size)
{
    struct port *port = &ports[to == HAL_PORT_TERMINAL ? terminal : 0];
    bool taken = port_lock(port);

    port_write(port, bytes, size);
    port_lock_release(&port->lock, taken);
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

static size_t input_take(const struct port *port, uint8_t *to, size_t max)
{
    size_t count = 0;

    while (count < max) {
        if (input.head == input.tail) {
            input_fill(port);
        }
        if (input.head == input.tail) {
            armed = true;
            return count;
        }
        to[count++] = input.bytes[input.head++ % BUFFER_BYTES];
    }
    /* Room was made: let the port interrupt again if it had to stop. */
    input_fill(port);
    return count;
}

int64_t hal_console_read(enum hal_port from, void *bytes, size_t max)
{
    struct port *port = &ports[terminal];
    int64_t count = -1;
    bool taken = port_lock(port);

    if (port->present && from == HAL_PORT_TERMINAL) {
        count = (int64_t)input_take(port, bytes, max);
    }
    port_lock_release(&port->lock, taken);
    return count;
}

/* True if core waits for input and there is some. */
static bool irq_take(const struct port *port, uint32_t number)
{
    bool wanted;

    /* Edge-triggered: no cause may be left, or there is no further edge. */
    for (uint32_t i = 0; i < FIFO_BYTES; i++) {
        if (number == terminal) {
            input_fill(port);
        }
        if (reg_read(port, REG_INTERRUPT) & INTERRUPT_NONE) {
            break;
        }
    }
    wanted = armed && input.head != input.tail;
    armed = armed && !wanted;
    return wanted;
}

bool x86_serial_irq(uint32_t number)
{
    struct port *port = &ports[number];
    bool taken = port_lock(port);
    bool wanted = irq_take(port, number);

    port_lock_release(&port->lock, taken);
    if (wanted) {
        core_on_irq(HAL_IRQ_TERMINAL);
    }
    return wanted;
}
