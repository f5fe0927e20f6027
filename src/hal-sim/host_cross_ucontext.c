/*
 * host_cross_ucontext.c - the gate and the way out of the kernel on glibc's
 * calls: configure --enable-ucontext-switch.
 *
 * The portable choice beside gate.S, tens of times slower. A program calls
 * sim_gate as a C function; on the program's stack that swaps to a context on
 * the CPU's stack, and so the program's registers are in a ucontext_t, from
 * where they go into the thread. A thread that waits is thus saved inside
 * sim_gate, and debuggers unwind it like any other code. setcontext cannot load
 * what a preempted or new thread needs (rax, r10, r11, flags, xmm): for these
 * the CPU sends itself a signal whose handler overwrites its own frame.
 *
 * Invariants. What is on the program's stack can fault at any instruction
 * (SIM_MODE_CROSSING), and then it is the program's fault. A line raised there
 * stays pending: the way out sees it or, in its last instructions, the next
 * entry or the timer's next look. Under Valgrind nothing is preempted, because
 * its signal frames hold no FP state.
 *
 * This file runs with a program's FS base loaded, or in the signal handler: it
 * is compiled without sanitizers, and calls only what uses no thread-local
 * storage.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "host_cross.h"
#include "host_thread.h"
#include "sim.h"
#include "sim_valgrind.h"

#define STACK_BYTES (512u * 1024u)
#define FX_STATE_BYTES 416u /* of 512: the rest is Linux's own */

/* What each CPU needs for its crossings. */
struct cross {
    ucontext_t entered; /* as the gate saved it */
    ucontext_t kernel;  /* on_gate, at the top of the CPU's stack */
    ucontext_t leaving; /* what setcontext loads */
    uint64_t call[3];   /* the gate's arguments */
    pid_t thread;
};

static struct cross crosses[SIM_CPUS_MAX];
static pid_t process;
static bool preempts;

static inline struct cross *cross_self(void)
{
    return &crosses[hal_cpu_self()];
}

static inline void mode_set(uint32_t mode)
{
    __asm__ volatile("movl %0, %%gs:%c1" : : "ri"(mode), "i"(HOST_MODE)
                     : "memory");
}

/* ------------------------------------------------------------------ way out */

/* The context is inside sim_gate: goes back there. */
static void load_call(const struct hal_context *context)
{
    struct cross *cross = cross_self();
    greg_t *registers = cross->leaving.uc_mcontext.gregs;

    registers[REG_RIP] = (greg_t)context->rip;
    registers[REG_RSP] = (greg_t)context->rsp;
    registers[REG_RBP] = (greg_t)context->rbp;
    registers[REG_RBX] = (greg_t)context->rbx;
    registers[REG_R12] = (greg_t)context->r12;
    registers[REG_R13] = (greg_t)context->r13;
    registers[REG_R14] = (greg_t)context->r14;
    registers[REG_R15] = (greg_t)context->r15;
    cross->leaving.uc_mcontext.fpregs->cwd = (uint16_t)context->fcw;
    cross->leaving.uc_mcontext.fpregs->mxcsr = context->mxcsr;
    mode_set(SIM_MODE_CROSSING);
    setcontext(&cross->leaving);
}

/* Any registers: by host_cross_leave. Returns if a line was pending. */
static void load_all(const struct hal_context *context)
{
    if (context->fs_base != 0 && context->fs_base != sim_host_self()->fs_now) {
        sim_fs_load(context->fs_base);
    }
    mode_set(SIM_MODE_LEAVING);
    syscall(SYS_tgkill, process, cross_self()->thread, HOST_SIGNAL_KICK);
    mode_set(SIM_MODE_KERNEL);
}

static _Noreturn void resume(void)
{
    for (;;) {
        const struct hal_context *context = sim_cpu_self()->current;

        if (sync_load64(&sim_cpu_self()->pending) != 0) {
            sim_interrupts();
        } else if (context == NULL) {
            sim_idle();
        } else if (context->kind == SIM_KIND_SYNC) {
            load_call(context);
        } else {
            load_all(context);
        }
    }
}

/* ------------------------------------------------------------------ way in */

