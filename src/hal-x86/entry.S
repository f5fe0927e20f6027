/*
 * entry.S - the way into the kernel and out of it.
 *
 * One stack per CPU. Entry saves the user registers into the CPU's current
 * context, the call into core returns, x86_exit resumes whatever is current
 * then. The kernel uses no FPU registers, so a thread's stay in the CPU until
 * another thread is resumed; `token` says whose they are: the CPU counts its
 * own up for every context it loads and notes it in the context.
 *
 * Rules that keep GS and the stack right:
 * - GS is the user's only between user mode and the first swapgs, and between
 *   the last swapgs and user mode. Only NMI, #DB, #MC and #DF can strike there;
 *   they have stacks of their own (IST) and look at the GS base itself. User
 *   code cannot make that base negative: FSGSBASE stays off.
 * - SYSRET only ever returns to the gate page, a canonical address, so it
 *   cannot fault in ring 0 with the user's stack (SDM 2B SYSRET). All other
 *   contexts go by IRET, after a look at their address.
 * - Interrupts are off in the kernel but for the one instruction of idle.
 */
#include "layout.h"

/*
 * How a debugger finds the user's registers from within the kernel. On the way in
 * and in the core rbp leads to the context; on the way out rax is the one that is
 * resumed, until its registers are all in the CPU. A frame as of a signal, because
 * the stacks lie in no order. Expressions of DWARF; the offsets have two bytes.
 */
#define BY_FRAME 0x76, 16, 0x06 /* what lies 16 bytes behind rbp */
#define BY_RAX 0x70, 0, 0x96    /* rax; and nothing, to be as long */
#define ULEB(x) ((x) & 0x7f) | 0x80, (x) >> 7
#define SAVED_REGISTER(by, n, offset) \
    .cfi_escape 0x10, n, 6, BY_##by, 0x23, ULEB(offset)
#define SAVED_BY_CALL(by)                                               \
    .cfi_escape 0x0f, 7, BY_##by, 0x23, ULEB(CTX_RSP), 0x06;            \
    SAVED_REGISTER(by, 3, CTX_RBX); SAVED_REGISTER(by, 6, CTX_RBP);     \
    SAVED_REGISTER(by, 12, CTX_R12); SAVED_REGISTER(by, 13, CTX_R13);   \
    SAVED_REGISTER(by, 14, CTX_R14); SAVED_REGISTER(by, 15, CTX_R15);   \
    SAVED_REGISTER(by, 16, CTX_RIP)
#define SAVED_BY_TRAP(by)                                               \
    SAVED_BY_CALL(by);                                                  \
    SAVED_REGISTER(by, 0, CTX_RAX); SAVED_REGISTER(by, 1, CTX_RDX);     \
    SAVED_REGISTER(by, 2, CTX_RCX); SAVED_REGISTER(by, 4, CTX_RSI);     \
    SAVED_REGISTER(by, 5, CTX_RDI); SAVED_REGISTER(by, 8, CTX_R8);      \
    SAVED_REGISTER(by, 9, CTX_R9); SAVED_REGISTER(by, 10, CTX_R10);     \
    SAVED_REGISTER(by, 11, CTX_R11)

/* Here no user's registers can be found. */
#define SAVED_NOWHERE .cfi_def_cfa rsp, 0; .cfi_undefined rip

/* One part after another, each with rules of its own. */
#define FRAME_BEGIN .cfi_startproc simple; .cfi_signal_frame
#define FRAME_NEXT .cfi_endproc; FRAME_BEGIN

    .cfi_sections .debug_frame
    .section .text.entry, "ax", @progbits

/* ------------------------------------------------------------ system call */

/*
 * The gate's `syscall`: rdi, rsi, rdx are the arguments, rcx the return
 * address, everything caller-saved is dead. FMASK has cleared the flags. Of the
 * FPU only the control words are saved: xmm registers are dead, and the x87 stack
 * is empty, which the image says since the context was resumed in full.
 */
    .globl x86_syscall_entry
    .type x86_syscall_entry, @function
