/*
 * gate.S - the crossings between a user program and the simulated kernel.
 *
 *   sim_gate          user code calls it (System V, gate_fn in abi/start.h)
 *   sim_irq_entry     the signal handler sends interrupted or faulting user
 *                     code here, as a CPU goes through its interrupt gate
 *   sim_resume        leaves the kernel for the virtual CPU's current context
 *
 * Invariants. The mode word is written by single %gs-relative instructions.
 * The kernel runs on the CPU's stack, from its top anew at every entry, with
 * default control words, DF, AC and TF clear. Nothing that resume reads is
 * changed by it, so between sim_resume_begin and sim_resume_end it can be
 * abandoned at any instruction and started again: that is how a line that is
 * raised there is not lost. The first pushes at every entry are context, rip
 * and rbp of the user, so that frame pointers lead from kernel to user frames;
 * the unwind tables say the same through the context.
 */
#include "sim_layout.h"

/*
 * Unwind rules as DWARF expressions. P is an expression that leaves the context
 * pointer on the stack; the rules then add the member's offset (two bytes of
 * ULEB128, so that all are of one length).
 */
#define ULEB(x) ((x) & 0x7f) | 0x80, (x) >> 7
/* CFA = *(frame pointer's context + CTX_RSP) */
#define CFA_BY_FRAME \
    .cfi_escape 0x0f, 7, 0x76, 16, 0x06, 0x23, ULEB(CTX_RSP), 0x06
/* the same while %r8 is the context */
#define CFA_BY_R8 .cfi_escape 0x0f, 4, 0x78, ULEB(CTX_RSP), 0x06
#define REGISTER_BY_FRAME(n, offset) \
    .cfi_escape 0x10, n, 6, 0x76, 16, 0x06, 0x23, ULEB(offset)

#define SAVED_BY_FRAME                 \
    CFA_BY_FRAME;                      \
    REGISTER_BY_FRAME(3, CTX_RBX);     \
    REGISTER_BY_FRAME(6, CTX_RBP);     \
    REGISTER_BY_FRAME(12, CTX_R12);    \
    REGISTER_BY_FRAME(13, CTX_R13);    \
    REGISTER_BY_FRAME(14, CTX_R14);    \
    REGISTER_BY_FRAME(15, CTX_R15);    \
    REGISTER_BY_FRAME(16, CTX_RIP)

#define ALL_BY_FRAME                   \
    SAVED_BY_FRAME;                    \
    REGISTER_BY_FRAME(0, CTX_RAX);     \
    REGISTER_BY_FRAME(1, CTX_RDX);     \
    REGISTER_BY_FRAME(2, CTX_RCX);     \
    REGISTER_BY_FRAME(4, CTX_RSI);     \
    REGISTER_BY_FRAME(5, CTX_RDI);     \
    REGISTER_BY_FRAME(8, CTX_R8);      \
    REGISTER_BY_FRAME(9, CTX_R9);      \
    REGISTER_BY_FRAME(10, CTX_R10);    \
    REGISTER_BY_FRAME(11, CTX_R11)

    .section .rodata
    .p2align 3
sim_default_mxcsr:
    .long SIM_MXCSR_DEFAULT
sim_default_fcw:
    .word SIM_FCW_DEFAULT

    .text

/* ----------------------------------------------------------------- the gate */
    .globl sim_gate
    .type sim_gate, @function
    .p2align 6
