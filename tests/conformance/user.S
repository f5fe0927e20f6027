/*
 * user.S - the user programs of the conformance test, as one position-
 * independent block that the toy kernel copies into a process.
 *
 * Each starts with rdi = its data page (struct conf_page in conformance.h),
 * whose first word is the gate, and keeps it in rbx. They are assembly because
 * they look at every register.
 */
#include "user.h"

    .section .rodata
    .p2align 12
    .globl conf_user_begin
conf_user_begin:

#define ENTRY(name) .globl name; .p2align 4, 0x90; name:

/* gate(number, ...) with rsi, rdx set by the caller; stack aligned */
.macro gate number
    movl $\number, %edi
    call *PAGE_GATE(%rbx)
.endm

/* Ends the program with what went wrong: 0 if nothing. */
.macro done value
    movq \value, %rsi
    xorl %edx, %edx
    gate CONF_DONE
    ud2
.endm

/* Sets bit of r15 (the failures) unless the flags say equal. */
.macro expect_equal bit
    je 77f
    orq $(1 << \bit), %r15
77:
.endm

/*
 * Valgrind's request to report no more errors of this thread; elsewhere these
 * instructions do nothing. Memcheck is right about what follows here.
 */
.macro on_purpose
    pushq $0
    pushq $0
    pushq $0
    pushq $0
    pushq $1
    pushq $0x1801 /* VG_USERREQ__CHANGE_ERR_DISABLEMENT */
    movq %rsp, %rax
    xorl %edx, %edx
    rolq $3, %rdi
    rolq $13, %rdi
    rolq $61, %rdi
    rolq $51, %rdi
    xchgq %rbx, %rbx
    addq $48, %rsp
.endm

/* ----------------------------------------------------- the gate's registers */
ENTRY(conf_u_gate)
    movq %rdi, %rbx
    xorl %r15d, %r15d
    subq $8, %rsp
    leaq PAGE_GATE(%rbx), %rax
    ldmxcsr mxcsr_up(%rip)
    fldcw fcw_up(%rip)
    movq $0x0123456789abcdef, %r12
    movq $0x1111222233334444, %r13
    movq $0x5555666677778888, %r14
    movq $0x9999aaaabbbbcccc, %rbp
    movq %rsp, PAGE_OUT(%rbx)
    movq %rbx, PAGE_OUT + 8(%rbx)
    movl $0xaa, %r8d
    movl $0xbb, %r9d
    movl $0xcc, %r10d
    movq $0x1122, %rsi
    movq $-1, %rdx
    gate CONF_ECHO
    movq %rax, PAGE_OUT + 16(%rbx)
    movq %rdx, %rax
    orq %rsi, %rax
    orq %rdi, %rax
    orq %r8, %rax
    orq %r9, %rax
    orq %r10, %rax
    testq %rax, %rax
    expect_equal 0
    movq $0x0123456789abcdef, %rax
    cmpq %rax, %r12
    expect_equal 1
    movq $0x1111222233334444, %rax
    cmpq %rax, %r13
    expect_equal 2
    movq $0x5555666677778888, %rax
    cmpq %rax, %r14
    expect_equal 3
    movq $0x9999aaaabbbbcccc, %rax
    cmpq %rax, %rbp
    expect_equal 4
    cmpq PAGE_OUT(%rbx), %rsp
    expect_equal 5
    cmpq PAGE_OUT + 8(%rbx), %rbx
    expect_equal 6
    movq $0x7766554433221100, %rax
    cmpq PAGE_OUT + 16(%rbx), %rax
    expect_equal 7
    stmxcsr PAGE_OUT + 24(%rbx)
    movl PAGE_OUT + 24(%rbx), %eax
    andl $0x6000, %eax
    cmpl $0x4000, %eax
    expect_equal 8
    fnstcw PAGE_OUT + 24(%rbx)
    movl PAGE_OUT + 24(%rbx), %eax
    andl $0x0c00, %eax
    cmpl $0x0800, %eax
    expect_equal 9
    pushfq
    popq %rax
    testl $0x400, %eax
    expect_equal 10
    done %r15

    .p2align 2
mxcsr_up:
    .long 0x1f80 | 0x4000
fcw_up:
    .long 0x037f | 0x0800

/* ----------------------------------------------------- two programs in turn */
/*
 * IN + 0: this program's pattern; IN + 8: the other's; IN + 16: MXCSR;
 * IN + 20: x87 control word. A hundred rounds of: set, hand off, look.
 */
ENTRY(conf_u_turn)
    movq %rdi, %rbx
    xorl %r15d, %r15d
    movl $100, %r14d
    subq $8, %rsp
    ldmxcsr PAGE_IN + 16(%rbx)
    fldcw PAGE_IN + 20(%rbx)
