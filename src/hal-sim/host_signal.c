/*
 * host_signal.c - signals as the interrupt lines of a virtual CPU.
 *
 * The handler does what a CPU does: it notes where it was and why, and enters
 * the kernel in the way of the gate that is linked (host_cross.h). It runs on
 * the alternate stack with the user's FS base loaded, so this file is compiled
 * without sanitizers, stack protector and coverage, and the handler calls
 * nothing of libc.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "host_cross.h"
#include "host_thread.h"
#include "sim.h"

enum {
    VECTOR_DIVIDE = 0,
    VECTOR_DEBUG = 1,
    VECTOR_BREAKPOINT = 3,
    VECTOR_INVALID_OPCODE = 6,
    VECTOR_PROTECTION = 13,
    VECTOR_PAGE = 14,
    VECTOR_X87 = 16,
    VECTOR_ALIGNMENT = 17,
    VECTOR_SIMD = 19,
    OPCODE_HLT = 0xf4,
    ERROR_USER = 4,
    /* si_code values of Linux that sigaction(2) names. */
    SEGV_FROM_KERNEL = 0x80,
};

/* The kernel's struct sigaction (not libc's), for the raw system call. */
struct kernel_sigaction {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
};

/* edge.S: clean the flags, then go to host_on_fault, host_on_line. */
void sim_signal_fault(int signal_number, siginfo_t *info, void *frame);
void sim_signal_line(int signal_number, siginfo_t *info, void *frame);
void host_on_fault(int signal_number, siginfo_t *info, void *frame);
void host_on_line(int signal_number, siginfo_t *info, void *frame);

struct fault {
    uint64_t vector;
    uint64_t error;
    uint64_t address;
};

/* Linux tells the CPU's own vector and error code; Valgrind not always. */
static struct fault classify(int signal_number, const siginfo_t *info,
                             const greg_t *registers)
{
    struct fault fault = {
        .vector = (uint64_t)registers[REG_TRAPNO],
        .error = (uint64_t)registers[REG_ERR],
        .address = (uint64_t)registers[REG_CR2],
    };

    switch (signal_number) {
    case SIGSYS:
        return (struct fault){.vector = HAL_FAULT_GATE};
    case SIGFPE:
        if (info->si_code == FPE_INTDIV) {
            fault.vector = VECTOR_DIVIDE;
        } else if (fault.vector != VECTOR_X87) {
            fault.vector = VECTOR_SIMD;
        }
        break;
    case SIGILL:
        /* Valgrind reports hlt like this. */
        fault.vector = VECTOR_INVALID_OPCODE;
        if (*(const uint8_t *)registers[REG_RIP] == OPCODE_HLT) {
            fault.vector = VECTOR_PROTECTION;
        }
        break;
    case SIGTRAP:
        if (fault.vector != VECTOR_DEBUG) {
            fault.vector = VECTOR_BREAKPOINT;
        }
        break;
    case SIGBUS:
        if (info->si_code == BUS_ADRALN) {
            fault.vector = VECTOR_ALIGNMENT;
        }
        break;
    default:
        if (fault.vector == VECTOR_DIVIDE) { /* Valgrind did not say */
            fault.vector = info->si_code == SEGV_FROM_KERNEL ? VECTOR_PROTECTION
                                                             : VECTOR_PAGE;
        }
        break;
    }
    if (fault.vector == VECTOR_PAGE) {
        fault.address = (uint64_t)info->si_addr;
        fault.error |= ERROR_USER;
    }
    return fault;
}

static bool between(uint64_t value, const char *begin, const char *end)
{
    return value >= (uint64_t)begin && value < (uint64_t)end;
}