sim_gate:
    .cfi_startproc
    movq (%rsp), %rax /* still user mode: a bad rsp is the program's fault */
    movl $SIM_MODE_KERNEL, %gs:HOST_MODE
    movq %gs:HOST_CPU, %rcx
    movq CPU_CURRENT(%rcx), %r8
    leaq 8(%rsp), %r9
    movq %rax, CTX_RIP(%r8)
    movq %r9, CTX_RSP(%r8)
    movq %rbp, CTX_RBP(%r8)
    movq %rbx, CTX_RBX(%r8)
    movq %r12, CTX_R12(%r8)
    movq %r13, CTX_R13(%r8)
    movq %r14, CTX_R14(%r8)
    movq %r15, CTX_R15(%r8)
    movl $SIM_KIND_SYNC, CTX_KIND(%r8)
    stmxcsr CTX_MXCSR(%r8)
    fnstcw CTX_FCW(%r8)
    movq %r8, CPU_LAST(%rcx)
    CFA_BY_R8
    movq CPU_STACK(%rcx), %rsp
    pushq %r8
    pushq %rax
    pushq %rbp
    movq %rsp, %rbp
    SAVED_BY_FRAME
    pushfq
    testl $SIM_FLAGS_BAD, (%rsp)
    jnz .Lgate_flags
.Lgate_flags_good:
    addq $8, %rsp
    .globl sim_gate_emms
sim_gate_emms: /* raises #MF if the program left an unmasked exception */
    emms
.Lgate_x87_empty:
    movl CTX_MXCSR(%r8), %eax
    andl $SIM_MXCSR_CONTROL, %eax
    cmpl $SIM_MXCSR_DEFAULT, %eax
    jne .Lgate_mxcsr
.Lgate_mxcsr_good:
    cmpw $SIM_FCW_DEFAULT, CTX_FCW(%r8)
    jne .Lgate_fcw
.Lgate_fcw_good:
    cmpl $0, %gs:HOST_EAGER_FS
    jne .Lgate_fs
.Lgate_fs_good:
    call sim_syscall
    jmp sim_resume
.Lgate_flags:
    movq $SIM_FLAGS_CLEAN, (%rsp)
    popfq
    pushfq
    jmp .Lgate_flags_good
.Lgate_mxcsr:
    ldmxcsr sim_default_mxcsr(%rip)
    jmp .Lgate_mxcsr_good
.Lgate_fcw:
    fldcw sim_default_fcw(%rip)
    jmp .Lgate_fcw_good
    .globl sim_gate_fninit
sim_gate_fninit: /* where the handler sends a #MF of sim_gate_emms */
    fninit
    jmp .Lgate_x87_empty
.Lgate_fs:
    pushq %rdi
    pushq %rsi
    pushq %rdx
    subq $8, %rsp
    call sim_fs_host
    addq $8, %rsp
    popq %rdx
    popq %rsi
    popq %rdi
    jmp .Lgate_fs_good
    .cfi_endproc
    .size sim_gate, . - sim_gate

/* ------------------------------------------------- interrupts and faults in */
/*
 * The handler has put rip, rsp, flags, vector, error and address into the
 * context, mode = kernel, rsp = stack top, flags clean. Everything else is
 * still the program's.
 */
    .globl sim_irq_entry
    .type sim_irq_entry, @function
    .p2align 4
sim_irq_entry:
    .cfi_startproc
    .cfi_signal_frame
    .cfi_undefined rip
    /* The stack pointer once more: Valgrind sees the change of stacks here. */
    movq %rax, %gs:HOST_JUMP
    movq %gs:HOST_CPU, %rax
    movq CPU_STACK(%rax), %rsp
    movq CPU_CURRENT(%rax), %rax
    movq %rbp, CTX_RBP(%rax)
    movq %rbx, CTX_RBX(%rax)
    movq %r12, CTX_R12(%rax)
    movq %r13, CTX_R13(%rax)
    movq %r14, CTX_R14(%rax)
    movq %r15, CTX_R15(%rax)
    movq %rcx, CTX_RCX(%rax)
    movq %rdx, CTX_RDX(%rax)
    movq %rsi, CTX_RSI(%rax)
    movq %rdi, CTX_RDI(%rax)
    movq %r8, CTX_R8(%rax)
    movq %r9, CTX_R9(%rax)
    movq %r10, CTX_R10(%rax)
    movq %r11, CTX_R11(%rax)
    movq %gs:HOST_JUMP, %rcx
    movq %rcx, CTX_RAX(%rax)
    movl $SIM_KIND_FULL, CTX_KIND(%rax)
    fxsave64 CTX_FX(%rax)
    jmp .Ltrap
    .cfi_endproc
    .size sim_irq_entry, . - sim_irq_entry

