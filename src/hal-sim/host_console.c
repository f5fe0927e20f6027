/*
 * host_console.c - terminal, log and trace as files of the host.
 *
 * Live input is read by the main thread (host_main.c), which must see the quit
 * keys even while the machine hangs, and reaches the virtual CPU through a
 * pipe. Lockstep input is read from standard input by the virtual CPU itself,
 * byte by byte, so that a machine started again finds the rest of it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "host_files.h"
#include "host_input.h"
#include "host_thread.h"
#include "sim.h"

#define NS_PER_S 1000000000ull
#define WAIT_NS_MAX (1000000ull * NS_PER_S)

static int log_file = -1;
static int trace_file = -1;
static int input_pipe[2] = {-1, -1};
static struct termios terminal_before;
static bool terminal_raw;
static sync_u32 input_waiting;

/* Bytes as they are typed, no signals, no echo; output stays as it was. */
static void make_raw(void)
{
    struct termios raw;

    if (tcgetattr(STDIN_FILENO, &terminal_before) != 0) {
        return;
    }
    raw = terminal_before;
    raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
    raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    terminal_raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

void host_console_fini(void)
{
    if (terminal_raw) {
        terminal_raw = false;
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
    }
}

static bool open_output(const char *path, int *file)
{
    if (path == NULL) {
        return true;
    }
    *file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (*file < 0) {
        fprintf(stderr, "capos-sim: %s: %s\n", path, strerror(errno));
    }
    return *file >= 0;
}

bool host_console_init(void)
{
    if (!open_output(sim_options.log_path, &log_file) ||
        !open_output(sim_options.trace_path, &trace_file)) {
        return false;
    }
    if (sim_options.live && pipe2(input_pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
        perror("capos-sim: pipe");
        return false;
    }
    if (isatty(STDIN_FILENO) && sim_options.replay_path == NULL) {
        make_raw();
    }
    return true;
}

bool host_console_copied(const char *terminal, const char *log)
{
    int file = open(terminal, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (log_file >= 0) {
        close(log_file);
    }
    return file >= 0 && open_output(log, &log_file) &&
           dup2(file, STDOUT_FILENO) >= 0 && close(file) == 0;
}

void host_terminal_write(const void *bytes, size_t size)
{
    sim_fs_host();
    host_file_write(STDOUT_FILENO, bytes, size);
}

void host_error_write(const void *bytes, size_t size)
{
    sim_fs_host();
    host_file_write(STDERR_FILENO, bytes, size);
}

void host_log_write(const void *bytes, size_t size)
{
    sim_fs_host();
    if (log_file >= 0) {
        host_file_write(log_file, bytes, size);
    }
    if (sim_options.verbose) {
        host_file_write(STDERR_FILENO, bytes, size);
    }
}

void host_trace_close(void)
{
    sim_fs_host();
    if (trace_file >= 0) {
        close(trace_file);
        trace_file = -1;
    }
}

/* A program chose the name: nothing but a trace is overwritten. */
static bool replaceable(int file)
{
    struct stat status;
    uint64_t magic;

    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        return false;
    }
    return status.st_size == 0 ||
           (read(file, &magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
            magic == TRACE_MAGIC);
}

bool host_trace_open(const char *name)
{
    sim_fs_host();
    int file = open(
        name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);

    if (file < 0) {
        return false;
    }
    if (!replaceable(file) || ftruncate(file, 0) != 0 ||
        lseek(file, 0, SEEK_SET) != 0) {
        close(file);
        return false;
    }
    host_trace_close();
    trace_file = file;
    return true;
}

void host_trace_write(const void *bytes, size_t size)
{
    sim_fs_host();
    if (trace_file >= 0) {
        host_file_write(trace_file, bytes, size);
    }
}

/*
 * Waits until file (-1: none) can be read or timeout_ns passed. A kick that
 * came before ends the wait too: the signal is let in only while waiting.
 */
static void wait_for(int file, uint64_t timeout_ns)
{
    const struct sim_cpu *cpu = sim_cpu_self();
    struct pollfd poll_file = {.fd = file, .events = POLLIN};
    struct timespec timeout;
    sigset_t kick;
    sigset_t before;
    sigset_t waiting;

    if (timeout_ns > WAIT_NS_MAX) {
        timeout_ns = WAIT_NS_MAX;
    }
    timeout.tv_sec = (time_t)(timeout_ns / NS_PER_S);
    timeout.tv_nsec = (long)(timeout_ns % NS_PER_S);
    sigemptyset(&kick);
    sigaddset(&kick, HOST_SIGNAL_KICK);
    pthread_sigmask(SIG_BLOCK, &kick, &before);
    waiting = before;
    sigaddset(&waiting, HOST_SIGNAL_TIMER);
    if (sync_load64(&cpu->pending) == 0 && sync_load64(&cpu->flush_from) == 0) {
        ppoll(&poll_file, 1, &timeout, &waiting);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int host_terminal_byte(void)
{
    uint8_t byte;

    sim_fs_host();
    wait_for(STDIN_FILENO, UINT64_MAX);
    if ((sync_load64(&sim_cpu_self()->pending) & SIM_PENDING_STOP) != 0) {
        return -2;
    }
    for (;;) {
        ssize_t got = read(STDIN_FILENO, &byte, 1);

        if (got >= 0 || errno != EINTR) {
            return got == 1 ? byte : -1;
        }
    }
}

bool host_live_ready(void)
{
    struct pollfd poll_file = {.fd = input_pipe[0], .events = POLLIN};

    sim_fs_host();
    return poll(&poll_file, 1, 0) > 0;
}

int64_t host_live_read(void *bytes, size_t max)
{
    sim_fs_host();
    sync_store(&input_waiting, 0);
    ssize_t got = read(input_pipe[0], bytes, max);

    if (got > 0 && host_live_ready()) { /* there is more, or the end */
        sync_store(&input_waiting, 1);
    }
    if (got < 0) {
        return 0;
    }
    return got == 0 && max > 0 ? -1 : got;
}

bool host_live_waiting(void)
{
    return sync_load(&input_waiting) != 0;
}

void host_live_wait(bool input, uint64_t timeout_ns)
{
    sim_fs_host();
    wait_for(input ? input_pipe[0] : -1, timeout_ns);
}

bool host_input_room(void)
{
    struct pollfd poll_file = {.fd = input_pipe[1], .events = POLLOUT};

    return poll(&poll_file, 1, 0) > 0 && (poll_file.revents & POLLOUT) != 0;
}

void host_input_push(const void *bytes, size_t size)
{
    if (size == 0) {
        close(input_pipe[1]);
        input_pipe[1] = -1;
    } else if (write(input_pipe[1], bytes, size) < 0) {
        return; /* full: what is typed faster than it is read is lost */
    }
    sync_store(&input_waiting, 1);
    if (sim_options.parallel) {
        sim_pending_set(&hal_sim_cpus[0], SIM_PENDING_INPUT);
        host_kick(0);
    }
}