/* On the CPU's stack: a program has called. */
static void on_gate(void)
{
    struct cross *cross = cross_self();
    const greg_t *registers = cross->entered.uc_mcontext.gregs;
    struct hal_context *context = sim_cpu_self()->current;

    mode_set(SIM_MODE_KERNEL);
    context->rip = (uint64_t)registers[REG_RIP];
    context->rsp = (uint64_t)registers[REG_RSP];
    context->rbp = (uint64_t)registers[REG_RBP];
    context->rbx = (uint64_t)registers[REG_RBX];
    context->r12 = (uint64_t)registers[REG_R12];
    context->r13 = (uint64_t)registers[REG_R13];
    context->r14 = (uint64_t)registers[REG_R14];
    context->r15 = (uint64_t)registers[REG_R15];
    context->fcw = cross->entered.uc_mcontext.fpregs->cwd;
    context->mxcsr = cross->entered.uc_mcontext.fpregs->mxcsr;
    context->kind = SIM_KIND_SYNC;
    sim_syscall(cross->call[0], cross->call[1], cross->call[2]);
    resume();
}

/* The same after a fault or a line. */
static void on_trap(struct hal_context *context)
{
    sim_trap(context);
    resume();
}

/*
 * Into the kernel, and back when this thread is resumed. The kernel's first
 * frame gets sim_gate for its caller, so that backtraces lead to the program.
 */
__attribute__((noinline)) static void enter_kernel(void)
{
    struct cross *cross = cross_self();
    const uint64_t *frame = __builtin_frame_address(0);
    greg_t *registers = cross->kernel.uc_mcontext.gregs;

    registers[REG_RBP] = (greg_t)frame[0];
    *(uint64_t *)registers[REG_RSP] = frame[1];
    swapcontext(&cross->entered, &cross->kernel);
}

int64_t sim_gate(uint64_t number, uint64_t a0, uint64_t a1)
{
    mode_set(SIM_MODE_CROSSING);
    __builtin_ia32_writeeflags_u64(SIM_FLAGS_CLEAN);
    sim_fs_host();
    struct cross *cross = cross_self();

    cross->call[0] = number;
    cross->call[1] = a0;
    cross->call[2] = a1;
    enter_kernel();

    const struct hal_context *context = sim_cpu_self()->current;
    int64_t result = (int64_t)context->rax;

    if (context->fs_base != 0 && context->fs_base != sim_host_self()->fs_now) {
        sim_fs_load(context->fs_base);
    }
    /* Nothing that others left in the registers of a call goes along. */
    __asm__ volatile(
        "pxor %%xmm0, %%xmm0; pxor %%xmm1, %%xmm1; pxor %%xmm2, %%xmm2\n\t"
        "pxor %%xmm3, %%xmm3; pxor %%xmm4, %%xmm4; pxor %%xmm5, %%xmm5\n\t"
        "pxor %%xmm6, %%xmm6; pxor %%xmm7, %%xmm7; pxor %%xmm8, %%xmm8\n\t"
        "pxor %%xmm9, %%xmm9; pxor %%xmm10, %%xmm10; pxor %%xmm11, %%xmm11\n\t"
        "pxor %%xmm12, %%xmm12; pxor %%xmm13, %%xmm13\n\t"
        "pxor %%xmm14, %%xmm14; pxor %%xmm15, %%xmm15\n\t"
        "xorl %%ecx, %%ecx; xorl %%edx, %%edx; xorl %%esi, %%esi\n\t"
        "xorl %%edi, %%edi; xorl %%r8d, %%r8d; xorl %%r9d, %%r9d\n\t"
        "xorl %%r10d, %%r10d; xorl %%r11d, %%r11d\n\t"
        "movl %0, %%gs:%c1"
        :
        : "i"(SIM_MODE_USER), "i"(HOST_MODE)
        : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm0", "xmm1",
          "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
          "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc", "memory");
    return result;
}