1:  movq PAGE_IN(%rbx), %r12
    movq %r12, %r13
    notq %r13
    movq %r12, %xmm0
    movq %r12, %xmm9
    movq %r12, %xmm15
    movq %r14, %rsi
    gate CONF_TURN
    movq PAGE_IN(%rbx), %rax
    cmpq %rax, %r12
    expect_equal 0
    notq %rax
    cmpq %rax, %r13
    expect_equal 1
    stmxcsr PAGE_OUT(%rbx)
    movl PAGE_OUT(%rbx), %eax
    xorl PAGE_IN + 16(%rbx), %eax
    testl $0x6000, %eax
    expect_equal 2
    fnstcw PAGE_OUT(%rbx)
    movl PAGE_OUT(%rbx), %eax
    xorl PAGE_IN + 20(%rbx), %eax
    testl $0x0c00, %eax
    expect_equal 3
    movq %xmm0, %rax
    call 5f
    movq %xmm9, %rax
    call 5f
    movq %xmm15, %rax
    call 5f
    decl %r14d
    jnz 1b
    done %r15
/* rax must not be the other program's pattern. */
5:  cmpq PAGE_IN + 8(%rbx), %rax
    jne 6f
    orq $16, %r15
6:  ret

/* --------------------------------------------------------------- preemption */
/*
 * Loads every register from PAGE_IN, spins until the kernel turns PAGE_JUMP
 * from conf_u_spin_loop to conf_u_spin_end, stores every register at PAGE_OUT.
 * The kernel compares. Then the program empties the x87 stack, on which it was
 * preempted with two values, hands off, and looks whether all of it is free.
 */
#define GPR(n) (PAGE_IN + 8 * (n))
#define GPR_OUT(n) (PAGE_OUT + 8 * (n))

ENTRY(conf_u_spin)
    movq %rdi, %rbx
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movups PAGE_IN + 256 + 16 * \n(%rbx), %xmm\n
    .endr
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
    movq GPR(\n)(%rbx), %rax
    movq %rax, -8 * \n(%rsp)
    .endr
    movq %rsp, PAGE_SAVED(%rbx)
    ldmxcsr GPR(14)(%rbx)
    fldcw GPR(14) + 4(%rbx)
    fldl GPR(15)(%rbx)
    fldl GPR(16)(%rbx)
    leaq PAGE_STACK(%rbx), %rsp
    pushq PAGE_FLAGS_IN(%rbx)
    popfq
    movq PAGE_SAVED(%rbx), %rsp
    movq GPR(0)(%rbx), %rax
    movq GPR(1)(%rbx), %rcx
    movq GPR(2)(%rbx), %rdx
    movq GPR(3)(%rbx), %rsi
    movq GPR(4)(%rbx), %rdi
    movq GPR(5)(%rbx), %rbp
    movq GPR(6)(%rbx), %r8
    movq GPR(7)(%rbx), %r9
    movq GPR(8)(%rbx), %r10
    movq GPR(9)(%rbx), %r11
    movq GPR(10)(%rbx), %r12
    movq GPR(11)(%rbx), %r13
    movq GPR(12)(%rbx), %r14
    movq GPR(13)(%rbx), %r15
ENTRY(conf_u_spin_loop)
    jmp *PAGE_JUMP(%rbx)
ENTRY(conf_u_spin_end)
    movq %rax, GPR_OUT(0)(%rbx)
    movq %rsp, %rax
    leaq PAGE_STACK(%rbx), %rsp
    pushfq
    cld
    popq PAGE_FLAGS_OUT(%rbx)
    movq %rax, %rsp
    cmpq PAGE_SAVED(%rbx), %rsp
    je 1f
    ud2
1:  movq %rcx, GPR_OUT(1)(%rbx)
    movq %rdx, GPR_OUT(2)(%rbx)
    movq %rsi, GPR_OUT(3)(%rbx)
    movq %rdi, GPR_OUT(4)(%rbx)
    movq %rbp, GPR_OUT(5)(%rbx)
    movq %r8, GPR_OUT(6)(%rbx)
    movq %r9, GPR_OUT(7)(%rbx)
    movq %r10, GPR_OUT(8)(%rbx)
    movq %r11, GPR_OUT(9)(%rbx)
    movq %r12, GPR_OUT(10)(%rbx)
    movq %r13, GPR_OUT(11)(%rbx)
    movq %r14, GPR_OUT(12)(%rbx)
    movq %r15, GPR_OUT(13)(%rbx)
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movups %xmm\n, PAGE_OUT + 256 + 16 * \n(%rbx)
    .endr
    xorl %r15d, %r15d
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
    movq GPR(\n)(%rbx), %rax
    cmpq %rax, -8 * \n(%rsp)
    expect_equal 0
    .endr
    stmxcsr GPR_OUT(14)(%rbx)
    fnstcw GPR_OUT(14) + 4(%rbx)
    fstpl GPR_OUT(16)(%rbx)
    fstpl GPR_OUT(15)(%rbx)
    subq $8, %rsp
    gate CONF_TURN
    fnstenv PAGE_OUT + 640(%rbx)
    cmpw $0xffff, PAGE_OUT + 640 + 8(%rbx) /* the tags */
    expect_equal 1
    done %r15

/* ---------------------------------------------------------------------- TLS */
ENTRY(conf_u_tls)
    movq %rdi, %rbx
    xorl %r15d, %r15d
    movl $10, %r14d
    subq $8, %rsp
