/*
 * host_thread.c - host threads that run virtual CPUs.
 *
 * Their stacks lie below all windows: gdb takes a caller's frame at a lower
 * address than its callee's for a corrupt stack, and the callers of the kernel
 * are programs.
 */
#include "host_thread.h"

#include <asm/prctl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "host_files.h"
#include "sim.h"
#include "sim_sanitizer.h"
#include "sim_valgrind.h"

#define STACK_BYTES (1024u * 1024u)
#define GUARD_BYTES 65536u
#define SIGNAL_STACK_BYTES 65536u
#define HWCAP2_FSGSBASE_BIT 2u
#define ROUNDS_A_YIELD 64u

/*
 * A program is preempted when it has not entered for one to two periods: of CPU
 * time at first, so that a busy host does not spoil a run that would repeat.
 */
#define HOG_NS (200ull * 1000 * 1000)
#define HOG_VALGRIND_NS (2ull * 1000 * 1000 * 1000)
#define SLICE_NS (1000ull * 1000)
#define SLICE_VALGRIND_NS (10ull * 1000 * 1000)

/* So far apart that no tool takes the stacks of CPUs for one. */
#define STACK_STRIDE (4ull << 20)

static __thread timer_t timer;
static __thread bool often;
static sync_u32 threads[SIM_CPUS_MAX]; /* that run CPUs, 0: not yet */

static uint64_t fs_base(void)
{
    uint64_t base = 0;

    syscall(SYS_arch_prctl, ARCH_GET_FS, &base);
    return base;
}

void host_thread_init(struct sim_host *host, struct sim_cpu *cpu)
{
    stack_t signals = {.ss_size = SIGNAL_STACK_BYTES};

    host->self = host;
    host->cpu = cpu;
    host->mode = SIM_MODE_KERNEL;
    host->host_fs = fs_base();
    host->fs_now = host->host_fs;
    host->fsgsbase = (getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE_BIT) != 0;
    host->eager_fs = SIM_SANITIZED;
    syscall(SYS_arch_prctl, ARCH_SET_GS, host);
    signals.ss_sp = mmap(NULL, SIGNAL_STACK_BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaltstack(&signals, NULL);
    if (cpu != NULL) {
        sync_store(&threads[cpu->number], (uint32_t)syscall(SYS_gettid));
    }
}

/* Where the stacks of the CPUs are to begin. */
static uint64_t stacks_base(void)
{
    return sim_valgrind_running() ? SIM_VALGRIND_STACK_BASE : SIM_STACK_BASE;
}

bool host_stack_map(struct sim_cpu *cpu)
{
    void *wanted = (void *)(stacks_base() + cpu->number * STACK_STRIDE);
    char *low = mmap(wanted, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

    if (low == MAP_FAILED || mprotect(low, GUARD_BYTES, PROT_NONE) != 0) {
        return false;
    }
    cpu->stack_low = (uint64_t)low + GUARD_BYTES;
    cpu->stack_high = cpu->stack_low + STACK_BYTES;
    return true;
}

bool host_thread_start(struct sim_cpu *cpu, void *(*body)(void *))
{
    pthread_attr_t attributes;
    pthread_t thread;

    sim_fs_host();
    return host_stack_map(cpu) && pthread_attr_init(&attributes) == 0 &&
           pthread_attr_setstack(&attributes, (void *)cpu->stack_low,
                                 STACK_BYTES) == 0 &&
           pthread_create(&thread, &attributes, body, cpu) == 0;
}

/* Starts the timer of the calling thread, by clock, every ns nanoseconds. */
static void timer_every(clockid_t clock, uint64_t ns)
{
    struct timespec period = {
        .tv_sec = (time_t)(ns / 1000000000),
        .tv_nsec = (long)(ns % 1000000000),
    };
    struct itimerspec setting = {.it_interval = period, .it_value = period};
    struct sigevent event = {
        .sigev_notify = SIGEV_THREAD_ID,
        .sigev_signo = HOST_SIGNAL_TIMER,
    };

    event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    if (timer_create(clock, &event, &timer) != 0 ||
        timer_settime(timer, 0, &setting, NULL) != 0) {
        hal_stop("the host offers no timer");
    }
}

static void timer_start(void)
{
    if (often) {
        timer_every(CLOCK_MONOTONIC,
                    sim_valgrind_running() ? SLICE_VALGRIND_NS : SLICE_NS);
    } else if (sim_options.parallel) {
        timer_every(CLOCK_THREAD_CPUTIME_ID, SLICE_NS);
    } else if (sim_options.realtime) {
        timer_every(CLOCK_MONOTONIC, SLICE_NS);
    } else {
        timer_every(CLOCK_THREAD_CPUTIME_ID,
                    sim_valgrind_running() ? HOG_VALGRIND_NS : HOG_NS);
    }
}

void host_thread_copied(void)
{
    sync_store(&threads[0], (uint32_t)syscall(SYS_gettid));
    timer_start(); /* a copy has none */
}

void host_timer_start(void)
{
    sigset_t mask;

    sigemptyset(&mask);
    sigaddset(&mask, HOST_SIGNAL_TIMER);
    sigaddset(&mask, HOST_SIGNAL_KICK);
    pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
    timer_start();
}

/* Not by CPU time any more: Linux looks at that every few milliseconds only. */
void host_preempt_often(void)
{
    sim_fs_host();
    if (!often) {
        often = true;
        timer_delete(timer);
        timer_start();
    }
}

void host_kick(uint32_t cpu)
{
    pid_t thread = (pid_t)sync_load(&threads[sim_options.parallel ? cpu : 0]);

    if (thread != 0) {
        host_signal_send(thread, HOST_SIGNAL_KICK);
    }
}

void host_kick_all(uint64_t pending)
{
    for (uint32_t i = 0; i < hal_sim_cpu_count; i++) {
        sim_pending_set(&hal_sim_cpus[i], pending);
        host_kick(i);
    }
}

void host_relax(void)
{
    static __thread uint32_t rounds;

    __builtin_ia32_pause();
    sim_fs_host();
    if (++rounds % ROUNDS_A_YIELD == 0) {
        sched_yield(); /* who holds what is spun for may wait for this CPU */
    }
}
