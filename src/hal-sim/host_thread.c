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
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "sim.h"
#include "sim_valgrind.h"

#define STACK_BYTES (1024u * 1024u)
#define GUARD_BYTES 65536u
#define SIGNAL_STACK_BYTES 65536u
#define HWCAP2_FSGSBASE_BIT 2u

/*
 * A program is preempted when it has not entered for one to two periods: of CPU
 * time at first, so that a busy host does not spoil a run that would repeat.
 */
#define HOG_NS (200ull * 1000 * 1000)
#define HOG_VALGRIND_NS (2ull * 1000 * 1000 * 1000)
#define SLICE_NS (1000ull * 1000)
#define SLICE_VALGRIND_NS (10ull * 1000 * 1000)

/* The sanitizers' own code uses the host's FS base anywhere in the kernel. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static void *stack_low;
static timer_t timer;
static struct sim_host *cpu_host; /* of the one virtual CPU */
static pid_t cpu_thread;

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
    host->eager_fs = SANITIZED;
    syscall(SYS_arch_prctl, ARCH_SET_GS, host);
    signals.ss_sp = mmap(NULL, SIGNAL_STACK_BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaltstack(&signals, NULL);
    if (cpu != NULL) {
        host->stack_low = (uint64_t)stack_low;
        host->stack_high = host->stack_low + STACK_BYTES;
        cpu_thread = (pid_t)syscall(SYS_gettid);
        __atomic_store_n(&cpu_host, host, __ATOMIC_RELEASE);
    }
}

/* A stack with a guard page, below all windows if the host lets us. */
static void *map_stack(void)
{
    void *wanted =
        (void *)(sim_valgrind_running() ? 0xc0000000ull : 0x1f0000000000ull);
    char *low = mmap(wanted, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

    if (low == MAP_FAILED || mprotect(low, GUARD_BYTES, PROT_NONE) != 0) {
        return NULL;
    }
    return low + GUARD_BYTES;
}

static void *thread_main(void *body)
{
    ((void (*)(void))body)();
    return NULL;
}

bool host_thread_start(void (*body)(void))
{
    pthread_attr_t attributes;
    pthread_t thread;

    stack_low = map_stack();
    return stack_low != NULL && pthread_attr_init(&attributes) == 0 &&
           pthread_attr_setstack(&attributes, stack_low, STACK_BYTES) == 0 &&
           pthread_create(&thread, &attributes, thread_main, (void *)body) == 0;
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

void host_timer_start(void)
{
    sigset_t mask;

    sigemptyset(&mask);
    sigaddset(&mask, HOST_SIGNAL_TIMER);
    sigaddset(&mask, HOST_SIGNAL_KICK);
    pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
    if (sim_options.realtime) {
        timer_every(CLOCK_MONOTONIC, SLICE_NS);
    } else {
        timer_every(CLOCK_THREAD_CPUTIME_ID,
                    sim_valgrind_running() ? HOG_VALGRIND_NS : HOG_NS);
    }
}

/* Not by CPU time any more: Linux looks at that every few milliseconds only. */
void host_preempt_often(void)
{
    static bool often;

    sim_fs_host();
    if (!often) {
        often = true;
        timer_delete(timer);
        timer_every(CLOCK_MONOTONIC,
                    sim_valgrind_running() ? SLICE_VALGRIND_NS : SLICE_NS);
    }
}

void host_kick(uint64_t pending)
{
    struct sim_host *host = __atomic_load_n(&cpu_host, __ATOMIC_ACQUIRE);

    if (host != NULL) {
        sim_pending_set(host, pending);
        syscall(SYS_tgkill, getpid(), cpu_thread, HOST_SIGNAL_KICK);
    }
}
