/*
 * copy.S - copies to and from user memory.
 *
 * A page fault at a user address between x86_user_copy_begin and _end is
 * answered by the trap code with a jump to x86_user_copy_fault. Only here may
 * the kernel touch user addresses (SMAP; AC is set for the time of the copy).
 * No `rep movs`: emulators run it a byte a step.
 */
#include "layout.h"

    .text
    .globl x86_user_copy, x86_user_copy_begin, x86_user_copy_end
    .globl x86_user_copy_fault
    .type x86_user_copy, @function
/* uint32_t x86_user_copy(void *to, const void *from, size_t bytes) */
x86_user_copy:
    testb $1, x86_smap(%rip)
    jz x86_user_copy_begin
    stac
x86_user_copy_begin:
    mov %rdx, %rcx
    shr $5, %rcx
    jz 2f
1:  mov (%rsi), %rax
    mov 8(%rsi), %r8
    mov 16(%rsi), %r9
    mov 24(%rsi), %r10
    mov %rax, (%rdi)
    mov %r8, 8(%rdi)
    mov %r9, 16(%rdi)
    mov %r10, 24(%rdi)
    add $32, %rsi
    add $32, %rdi
    dec %rcx
    jnz 1b
2:  mov %edx, %ecx
    and $31, %ecx
    sub $8, %ecx
    jb 4f
3:  mov (%rsi), %rax
    mov %rax, (%rdi)
    add $8, %rsi
    add $8, %rdi
    sub $8, %ecx
    jae 3b
4:  add $8, %ecx
    jz 6f
5:  movzbl (%rsi), %eax
    mov %al, (%rdi)
    inc %rsi
    inc %rdi
    dec %ecx
    jnz 5b
6:
x86_user_copy_end:
    xor %eax, %eax
7:  testb $1, x86_smap(%rip)
    jz 8f
    clac
8:  ret
x86_user_copy_fault:
    mov $1, %eax
    jmp 7b
    .size x86_user_copy, . - x86_user_copy

    .section .note.GNU-stack, "", @progbits