1:  movq %fs:0, %rax
    cmpq PAGE_IN(%rbx), %rax
    expect_equal 0
    movq %r14, %rsi
    gate CONF_TURN
    decl %r14d
    jnz 1b
    done %r15

/* -------------------------------------------------- access before and after */
/* Touches the word at PAGE_IN, tells the kernel, touches it again. */
ENTRY(conf_u_touch)
    movq %rdi, %rbx
    subq $8, %rsp
    movq PAGE_IN(%rbx), %r12
    movq $7, (%r12)
    xorl %esi, %esi
    gate CONF_ECHO
    on_purpose
ENTRY(conf_u_touch_at)
    movq $8, (%r12)
    movl $1, %r15d
    done %r15

/* ------------------------------------------------------------ on other CPUs */
/* Counts at PAGE_OUT for ever. */
ENTRY(conf_u_count)
    movq %rdi, %rbx
1:  incq PAGE_OUT(%rbx)
    jmp 1b

/* The same, and writes to the word at PAGE_IN, until that faults. */
ENTRY(conf_u_poke)
    movq %rdi, %rbx
    movq PAGE_IN(%rbx), %r12
    on_purpose
1:  incq PAGE_OUT(%rbx)
    movq $7, (%r12)
    jmp 1b

/* Calls the gate for ever. */
ENTRY(conf_u_enter)
    movq %rdi, %rbx
    subq $8, %rsp
1:  gate CONF_ECHO
    incq PAGE_OUT(%rbx)
    jmp 1b

/* ------------------------------------------------------------------- faults */
/*
 * Each has its faulting instruction at NAME_at. One that goes on reports 1.
 */
.macro fault name
    .globl conf_f_\name
    .p2align 4
conf_f_\name:
    movq %rdi, %rbx
    subq $8, %rsp
    on_purpose
.endm
.macro at name
    .globl conf_f_\name\()_at
conf_f_\name\()_at:
.endm
.macro survived
    movl $1, %r15d
    done %r15
.endm

    fault divide
    xorl %eax, %eax
    xorl %edx, %edx
    xorl %ecx, %ecx
    at divide
    divl %ecx
    survived

    fault step
    pushfq
    orq $0x100, (%rsp)
    popfq
    nop
    at step
    nop
    survived

    fault breakpoint
    int3
    at breakpoint
    survived

    fault opcode
    at opcode
    ud2

    fault halt
    at halt
    hlt
    survived

    fault port
    at port
    outb %al, $0x80
    survived

    fault interrupts
    at interrupts
    cli
    survived

    fault interrupt
    at interrupt
    int $0x41
    survived

    fault null_read
    xorl %eax, %eax
    at null_read
    movq (%rax), %rax
    survived

    fault null_write
    xorl %eax, %eax
    at null_write
    movq %rax, 16(%rax)
    survived

    fault null_jump
    xorl %eax, %eax
    jmp *%rax

    fault text_write
    leaq conf_user_begin(%rip), %rax
    at text_write
    movq %rax, (%rax)
    survived

    fault data_jump
    leaq PAGE_OUT(%rbx), %rax
    jmp *%rax

    fault wild_read
    movabsq $0x8000000000000000, %rax
    at wild_read
    movq (%rax), %rax
    survived

    fault wild_stack
    movabsq $0x8000000000000008, %rsp
    at wild_stack
    pushq %rax
    survived

    fault low_stack
    movl $4096, %esp
    at low_stack
    pushq %rax
    survived

    fault gate_stack
    xorl %esp, %esp
    at gate_stack
    call *PAGE_GATE(%rbx)
    survived

    fault x87
    movw $0x037b, PAGE_OUT(%rbx)
    fldcw PAGE_OUT(%rbx)
    fld1
    fldz
    fdivrp %st, %st(1)
    at x87
    fwait
    survived

    fault sse
    movl $0x1d80, PAGE_OUT(%rbx)
    ldmxcsr PAGE_OUT(%rbx)
    movl $0x3f800000, %eax
    movd %eax, %xmm0
    xorps %xmm1, %xmm1
    at sse
    divss %xmm1, %xmm0
    survived

    fault alignment
    pushfq
    orq $0x40000, (%rsp)
    popfq
    at alignment
    movl PAGE_OUT + 1(%rbx), %eax
    pushfq
    andq $~0x40000, (%rsp)
    popfq
    survived

/* Leaves an unmasked x87 exception pending and enters: must survive. */
    .globl conf_f_x87_gate
    .p2align 4
conf_f_x87_gate:
    movq %rdi, %rbx
    subq $8, %rsp
    movw $0x037b, PAGE_OUT(%rbx)
    fldcw PAGE_OUT(%rbx)
    fld1
    fldz
    fdivrp %st, %st(1)
    xorl %esi, %esi
    xorl %edx, %edx
    gate CONF_DONE
    ud2

/* A system call that is not the gate's (getpid, were this Linux). */
    fault foreign
    movl $39, %eax
    at foreign
    syscall
    survived

    .p2align 12
    .globl conf_user_end
conf_user_end:

    .section .note.GNU-stack, "", @progbits