/*
 * A fault while resume was handing over (a wild jump target, an unmapped
 * stack): the context is as it was, and the fault is the program's.
 */
    .globl sim_resume_fault
    .type sim_resume_fault, @function
sim_resume_fault:
    .cfi_startproc
    .cfi_undefined rip
    movq %gs:HOST_CPU, %rax
    movq CPU_STACK(%rax), %rsp
    movq CPU_CURRENT(%rax), %rax
    .cfi_endproc

    .type sim_trap_entry, @function
sim_trap_entry:
    .cfi_startproc
    .cfi_signal_frame
    .cfi_undefined rip
.Ltrap:
    ldmxcsr sim_default_mxcsr(%rip)
    fninit
    movq %gs:HOST_CPU, %rcx
    movq $0, CPU_LAST(%rcx) /* its xmm registers are no longer its own */
    movq %rax, %rdi
    movq CTX_RBP(%rax), %rbp
    pushq %rdi
    pushq CTX_RIP(%rdi)
    pushq %rbp
    movq %rsp, %rbp
    ALL_BY_FRAME
    cmpl $0, %gs:HOST_EAGER_FS
    jne .Ltrap_fs
.Ltrap_fs_good:
    call sim_trap
    jmp sim_resume
.Ltrap_fs:
    pushq %rdi
    subq $8, %rsp
    call sim_fs_host
    addq $8, %rsp
    popq %rdi
    jmp .Ltrap_fs_good
    .cfi_endproc
    .size sim_trap_entry, . - sim_trap_entry

/* ------------------------------------------------------------------ way out */
/* void sim_enter(void): makes the caller's stack the CPU's; never returns. */
    .globl sim_enter
    .type sim_enter, @function
sim_enter:
    .cfi_startproc
    .cfi_undefined rip
    movq %gs:HOST_CPU, %rcx
    movq %rsp, CPU_STACK(%rcx)
    xorl %ebp, %ebp
    jmp sim_resume
    .cfi_endproc
    .size sim_enter, . - sim_enter

    .type sim_resume, @function
    .p2align 6
sim_resume:
    .cfi_startproc
    .cfi_undefined rip
    movq %gs:HOST_CPU, %rcx
    movq CPU_STACK(%rcx), %rsp
    subq $8, %rsp
    cmpq $0, CPU_PENDING(%rcx)
    jne .Lpending
    movq CPU_CURRENT(%rcx), %r8
    testq %r8, %r8
    jz .Lidle
    /* FS before the range: its load and its note must not be split. */
    movq CTX_FS(%r8), %rdi
    testq %rdi, %rdi
    jz sim_resume_begin
    cmpq %gs:HOST_FS_NOW, %rdi
    je sim_resume_begin
    call sim_fs_load

    .globl sim_resume_begin
sim_resume_begin:
    movq %gs:HOST_CPU, %rcx
    cmpq $0, CPU_PENDING(%rcx)
    jne .Lpending
    movq CPU_CURRENT(%rcx), %r8
    cmpl $SIM_KIND_SYNC, CTX_KIND(%r8)
    jne .Lfull
    movl CTX_MXCSR(%r8), %eax
    stmxcsr %gs:HOST_SCRATCH
    cmpl %gs:HOST_SCRATCH, %eax
    jne .Lresume_mxcsr
.Lresume_mxcsr_good:
    movl CTX_FCW(%r8), %eax
    fnstcw %gs:HOST_SCRATCH
    cmpw %gs:HOST_SCRATCH, %ax
    jne .Lresume_fcw
