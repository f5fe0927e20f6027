/*
 * sim_console.c - the terminal and the log.
 *
 * Input is taken at places that a recording can name (sim_replay.h), and only
 * when the core has asked for it (armed). That of a pipe: while the machine
 * idles, one line at a time, however the writer cut it up. Live input (a
 * terminal, or --realtime): what has come, at any entry into the kernel or
 * while idling; another host thread forwards it. In a replay it comes from the
 * recording.
 *
 * With --parallel CPU 0 takes it, when it is told (SIM_PENDING_INPUT), and any
 * CPU may read: both hold the lock.
 *
 * The end of the log is kept, for a panic.
 */
#include "host.h"
#include "sim.h"
#include "sim_lock.h"
#include "sim_replay.h"

#define LOG_BYTES 65536u

static struct sim_lock console_lock;
static uint8_t line[SIM_INPUT_BYTES];
static uint32_t line_at;
static uint32_t line_end;
static bool line_eof;
static sync_u32 armed; /* HAL_IRQ_TERMINAL is wanted */

static struct sim_lock log_lock;
static uint8_t log_kept[LOG_BYTES];
static uint64_t log_total;

void sim_console_setup(void)
{
    spinlock_init(&console_lock.spin);
    spinlock_init(&log_lock.spin);
}

void hal_console_write(enum hal_port port, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;

    if (port == HAL_PORT_TERMINAL) {
        host_terminal_write(bytes, size);
        return;
    }
    sim_lock_take(&log_lock);
    for (size_t i = 0; i < size; i++) {
        log_kept[log_total++ % LOG_BYTES] = from[i];
    }
    host_log_write(bytes, size);
    sim_lock_release(&log_lock);
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

static int64_t read_line(uint8_t *to, size_t max)
{
    size_t got = 0;

    while (got < max && line_at < line_end) {
        to[got++] = line[line_at++];
    }
    if (got == 0 && line_eof && max > 0) {
        return -1;
    }
    if (got < max) {
        sync_store(&armed, 1);
    }
    return (int64_t)got;
}

int64_t hal_console_read(enum hal_port port, void *bytes, size_t max)
{
    if (port == HAL_PORT_ORDERS) {
        return host_orders(bytes, max);
    }
    sim_lock_take(&console_lock);
    int64_t got = read_line(bytes, max);
    bool more = sim_console_awaited() && (line_eof || host_live_waiting());

    sim_lock_release(&console_lock);
    if (sim_options.parallel && more) {
        sim_pending_set(&hal_sim_cpus[0], SIM_PENDING_INPUT);
        host_kick(0);
    }
    return got;
}

bool sim_console_awaited(void)
{
    return sync_load(&armed) != 0;
}

void sim_console_take(void)
{
    sync_store(&armed, 0);
}

/* The core wants more than there is. */
static bool empty(void)
{
    return sim_console_awaited() && line_at == line_end && !line_eof;
}

bool sim_console_waiting(void)
{
    return sim_options.live && empty() && host_live_waiting();
}

/* The line holds new input: raised, and recorded. */
static void deliver(enum replay_kind kind)
{
    sim_pending_set(&hal_sim_cpus[0], SIM_PENDING_TERMINAL);
    host_record(kind, line_eof ? REPLAY_END_OF_INPUT : 0, line_end, line);
}

static void take_live(enum replay_kind kind)
{
    int64_t got = host_live_read(line, sizeof(line));

    line_at = 0;
    line_end = got > 0 ? (uint32_t)got : 0;
    line_eof = got < 0;
    if (got != 0) {
        deliver(kind);
    }
}

void sim_console_live(void)
{
    take_live(REPLAY_INPUT_IDLE);
}

/* With --parallel: what has come, or its end, is told when it is wanted. */
static void look(void)
{
    if (hal_cpu_self() != 0 || !sim_console_awaited()) {
        return;
    }
    sim_lock_take(&console_lock);
    if (sim_console_waiting()) {
        take_live(REPLAY_INPUT_ENTRY);
    } else {
        sim_console_ended();
    }
    sim_lock_release(&console_lock);
}

void sim_console_entry(void)
{
    const struct replay_event *event;

    if (sim_options.parallel) {
        look();
    } else if (sim_console_waiting()) {
        take_live(REPLAY_INPUT_ENTRY);
    } else if (sim_options.replay_path != NULL) {
        event = host_replay_entry(host_steps(), empty());
        if (event != NULL) {
            sim_console_replay(event);
        }
    }
}

bool sim_console_ended(void)
{
    if (line_eof) {
        sim_pending_set(&hal_sim_cpus[0], SIM_PENDING_TERMINAL);
    }
    return line_eof;
}

void sim_console_fetch(void)
{
    int byte = 0;

    line_at = 0;
    line_end = 0;
    while (!line_eof && line_end < sizeof(line) && byte != '\n') {
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
    deliver(REPLAY_INPUT_IDLE);
}

void sim_console_replay(const struct replay_event *event)
{
    __builtin_memcpy(line, event + 1, event->value);
    line_at = 0;
    line_end = event->value;
    line_eof = (event->flags & REPLAY_END_OF_INPUT) != 0;
    sim_pending_set(&hal_sim_cpus[0], SIM_PENDING_TERMINAL);
}
