/*
 * edge.S - the smaller edges between the simulated kernel, user memory and the
 * host's signals.
 *
 *   sim_copy                copies where a fault of user memory is an answer
 *   sim_kernel_fault_entry  the handler sends faulting kernel code here
 *   sim_signal_*            where the host delivers signals
 *   sim_fs_*                the FS register: the host's or a program's
 *   sim_fiber_switch        from one virtual CPU to another, in lockstep
 */
#include "sim_layout.h"

    .section .rodata
    .p2align 2
edge_mxcsr:
    .long SIM_MXCSR_DEFAULT

    .text

/* ----------------------------------------------------------- guarded copies */
/*
 * int64_t sim_copy(void *to, const void *from, uint64_t bytes): 0, or -1 if a
 * byte could not be reached. Ascending; what was copied before stays.
 */
    .globl sim_copy
    .type sim_copy, @function
    .p2align 4
sim_copy:
    .cfi_startproc
    .globl sim_copy_begin
sim_copy_begin:
    movq %rdx, %rcx
    shrq $3, %rcx
    jz 2f
1:  movq (%rsi), %rax
    movq %rax, (%rdi)
    addq $8, %rsi
    addq $8, %rdi
    decq %rcx
    jnz 1b
2:  andl $7, %edx
    jz 4f
3:  movb (%rsi), %al
    movb %al, (%rdi)
    incq %rsi
    incq %rdi
    decl %edx
    jnz 3b
4:  xorl %eax, %eax
    ret
    .globl sim_copy_end
sim_copy_end:
    .globl sim_copy_fail
sim_copy_fail:
    movq $-1, %rax
    ret
    .cfi_endproc
    .size sim_copy, . - sim_copy

/* ----------------------------------------------------- faults of the kernel */
/*
 * The handler has put {rip, rbp, rsp} of the faulting code at the stack
 * pointer, which is 8 below a 16-byte boundary.
 */
    .globl sim_kernel_fault_entry
    .type sim_kernel_fault_entry, @function
sim_kernel_fault_entry:
    .cfi_startproc
    .cfi_signal_frame
    .cfi_escape 0x0f, 3, 0x77, 16, 0x06         /* CFA = *(rsp + 16) */
    .cfi_escape 0x10, 16, 2, 0x77, 0            /* rip at rsp */
    .cfi_escape 0x10, 6, 2, 0x77, 8             /* rbp at rsp + 8 */
    ldmxcsr edge_mxcsr(%rip)
    fninit
    movq (%rsp), %rdi
    movq 8(%rsp), %rsi
    call sim_kernel_fault
    ud2
    .cfi_endproc
    .size sim_kernel_fault_entry, . - sim_kernel_fault_entry

/* ------------------------------------------------------------------ signals */
/*
 * Where the host delivers signals. It clears DF and TF, but a program's AC flag
 * would make the handler's own loads fault.
 */
    .globl sim_signal_fault
    .type sim_signal_fault, @function
sim_signal_fault:
    pushfq
    andl $~0x40000, (%rsp)
    popfq
    jmp host_on_fault
    .size sim_signal_fault, . - sim_signal_fault

    .globl sim_signal_line
    .type sim_signal_line, @function
sim_signal_line:
    pushfq
    andl $~0x40000, (%rsp)
    popfq
    jmp host_on_line
    .size sim_signal_line, . - sim_signal_line

/* void sim_sigreturn(void): what a signal handler returns to. */
    .globl sim_sigreturn
    .type sim_sigreturn, @function
sim_sigreturn:
    movl $15, %eax
    syscall
    .size sim_sigreturn, . - sim_sigreturn

/* -------------------------------------------------------------- FS register */
/* void sim_fs_host(void): loads the host's FS if another is loaded. */
    .globl sim_fs_host
    .type sim_fs_host, @function
sim_fs_host:
    .cfi_startproc
    movq %gs:HOST_FS, %rdi
    cmpq %gs:HOST_FS_NOW, %rdi
    jne sim_fs_load
    ret
    .cfi_endproc
    .size sim_fs_host, . - sim_fs_host

/* void sim_fs_load(uint64_t base) */
    .globl sim_fs_load
    .type sim_fs_load, @function
sim_fs_load:
    .cfi_startproc
    cmpl $0, %gs:HOST_FSGSBASE
    je .Lfs_slow
    wrfsbase %rdi
    movq %rdi, %gs:HOST_FS_NOW
    ret
.Lfs_slow: /* arch_prctl(ARCH_SET_FS, base) */
    movq %rdi, %rsi
    movl $0x1002, %edi
    movl $158, %eax
    syscall
    movq %rsi, %gs:HOST_FS_NOW
    ret
    .cfi_endproc
    .size sim_fs_load, . - sim_fs_load

/* ------------------------------------------------------------- virtual CPUs */
/*
 * void sim_fiber_switch(uint64_t *save, uint64_t load): leaves the stack pointer
 * of this CPU's stack in *save and goes on where another one left it. The
 * kernel's control words are the default ones everywhere.
 */
    .globl sim_fiber_switch
    .type sim_fiber_switch, @function
    .p2align 4
sim_fiber_switch:
    .cfi_startproc
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbp, 0
    pushq %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbx, 0
    pushq %r12
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r12, 0
    pushq %r13
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r13, 0
    pushq %r14
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r14, 0
    pushq %r15
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r15, 0
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    .cfi_adjust_cfa_offset -8
    .cfi_restore r15
    popq %r14
    .cfi_adjust_cfa_offset -8
    .cfi_restore r14
    popq %r13
    .cfi_adjust_cfa_offset -8
    .cfi_restore r13
    popq %r12
    .cfi_adjust_cfa_offset -8
    .cfi_restore r12
    popq %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore rbx
    popq %rbp
    .cfi_adjust_cfa_offset -8
    .cfi_restore rbp
    ret
    .cfi_endproc
    .size sim_fiber_switch, . - sim_fiber_switch

    .section .note.GNU-stack, "", @progbits
