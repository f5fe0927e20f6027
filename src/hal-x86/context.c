/*
 * context.c - contexts as core sees them, and the traps that end in core.
 *
 * entry.S saves and resumes; here a vector becomes a core_on_*.
 */
#include "internal.h"

#include "x86.h"

#define FCW_DEFAULT 0x37fu
#define MXCSR_DEFAULT 0x1f80u

#define REPORTS_MAX 8u /* of things that should not happen */

#define VECTOR_NMI 2u
#define VECTOR_DEBUG 1u
#define VECTOR_DOUBLE 8u
#define VECTOR_PROTECTION 13u
#define VECTOR_PAGE 14u

void x86_trap_user(uint32_t vector, uint32_t error, uint64_t address);
void x86_trap_idle(uint32_t vector);
void x86_trap_gate(void);
void x86_trap_address(void);
void x86_trap_frame(struct x86_frame *frame);
void x86_trap_paranoid(struct x86_frame *frame);

void hal_context_init(struct hal_context *context, uint64_t entry,
                      uint64_t stack, uint64_t argument)
{
    if ((uint64_t)context % _Alignof(struct hal_context) != 0) {
        hal_stop("a context is not aligned");
    }
    memset(context, 0, sizeof(*context));
    context->kind = X86_KIND_FULL;
    context->rdi = argument;
    context->rsp = stack;
    context->rip = entry;
    context->rflags = X86_RFLAGS_USER;
    context->fx[CTX_FX_FCW - CTX_FX] = FCW_DEFAULT & 0xff;
    context->fx[CTX_FX_FCW - CTX_FX + 1] = FCW_DEFAULT >> 8;
    context->fx[CTX_FX_MXCSR - CTX_FX] = MXCSR_DEFAULT & 0xff;
    context->fx[CTX_FX_MXCSR - CTX_FX + 1] = MXCSR_DEFAULT >> 8;
}

void hal_context_tls(struct hal_context *context, uint64_t base)
{
    /* WRMSR would fault on an address that is not canonical. */
    context->fs_base = base >> 47 == 0 ? base : 0;
    context->token = 0; /* loaded with everything else at the next resume */
}

/* ------------------------------------------------------------- interrupts */

static void irq_unexpected(uint32_t vector)
{
    static uint32_t reported;

    if (x86_apic_in_service(vector)) {
        x86_apic_eoi();
    }
    if (__atomic_fetch_add(&reported, 1, __ATOMIC_RELAXED) < REPORTS_MAX) {
        x86_log("interrupt %u has no owner", vector);
    }
}

/* False: core was not told of it, or is to be told by a tick. */
static bool irq_deliver(uint32_t vector)
{
    switch (vector) {
    case X86_VECTOR_TIMER:
        x86_apic_eoi();
        x86_clock_tick();
        return false;
    case X86_VECTOR_COM1:
    case X86_VECTOR_COM2:
        x86_apic_eoi();
        return x86_serial_irq(vector - X86_VECTOR_COM1);
    case X86_VECTOR_ATTENTION:
        x86_apic_eoi();
        return x86_smp_attention();
    case X86_VECTOR_APIC_ERROR:
        x86_log("local APIC error 0x%x", x86_apic_error());
        x86_apic_eoi();
        return false;
    case X86_VECTOR_SPURIOUS:
        return false; /* no end of interrupt (SDM 3A 11.9) */
    default:
        irq_unexpected(vector);
        return false;
    }
}

/*
 * Every interrupt that hal_irq_pending shows leads to a core_on_*: core may have
 * put work off because of it, and goes on only when it is called.
 */
static void irq(uint32_t vector)
{
    if (vector == X86_VECTOR_FLUSH) {
        hal_x86_flush_answer();
        x86_apic_eoi();
    } else if (!irq_deliver(vector) && x86_cpu_self()->in_core) {
        core_on_tick();
    }
}

/* Interrupt or exception in user mode; the context is saved. */
void x86_trap_user(uint32_t vector, uint32_t error, uint64_t address)
{
    struct hal_fault fault = {
        .vector = vector,
        .error = error,
        .ip = x86_cpu_self()->head.current->rip,
        .address = vector == VECTOR_PAGE ? address : 0,
    };

    if (vector >= 32) {
        irq(vector);
    } else {
        core_on_fault(&fault);
    }
}

void x86_trap_idle(uint32_t vector)
{
    irq(vector);
}

/* A system call whose return address is not the gate's. */
void x86_trap_gate(void)
{
    struct hal_fault fault = {
        .vector = HAL_FAULT_GATE,
        .ip = x86_cpu_self()->head.current->rip - X86_GATE_SYSCALL_BYTES,
    };

    core_on_fault(&fault);
}

/* A context was to be resumed at an address that is none (IRET would fault). */
void x86_trap_address(void)
{
    struct hal_fault fault = {
        .vector = VECTOR_PROTECTION,
        .ip = x86_cpu_self()->head.current->rip,
    };

    core_on_fault(&fault);
}

/* ------------------------------------------------------ traps in the kernel */

static bool fault_of_copy(const struct x86_frame *frame)
{
    const struct hal_space *space = x86_cpu_self()->head.space;

    return frame->vector == VECTOR_PAGE && space != NULL &&
           x86_read_cr2() - space->base < X86_SPACE_BYTES &&
           frame->rip >= (uint64_t)x86_user_copy_begin &&
           frame->rip < (uint64_t)x86_user_copy_end;
}

/* A fault in the kernel: right only while copying from or to user memory. */
void x86_trap_frame(struct x86_frame *frame)
{
    if (fault_of_copy(frame)) {
        frame->rip = (uint64_t)x86_user_copy_fault;
        return;
    }
    x86_stop_frame("exception in the kernel", frame);
}

/* NMI anywhere, #DB in the kernel: reported and left. #DF, #MC: the end. */
void x86_trap_paranoid(struct x86_frame *frame)
{
    static uint32_t reported;

    if (frame->vector == VECTOR_DOUBLE) {
        x86_stop_frame("double fault (a kernel stack overflow?)", frame);
    }
    if (frame->vector != VECTOR_NMI && frame->vector != VECTOR_DEBUG) {
        x86_stop_frame("machine check", frame);
    }
    if (frame->vector == VECTOR_NMI && x86_stopping_elsewhere()) {
        x86_stop_obey(frame);
    }
    if (frame->vector == VECTOR_DEBUG) {
        frame->rflags &= ~UINT64_C(0x100);
    }
    if (__atomic_fetch_add(&reported, 1, __ATOMIC_RELAXED) < REPORTS_MAX) {
        x86_log("%s at 0x%lx, ignored",
                frame->vector == VECTOR_NMI ? "NMI" : "debug exception",
                (unsigned long)frame->rip);
    }
}
