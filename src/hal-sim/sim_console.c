/*
 * sim_console.c - the terminal and the log.
 *
 * Input comes in one of two ways. In lockstep it is read only when the machine
 * idles and the core has asked for it (armed), one line at a time, however the
 * writer cut it up: so a run repeats byte for byte. Live input (a terminal, or
 * --realtime) is taken when it comes; another host thread forwards it and
 * raises the line.
 *
 * The end of the log is kept, for a panic.
 */
#include "host.h"
#include "sim.h"

#define LINE_BYTES 4096u
#define LOG_BYTES 65536u

static uint8_t line[LINE_BYTES];
static uint32_t line_at;
static uint32_t line_end;
static bool line_eof;
static bool armed;

static uint8_t log_kept[LOG_BYTES];
static uint64_t log_total;

void hal_console_write(enum hal_port port, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;

    if (port == HAL_PORT_TERMINAL) {
        host_terminal_write(bytes, size);
        return;
    }
    for (size_t i = 0; i < size; i++) {
        log_kept[log_total++ % LOG_BYTES] = from[i];
    }
    host_log_write(bytes, size);
}

void sim_console_log_show(void)
{
    uint64_t start = log_total % LOG_BYTES;

    if (sim_options.verbose) {
        return;
    }
    if (log_total > LOG_BYTES) {
        host_error_write(log_kept + start, LOG_BYTES - start);
    }
    host_error_write(log_kept, start);
}

void hal_console_select(uint32_t port)
{
    (void)port; /* there is one terminal */
}

static int64_t read_live(void *bytes, size_t max)
{
    int64_t got = host_live_read(bytes, max);

    if (got >= 0 && (uint64_t)got < max) {
        __atomic_store_n(&armed, true, __ATOMIC_SEQ_CST);
        if (host_live_ready()) { /* it came before armed was seen */
            sim_pending_set(sim_host_self(), SIM_PENDING_TERMINAL);
        }
    }
    return got;
}

int64_t hal_console_read(void *bytes, size_t max)
{
    uint8_t *to = bytes;
    size_t got = 0;

    if (sim_options.live) {
        return read_live(bytes, max);
    }
    while (got < max && line_at < line_end) {
        to[got++] = line[line_at++];
    }
    if (got == 0 && line_eof && max > 0) {
        return -1;
    }
    if (got < max) {
        armed = true;
    }
    return (int64_t)got;
}

bool sim_console_awaited(void)
{
    return __atomic_load_n(&armed, __ATOMIC_SEQ_CST);
}

void sim_console_fetch(void)
{
    int byte = 0;

    line_at = 0;
    line_end = 0;
    while (!line_eof && line_end < LINE_BYTES && byte != '\n') {
        byte = host_terminal_byte();
        if (byte == -2) {
            return; /* somebody wants an end: the line is no longer needed */
        }
        if (byte == -1) {
            line_eof = true;
        } else {
            line[line_end++] = (uint8_t)byte;
        }
    }
    sim_pending_set(sim_host_self(), SIM_PENDING_TERMINAL);
}

void sim_console_take(void)
{
    __atomic_store_n(&armed, false, __ATOMIC_SEQ_CST);
}