static void kernel_fault(struct sim_host *host, const struct fault *fault,
                         greg_t *registers)
{
    static uint64_t panic_stack[8192];
    const struct sim_cpu *cpu = host->cpu;
    uint64_t rsp = (uint64_t)registers[REG_RSP];
    uint64_t *top = (uint64_t *)((rsp - 512) & ~15ull);

    host->fault_vector = fault->vector;
    host->fault_error = fault->error;
    host->fault_address = fault->address;
    if (rsp < cpu->stack_low + 32768 || rsp > cpu->stack_high) {
        top = &panic_stack[8192 - 16]; /* the stack itself is the trouble */
    }
    top[0] = (uint64_t)registers[REG_RIP];
    top[1] = (uint64_t)registers[REG_RBP];
    top[2] = rsp;
    registers[REG_RIP] = (greg_t)sim_kernel_fault_entry;
    registers[REG_RSP] = (greg_t)top;
    registers[REG_EFL] = SIM_FLAGS_CLEAN;
}

void host_on_fault(int signal_number, siginfo_t *info, void *frame)
{
    struct sim_host *host = sim_host_self();
    greg_t *registers = ((ucontext_t *)frame)->uc_mcontext.gregs;
    struct fault fault = classify(signal_number, info, registers);

    if (host_cross_blames_program(host, frame, fault.vector)) {
        struct hal_context *context = host->cpu->current;

        context->vector = (uint32_t)fault.vector;
        context->error = fault.error;
        context->address = fault.address;
        host_cross_fault(host, frame);
    } else if (between((uint64_t)registers[REG_RIP], sim_copy_begin,
                       sim_copy_end)) {
        registers[REG_RIP] = (greg_t)sim_copy_fail;
    } else if (!host_cross_repair(frame)) {
        kernel_fault(host, &fault, registers);
    }
}

/* True if the program has run since the timer's last look without entering. */
static bool hogs(struct sim_host *host, bool running)
{
    uint64_t entries = sync_peek64(&host->entries);
    bool entered = host->entries_seen != entries;

    host->entries_seen = entries;
    return running && !entered && host->mode == SIM_MODE_USER;
}

/* A line was raised: by the timer, or by another host thread. */
void host_on_line(int signal_number, siginfo_t *info, void *frame)
{
    struct sim_host *host = sim_host_self();
    greg_t *registers = ((ucontext_t *)frame)->uc_mcontext.gregs;
    uint64_t rip = (uint64_t)registers[REG_RIP];

    (void)info;
    if (host->cpu == NULL) {
        return; /* not a virtual CPU */
    }
    const struct hal_space *space = sync_load_pointer(&host->cpu->space);
    bool leaving = host_cross_leaving(host, frame);
    bool running = host->mode == SIM_MODE_USER && host_cross_preempts() &&
                   space != NULL && rip - space->base < space->size;

    if (signal_number == HOST_SIGNAL_TIMER) {
        if (!hogs(host, running || leaving)) {
            return; /* it enters by itself, or is just about to */
        }
        sync_or64(&host->cpu->pending, SIM_PENDING_PREEMPT);
    }
    if (leaving) {
        host_cross_leave(host, frame);
    } else if (running) {
        host->cpu->current->vector = SIM_VECTOR_LINE;
        host_cross_interrupt(host, frame);
    } /* else the way out of the kernel, or the gate, finds it pending */
}

static void handle(int signal_number, void (*handler)(int, siginfo_t *, void *))
{
    struct kernel_sigaction action = {
        .handler = handler,
        /* SA_RESTORER is not in libc's headers. */
        .flags = SA_SIGINFO | SA_ONSTACK | 0x04000000,
        .restorer = (void (*)(void))sim_sigreturn,
        .mask = ~0ul,
    };

    syscall(SYS_rt_sigaction, signal_number, &action, NULL, 8);
}

void host_signal_send(pid_t thread, int signal_number)
{
    syscall(SYS_tgkill, getpid(), thread, signal_number);
}

void host_signal_init(void)
{
    static const int faults[] = {SIGSEGV, SIGBUS,  SIGFPE,
                                 SIGILL,  SIGTRAP, SIGSYS};

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        handle(faults[i], sim_signal_fault);
    }
    handle(HOST_SIGNAL_TIMER, sim_signal_line);
    handle(HOST_SIGNAL_KICK, sim_signal_line);
}
