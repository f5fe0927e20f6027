/*
 * host_main.c - the process: start, the main thread's loop, the end.
 *
 * The main thread is the machine's outside: it forwards live input, sees the
 * quit keys, the time limit and signals even while the virtual CPU hangs, and
 * asks it to stop. If it does not, the process ends all the same.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "host_files.h"
#include "host_input.h"
#include "host_thread.h"
#include "sim.h"
#include "sim_replay.h"
#include "sim_valgrind.h"

#define KEY_QUIT 0x1d      /* Ctrl-] */
#define KEY_INTERRUPT 0x03 /* Ctrl-C, twice within DOUBLE_NS */
#define DOUBLE_NS (500ull * 1000 * 1000)
#define PATIENCE_NS (2000ull * 1000 * 1000)
#define STATUS_TIMEOUT 98
#define STATUS_USAGE 2

static struct sim_host main_host;
static struct sim_host cpu_hosts[SIM_CPUS_MAX]; /* in lockstep the first */
static uint64_t package_phys;
static uint64_t package_bytes;

static char **arguments;
static char self_path[4096];
static sigset_t mask_before;

static int stop_status;
static const char *stop_reason;
static sync_u32 ending;

/* --------------------------------------------------------------------- ends */

_Noreturn void host_stand_still(void)
{
    for (;;) {
        pause();
    }
}

/* The first thread that ends the process; the others stand still. */
static void end_begin(void)
{
    sim_fs_host();
    if (sync_exchange(&ending, 1) != 0) {
        host_stand_still();
    }
    host_console_fini();
}

_Noreturn void host_exit(int status)
{
    end_begin();
    host_image_cleanup();
    exit(status);
}

_Noreturn void host_abort(void)
{
    end_begin();
    host_image_cleanup();
    abort();
}

_Noreturn void host_restart(void)
{
    end_begin();
    host_image_cleanup();
    pthread_sigmask(SIG_SETMASK, &mask_before, NULL);
    execv(self_path, arguments);
    perror("capos-sim: cannot start again");
    exit(STATUS_USAGE);
}

_Noreturn void host_stop_asked(void)
{
    sim_fs_host();
    sim_trace_flush();
    host_record(REPLAY_STOPPED, 0, (uint32_t)stop_status, NULL);
    if (stop_reason != NULL) {
        host_console_fini();
        fprintf(stderr, "\ncapos-sim: %s\n", stop_reason);
    }
    host_exit(stop_status);
}

/* ----------------------------------------------------------- small services */