_Noreturn void sim_enter(void)
{
    struct cross *cross = cross_self();
    char stack[STACK_BYTES]; /* stays: this function does not return */
    ucontext_t first;

    process = getpid();
    cross->thread = (pid_t)syscall(SYS_gettid);
    preempts = !sim_valgrind_running();
    getcontext(&cross->leaving);
    getcontext(&cross->kernel);
    cross->kernel.uc_stack.ss_sp = stack;
    cross->kernel.uc_stack.ss_size = sizeof(stack);
    makecontext(&cross->kernel, on_gate, 0);
    sim_cpu_self()->stack_top =
        (uint64_t)cross->kernel.uc_mcontext.gregs[REG_RSP];

    getcontext(&first);
    first.uc_stack = cross->kernel.uc_stack;
    makecontext(&first, (void (*)(void))resume, 0);
    setcontext(&first);
    hal_stop("the host loads no context");
}

/* ----------------------------------------------------- in the signal handler */

/* Member of struct hal_context for a register of the signal frame. */
#define REGISTERS(X)                                                           \
    X(rip, REG_RIP)                                                            \
    X(rsp, REG_RSP)                                                            \
    X(rbp, REG_RBP)                                                            \
    X(rbx, REG_RBX)                                                            \
    X(r12, REG_R12)                                                            \
    X(r13, REG_R13)                                                            \
    X(r14, REG_R14)                                                            \
    X(r15, REG_R15)                                                            \
    X(rax, REG_RAX)                                                            \
    X(rcx, REG_RCX)                                                            \
    X(rdx, REG_RDX)                                                            \
    X(rsi, REG_RSI)                                                            \
    X(rdi, REG_RDI)                                                            \
    X(r8, REG_R8)                                                              \
    X(r9, REG_R9)                                                              \
    X(r10, REG_R10)                                                            \
    X(r11, REG_R11)                                                            \
    X(flags, REG_EFL)

static void copy_state(void *to, const void *from)
{
    for (uint32_t i = 0; i < FX_STATE_BYTES; i++) {
        ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    }
}

bool host_cross_blames_program(const struct sim_host *host, const void *frame,
                               uint64_t vector)
{
    (void)frame, (void)vector;
    return host->mode == SIM_MODE_USER || host->mode == SIM_MODE_CROSSING;
}

void host_cross_fault(struct sim_host *host, void *frame)
{
    host_cross_interrupt(host, frame);
}

void host_cross_interrupt(struct sim_host *host, void *frame)
{
    mcontext_t *machine = &((ucontext_t *)frame)->uc_mcontext;
    struct hal_context *context = host->cpu->current;
    uint64_t *top = (uint64_t *)host->cpu->stack_top;

#define SAVE(member, number)                                                   \
    context->member = (uint64_t)machine->gregs[number];
    REGISTERS(SAVE)
    context->kind = SIM_KIND_FULL;
    copy_state(context->fx, machine->fpregs);

    /* As if the program had called on_trap, on the CPU's stack. */
    *top = context->rip;
    machine->gregs[REG_RIP] = (greg_t)on_trap;
    machine->gregs[REG_RSP] = (greg_t)top;
    machine->gregs[REG_RDI] = (greg_t)context;
    machine->gregs[REG_EFL] = SIM_FLAGS_CLEAN;
    machine->fpregs->cwd = SIM_FCW_DEFAULT;
    machine->fpregs->swd = 0;
    machine->fpregs->ftw = 0; /* FXSAVE's form: all empty */
    machine->fpregs->mxcsr = SIM_MXCSR_DEFAULT;
    host->mode = SIM_MODE_KERNEL;
}

bool host_cross_repair(void *frame)
{
    (void)frame;
    return false;
}

bool host_cross_leaving(const struct sim_host *host, const void *frame)
{
    (void)frame;
    return host->mode == SIM_MODE_LEAVING;
}

void host_cross_leave(struct sim_host *host, void *frame)
{
    mcontext_t *machine = &((ucontext_t *)frame)->uc_mcontext;
    const struct hal_context *context = host->cpu->current;

    if (sync_load64(&host->cpu->pending) != 0) {
        host->mode = SIM_MODE_KERNEL; /* and resume looks again */
        return;
    }
#define LOAD(member, number)                                                   \
    machine->gregs[number] = (greg_t)context->member;
    REGISTERS(LOAD)
    copy_state(machine->fpregs, context->fx);
    host->mode = SIM_MODE_USER;
}

bool host_cross_preempts(void)
{
    return preempts;
}