x86_syscall_entry:
    FRAME_BEGIN
    .cfi_def_cfa rsp, 0
    .cfi_register rip, rcx
    swapgs
    mov %gs:CPU_CURRENT, %rax
    mov %rbx, CTX_RBX(%rax)
    mov %rbp, CTX_RBP(%rax)
    mov %r12, CTX_R12(%rax)
    mov %r13, CTX_R13(%rax)
    mov %r14, CTX_R14(%rax)
    mov %r15, CTX_R15(%rax)
    mov %rsp, CTX_RSP(%rax)
    mov %rcx, CTX_RIP(%rax)
    stmxcsr CTX_FX_MXCSR(%rax)
    fnstcw CTX_FX_FCW(%rax)
    movl $X86_KIND_SYNC, CTX_KIND(%rax)
    mov %gs:CPU_STACK, %rsp
    push %rax /* a frame, for unwinders: context, user rip, user rbp */
    push %rcx
    push %rbp
    mov %rsp, %rbp
    SAVED_BY_CALL(FRAME)
    cmp $(X86_GATE + X86_GATE_SYSCALL_BYTES), %rcx
    jne x86_wrong_gate
    call core_on_syscall
    /* falls through */

/* ------------------------------------------------------------ the way out */

    .globl x86_exit
x86_exit:
    mov %gs:CPU_CURRENT, %rax /* where the core returns to: rules as there */
    FRAME_NEXT
    SAVED_NOWHERE
    test %rax, %rax
    jz x86_idle
    FRAME_NEXT
    SAVED_BY_TRAP(RAX)
    mov CTX_TOKEN(%rax), %rcx
    cmp %gs:CPU_TOKEN, %rcx
    je x86_loaded
    /*
     * Another context than the one whose FPU, FS and selectors the CPU holds.
     * Usually no program has loaded a selector or has a base for FS; that one is
     * looked at as it is noted, too, for a user can make it 0 by loading FS.
     */
    mov %ds, %ecx
    mov %es, %edx
    or %edx, %ecx
    mov %fs, %edx
    or %edx, %ecx
    mov %gs, %edx
    or %edx, %ecx
    or CTX_FS_BASE(%rax), %rcx
    or %gs:CPU_FS_BASE, %rcx
    jnz x86_load_segments
    /*
     * The FPU is loaded at once, not at its first use: user code is compiled with
     * SSE and uses it in every call, and a CPU that still held another process's
     * registers might let them be guessed (LazyFP).
     */
x86_load_fpu:
    cmpl $0, %gs:CPU_FXSAVE_LEAKS
    je 1f
    fnclex /* overwrite the x87 pointers that FXRSTOR would leave */
    emms
    fildl x86_zero(%rip)
1:  fxrstor64 CTX_FX(%rax)
    incq %gs:CPU_TOKEN
    mov %gs:CPU_TOKEN, %rcx
    mov %rcx, CTX_TOKEN(%rax)
x86_loaded:
    cmpl $X86_KIND_SYNC, CTX_KIND(%rax)
    jne x86_resume_full
    mov CTX_RBX(%rax), %rbx
    mov CTX_RBP(%rax), %rbp
    mov CTX_R12(%rax), %r12
    mov CTX_R13(%rax), %r13
    mov CTX_R14(%rax), %r14
    mov CTX_R15(%rax), %r15
    mov CTX_RSP(%rax), %rsp
    mov $(X86_GATE + X86_GATE_SYSCALL_BYTES), %ecx
    mov CTX_RAX(%rax), %rax
    FRAME_NEXT
    .cfi_def_cfa rsp, 0
    .cfi_register rip, rcx
    mov $X86_RFLAGS_USER, %r11d
    xor %edx, %edx
    xor %esi, %esi
    xor %edi, %edi
    xor %r8d, %r8d
    xor %r9d, %r9d
    xor %r10d, %r10d
    swapgs
    sysretq