.Lresume_fcw_good:
    movq CTX_RBX(%r8), %rbx
    movq CTX_RBP(%r8), %rbp
    movq CTX_R12(%r8), %r12
    movq CTX_R13(%r8), %r13
    movq CTX_R14(%r8), %r14
    movq CTX_R15(%r8), %r15
    movq CTX_RAX(%r8), %rax
    xorl %edx, %edx
    xorl %esi, %esi
    xorl %edi, %edi
    xorl %r9d, %r9d
    xorl %r10d, %r10d
    xorl %r11d, %r11d
    cmpq CPU_LAST(%rcx), %r8
    jne .Lhand_off
    xorl %ecx, %ecx
    movq CTX_RSP(%r8), %rsp
    leaq -8(%rsp), %rsp
    xorl %r8d, %r8d
    movl $SIM_MODE_USER, %gs:HOST_MODE
    ret /* the return predictor is in step: this thread entered last */
.Lhand_off:
    movq CTX_RIP(%r8), %rcx
    movq %rcx, %gs:HOST_JUMP
    xorl %ecx, %ecx
    pxor %xmm0, %xmm0
    pxor %xmm1, %xmm1
    pxor %xmm2, %xmm2
    pxor %xmm3, %xmm3
    pxor %xmm4, %xmm4
    pxor %xmm5, %xmm5
    pxor %xmm6, %xmm6
    pxor %xmm7, %xmm7
    pxor %xmm8, %xmm8
    pxor %xmm9, %xmm9
    pxor %xmm10, %xmm10
    pxor %xmm11, %xmm11
    pxor %xmm12, %xmm12
    pxor %xmm13, %xmm13
    pxor %xmm14, %xmm14
    pxor %xmm15, %xmm15
    movq CTX_RSP(%r8), %rsp
    xorl %r8d, %r8d
    movl $SIM_MODE_USER, %gs:HOST_MODE
    jmp *%gs:HOST_JUMP
.Lresume_mxcsr:
    ldmxcsr CTX_MXCSR(%r8)
    jmp .Lresume_mxcsr_good
.Lresume_fcw: /* sticky bits of another thread must not become exceptions */
    fnclex
    fldcw CTX_FCW(%r8)
    jmp .Lresume_fcw_good
.Lfull:
    fxrstor64 CTX_FX(%r8)
    movq CTX_RIP(%r8), %rax
    movq %rax, %gs:HOST_JUMP
    pushq CTX_FLAGS(%r8)
    popfq
    movq CTX_RBP(%r8), %rbp
    movq CTX_RBX(%r8), %rbx
    movq CTX_R12(%r8), %r12
    movq CTX_R13(%r8), %r13
    movq CTX_R14(%r8), %r14
    movq CTX_R15(%r8), %r15
    movq CTX_RAX(%r8), %rax
    movq CTX_RCX(%r8), %rcx
    movq CTX_RDX(%r8), %rdx
    movq CTX_RSI(%r8), %rsi
    movq CTX_RDI(%r8), %rdi
    movq CTX_R9(%r8), %r9
    movq CTX_R10(%r8), %r10
    movq CTX_R11(%r8), %r11
    movq CTX_RSP(%r8), %rsp
    movq CTX_R8(%r8), %r8
    movl $SIM_MODE_USER, %gs:HOST_MODE
    jmp *%gs:HOST_JUMP
    .globl sim_resume_end
sim_resume_end:

.Lpending: /* no caller: what rbp points to is no frame any more */
    xorl %ebp, %ebp
    cmpl $0, %gs:HOST_EAGER_FS
    je .Lpending_fs_good
    call sim_fs_host
.Lpending_fs_good:
    call sim_interrupts
    jmp sim_resume
.Lidle:
    xorl %ebp, %ebp
    call sim_idle
    jmp sim_resume
/* The handler abandons a resume: mode and rsp are set, FP state is not. */
    .globl sim_resume_restart
sim_resume_restart:
    ldmxcsr sim_default_mxcsr(%rip)
    fninit
    jmp sim_resume
    .cfi_endproc
    .size sim_resume, . - sim_resume

    .section .note.GNU-stack, "", @progbits
