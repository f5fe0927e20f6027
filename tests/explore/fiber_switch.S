/*
 * fiber_switch.S - the switch between stacks.
 *
 * void fiber_switch(void **save, void *load): pushes what a callee must keep,
 * stores the stack pointer in *save, and goes on where load was stored. Control
 * words are the same everywhere in the explorer, so they stay.
 */
    .text
    .globl fiber_switch
    .type fiber_switch, @function
fiber_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size fiber_switch, . - fiber_switch
    .section .note.GNU-stack, "", @progbits