x86_resume_full:
    FRAME_NEXT
    SAVED_BY_TRAP(RAX)
    movl $0, CTX_FX_FSW(%rax) /* and the tags: see x86_syscall_entry */
    mov CTX_RIP(%rax), %rcx
    mov %rcx, %rdx
    shl $16, %rdx
    sar $16, %rdx
    cmp %rcx, %rdx
    jne x86_bad_address
    mov %gs:CPU_STACK, %rsp
    pushq $X86_USER_SS
    pushq CTX_RSP(%rax)
    pushq CTX_RFLAGS(%rax)
    pushq $X86_USER_CS
    pushq %rcx
    mov CTX_RBX(%rax), %rbx
    mov CTX_RCX(%rax), %rcx
    mov CTX_RDX(%rax), %rdx
    mov CTX_RSI(%rax), %rsi
    mov CTX_RDI(%rax), %rdi
    mov CTX_RBP(%rax), %rbp
    mov CTX_R8(%rax), %r8
    mov CTX_R9(%rax), %r9
    mov CTX_R10(%rax), %r10
    mov CTX_R11(%rax), %r11
    mov CTX_R12(%rax), %r12
    mov CTX_R13(%rax), %r13
    mov CTX_R14(%rax), %r14
    mov CTX_R15(%rax), %r15
    mov CTX_RAX(%rax), %rax
    FRAME_NEXT
    .cfi_escape 0x0f, 3, 0x77, 24, 0x06 /* the frame of iretq has rsp */
    .cfi_escape 0x10, 16, 2, 0x77, 0    /* and rip */
    swapgs
    iretq

/* The last context has loaded a selector, or one of the two has a base for FS. */
x86_load_segments:
    FRAME_NEXT
    SAVED_BY_TRAP(RAX)
    xor %ecx, %ecx /* the last one's selectors: not to be seen */
    mov %ecx, %ds
    mov %ecx, %es
    mov %ecx, %fs
    swapgs /* loading GS may clear its base: the user's, not ours */
    mov %ecx, %gs
    swapgs
    mov CTX_FS_BASE(%rax), %rdx
    mov %rdx, %gs:CPU_FS_BASE
    mov %edx, %eax
    FRAME_NEXT
    SAVED_NOWHERE
    shr $32, %rdx
    mov $X86_MSR_FS_BASE, %ecx
    wrmsr
    mov %gs:CPU_CURRENT, %rax
    FRAME_NEXT
    SAVED_BY_TRAP(RAX)
    jmp x86_load_fpu

/* Nothing to run: wait for an interrupt, which does not come back here. */
    .globl x86_idle_end
x86_idle:
    FRAME_NEXT
    SAVED_NOWHERE
    mov %gs:CPU_STACK, %rsp
    xor %ebp, %ebp
    sti
x86_idle_halt:
    hlt
x86_idle_end:
    cli /* an NMI */
    jmp x86_idle

x86_bad_address:
    mov %gs:CPU_STACK, %rsp
    xor %ebp, %ebp
    push %rbp
    call x86_trap_address
    jmp x86_exit

x86_wrong_gate:
    FRAME_NEXT
    SAVED_BY_CALL(FRAME)
    call x86_trap_gate
    jmp x86_exit
    .cfi_endproc

/* void x86_start_core(const struct hal_boot *boot, uint64_t stack) */
    .globl x86_start_core
x86_start_core:
    mov %rsi, %rsp
    xor %ebp, %ebp
    push %rbp
    call core_on_boot
    call x86_smp_release
    jmp x86_exit

/* void x86_start_idle(void) */
    .globl x86_start_idle
x86_start_idle = x86_idle

/* ------------------------------------------------------------- interrupts */

/*
 * One stub of 16 bytes per vector. The CPU has pushed ss, rsp, rflags, cs, rip
 * and for some vectors an error code (SDM 3A 6.13); then come the vector and
 * the common code.
 */
    .balign 16
    .globl x86_vector_stubs
x86_vector_stubs:
    .set vector, 0
    .rept 256
    .balign 16
    .if vector != 8 && vector != 17 && (vector < 10 || vector > 14) \
        && vector != 21 && vector != 29 && vector != 30
    push $0
    .endif
    push $vector
    .if vector == 2 || vector == 8 || vector == 18
    jmp x86_paranoid
    .elseif vector == 1
    jmp x86_debug
    .else
    jmp x86_trap
    .endif
    .set vector, vector + 1
    .endr

x86_debug: /* of the user's code, or in a window of ours */
    testb $3, 24(%rsp)
    jz x86_paranoid
    .type x86_trap, @function