uint64_t host_clock_ns(void)
{
    static uint64_t start_ns;
    struct timespec now;

    sim_fs_host();
    clock_gettime(CLOCK_MONOTONIC, &now);

    uint64_t now_ns =
        (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;

    if (start_ns == 0) {
        start_ns = now_ns;
    }
    return now_ns - start_ns;
}

uint64_t host_wall_ns(void)
{
    struct timespec now;

    sim_fs_host();
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void host_entropy(void *bytes, size_t size)
{
    uint8_t *to = bytes;

    sim_fs_host();
    while (size > 0) {
        ssize_t got = getrandom(to, size, 0);

        if (got < 0 && errno != EINTR) {
            hal_stop("the host gives no randomness");
        }
        to += got > 0 ? got : 0;
        size -= got > 0 ? (size_t)got : 0;
    }
}

uint64_t host_steps(void)
{
    uint64_t steps = 0;

    for (uint32_t i = 0; i < hal_sim_cpu_count; i++) {
        steps += sync_peek64(&cpu_hosts[i].entries);
    }
    return steps;
}

bool host_traced(void)
{
    static const char key[] = "TracerPid:\t";
    char text[4096];

    sim_fs_host();
    int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, text, sizeof(text) - 1) : 0;

    if (file >= 0) {
        close(file);
    }
    text[got > 0 ? got : 0] = '\0';
    const char *tracer = strstr(text, key);

    return tracer != NULL && tracer[sizeof(key) - 1] != '0';
}

const char *host_self_path(void)
{
    return self_path;
}

uint64_t host_self_base(void)
{
    extern const char __ehdr_start[];
    static const uint64_t fixed_low = 0x1000000; /* a non-PIE lies below */

    return (uint64_t)__ehdr_start < fixed_low ? 0 : (uint64_t)__ehdr_start;
}

/* ---------------------------------------------------------- the main thread */

static void ask_to_stop(int status, const char *reason)
{
    stop_status = status;
    stop_reason = reason;
    host_kick_all(SIM_PENDING_STOP);
}

/* Forwards keys; true if they say quit. */
static bool forward_input(void)
{
    static uint64_t interrupt_ns;
    uint8_t bytes[1024];
    ssize_t got = read(STDIN_FILENO, bytes, sizeof(bytes));
    bool terminal = isatty(STDIN_FILENO);

    for (ssize_t i = 0; terminal && i < got; i++) {
        uint64_t now_ns = host_clock_ns();

        if (bytes[i] == KEY_QUIT ||
            (bytes[i] == KEY_INTERRUPT && interrupt_ns != 0 &&
             now_ns - interrupt_ns < DOUBLE_NS)) {
            return true;
        }
        interrupt_ns = bytes[i] == KEY_INTERRUPT ? now_ns : 0;
    }
    if (got < 0 && errno == EINTR) {
        return false;
    }
    host_input_push(bytes, got > 0 ? (size_t)got : 0);
    return false;
}

static int timeout_ms(uint64_t deadline_ns)
{
    uint64_t now_ns = host_clock_ns();

    if (deadline_ns == UINT64_MAX) {
        return -1;
    }
    return deadline_ns <= now_ns
               ? 0
               : (int)((deadline_ns - now_ns + 999999) / 1000000 % 3600000);
}

_Noreturn void host_device_loop(void)
{
    sigset_t asked = mask_before;
    uint64_t deadline_ns = UINT64_MAX;
    bool input = sim_options.live;
    bool stopping = false;

    pthread_sigmask(SIG_SETMASK, NULL, &asked);
    if (sim_options.timeout_s != 0) {
        deadline_ns = sim_options.timeout_s * 1000000000u;
    }
    int signals = signalfd(-1, &asked, SFD_CLOEXEC | SFD_NONBLOCK);

    for (;;) {
        bool room = input && host_input_room();
        struct pollfd files[2] = {
            {.fd = signals, .events = POLLIN},
            {.fd = room ? STDIN_FILENO : -1, .events = POLLIN},
        };
        struct signalfd_siginfo info;
        int wait_ms = timeout_ms(deadline_ns);

        poll(files, 2, input && !room && wait_ms < 0 ? 20 : wait_ms);
        if (host_clock_ns() >= deadline_ns && stopping) {
            host_stop_asked(); /* it did not: end without it */
        }
        int status = -1;
        const char *reason = NULL;

        if (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
            status = 128 + (int)info.ssi_signo;
        } else if (host_clock_ns() >= deadline_ns) {
            status = STATUS_TIMEOUT;
            reason = "the time limit has passed";
        } else if (files[1].revents != 0 && forward_input()) {
            status = 0;
        }
        if (status >= 0 && !stopping) {
            stopping = true;
            deadline_ns = host_clock_ns() + PATIENCE_NS;
            ask_to_stop(status, reason);
        }
    }
}

/* -------------------------------------------------------------------- start */

/* Copies the boot package to the top of memory. */
static bool load_package(void)
{
    struct stat status;

    package_phys = sim_options.memory_bytes;
    if (sim_options.package == NULL) {
        return true;
    }
    int file = open(sim_options.package, O_RDONLY | O_CLOEXEC);

    if (file < 0 || fstat(file, &status) != 0) {
        fprintf(stderr, "capos-sim: %s: %s\n", sim_options.package,
                strerror(errno));
        return false;
    }
    package_bytes = (uint64_t)status.st_size;
    if (!S_ISREG(status.st_mode) ||
        package_bytes > sim_options.memory_bytes / 2) {
        fprintf(stderr, "capos-sim: %s: %s\n", sim_options.package,
                S_ISREG(status.st_mode) ? "does not fit into --memory"
                                        : "not a file");
        return false;
    }
    package_phys = (package_phys - package_bytes) & ~(uint64_t)(PAGE_SIZE - 1);
    uint64_t done = 0;
    ssize_t got = 1;

    while (done < package_bytes && got > 0) {
        got = read(file, hal_sim_memory + package_phys + done,
                   package_bytes - done);
        done += got > 0 ? (uint64_t)got : 0;
    }
    close(file);
    return done == package_bytes;
}

static void block_signals(void)
{
    static const int asking[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    sigset_t mask;

    sigemptyset(&mask);
    for (size_t i = 0; i < sizeof(asking) / sizeof(asking[0]); i++) {
        sigaddset(&mask, asking[i]);
    }
    pthread_sigmask(SIG_BLOCK, &mask, &mask_before);
    signal(SIGPIPE, SIG_IGN);
}

/* False: the recording does not fit, or the new one cannot be made. */
static bool start_recording(char **words)
{
    const void *package = hal_sim_memory + package_phys;

    if (sim_options.replay_path != NULL) {
        return host_replay_check(package, package_bytes);
    }
    return host_record_start(package, package_bytes, words);
}

/* On the thread of CPU 0: the machine starts. */
static void *run_first(void *argument)
{
    struct sim_cpu *cpu = argument;

    host_thread_init(&cpu_hosts[0], cpu);
    host_timer_start();
    sim_boot(package_phys, package_bytes);
}

static void *run_other(void *argument)
{
    struct sim_cpu *cpu = argument;

    host_thread_init(&cpu_hosts[cpu->number], cpu);
    host_timer_start();
    sim_cpu_start();
}

bool host_cpu_start(struct sim_cpu *cpu)
{
    return host_thread_start(cpu, run_other);
}

static void make_cpus(void)
{
    hal_sim_cpu_count = sim_options.cpus;
    for (uint32_t i = 0; i < hal_sim_cpu_count; i++) {
        hal_sim_cpus[i].number = i;
        hal_sim_cpus[i].deadline_ns = UINT64_MAX;
    }
}

int main(int argc, char **argv)
{
    host_thread_init(&main_host, NULL);
    host_clock_ns();
    host_options_read(argc, argv);
    arguments = argv;
    if (readlink("/proc/self/exe", self_path, sizeof(self_path) - 1) < 0) {
        self_path[0] = '\0';
    }
    if (!host_memory_init(sim_options.memory_bytes)) {
        fprintf(stderr, "capos-sim: the host gives no memory for --memory\n");
        return STATUS_USAGE;
    }
    if (!load_package() || !start_recording(argv)) {
        return STATUS_USAGE;
    }
    make_cpus();
    block_signals();
    if (!host_console_init()) {
        return STATUS_USAGE;
    }
    host_signal_init();
    sim_space_setup();
    if (!sim_valgrind_running() &&
        !host_seccomp_init(sim_space_low(), sim_space_high())) {
        fprintf(stderr, "capos-sim: no seccomp: programs can call Linux\n");
    }
    if (!host_thread_start(&hal_sim_cpus[0], run_first)) {
        host_console_fini();
        fprintf(stderr, "capos-sim: the host gives no thread\n");
        return STATUS_USAGE;
    }
    host_device_loop();
}