x86_trap:
    FRAME_BEGIN
    .cfi_def_cfa rsp, 0
    testb $3, 24(%rsp) /* cs */
    jz x86_trap_kernel
    swapgs
    push %rax
    mov %gs:CPU_CURRENT, %rax
    mov %rbx, CTX_RBX(%rax)
    mov %rcx, CTX_RCX(%rax)
    mov %rdx, CTX_RDX(%rax)
    mov %rsi, CTX_RSI(%rax)
    mov %rdi, CTX_RDI(%rax)
    mov %rbp, CTX_RBP(%rax)
    mov %r8, CTX_R8(%rax)
    mov %r9, CTX_R9(%rax)
    mov %r10, CTX_R10(%rax)
    mov %r11, CTX_R11(%rax)
    mov %r12, CTX_R12(%rax)
    mov %r13, CTX_R13(%rax)
    mov %r14, CTX_R14(%rax)
    mov %r15, CTX_R15(%rax)
    pop %rcx
    mov %rcx, CTX_RAX(%rax)
    pop %rdi /* vector */
    pop %rsi /* error code */
    mov (%rsp), %rcx
    mov %rcx, CTX_RIP(%rax)
    mov 16(%rsp), %rdx
    mov %rdx, CTX_RFLAGS(%rax)
    mov 24(%rsp), %rdx
    mov %rdx, CTX_RSP(%rax)
    movl $X86_KIND_FULL, CTX_KIND(%rax)
    fxsave64 CTX_FX(%rax)
    cld
    testb $1, x86_smap(%rip)
    jz 1f
    clac
1:  mov %cr2, %rdx
    mov %gs:CPU_STACK, %rsp /* from an IST stack, too */
    push %rax
    push %rcx
    push %rbp
    mov %rsp, %rbp
    SAVED_BY_TRAP(FRAME)
    call x86_trap_user
    jmp x86_exit
    .cfi_endproc

/* In the kernel: idle's interrupt, a fault of a user copy, or the end. */
    .type x86_trap_kernel, @function
x86_trap_kernel:
    push %rax
    lea x86_idle_end(%rip), %rax
    sub 24(%rsp), %rax
    cmp $(x86_idle_end - x86_idle_halt), %rax /* before: an NMI came between */
    ja 1f
    cmpl $32, 8(%rsp)
    jb 1f
    mov 8(%rsp), %edi
    mov %gs:CPU_STACK, %rsp
    xor %ebp, %ebp
    push %rbp
    call x86_trap_idle
    jmp x86_exit
1:  pop %rax
    call x86_push_registers
    mov %rsp, %rdi
    call x86_trap_frame
    jmp x86_pop_registers

/*
 * Vectors that may strike between swapgs and user mode, and the same on a bad
 * kernel stack: they stay on their own stack and restore everything.
 */
    .type x86_paranoid, @function
x86_paranoid:
    call x86_push_registers
    mov $X86_MSR_GS_BASE, %ecx
    rdmsr
    xor %ebx, %ebx
    test %edx, %edx
    js 1f
    swapgs
    inc %ebx
1:  mov %rsp, %rdi
    call x86_trap_paranoid
    test %ebx, %ebx
    jz x86_pop_registers
    swapgs
    /* falls through */

x86_pop_registers:
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rbp
    pop %rdi
    pop %rsi
    pop %rdx
    pop %rcx
    pop %rbx
    pop %rax
    add $16, %rsp /* vector, error code */
    iretq

/* Completes a struct x86_frame below its own return address; cleans flags. */
    .type x86_push_registers, @function
x86_push_registers:
    xchg %rax, (%rsp)
    push %rbx
    push %rcx
    push %rdx
    push %rsi
    push %rdi
    push %rbp
    push %r8
    push %r9
    push %r10
    push %r11
    push %r12
    push %r13
    push %r14
    push %r15
    cld
    testb $1, x86_smap(%rip)
    jz 1f
    clac
1:  xor %ebp, %ebp
    jmp *%rax

    .section .rodata
    .balign 4
x86_zero:
    .long 0

/* ------------------------------------------------------------ the gate page */

/* int64_t gate(uint64_t number, uint64_t a0, uint64_t a1), for user code. */
    .section .gate, "a", @progbits
    .balign 4096
    .globl x86_gate_page
x86_gate_page:
    syscall
    ret

/* uint64_t counter(void): the time stamp counter (time_page.h). */
    .org x86_gate_page + X86_GATE_COUNTER, 0xcc
    lfence
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    ret
    .org x86_gate_page + 4096, 0xcc

    .section .note.GNU-stack, "", @progbits
