/*
 * boot.S - from the loader to x86_main.
 *
 * One image, two protocols: multiboot2 (GRUB, on BIOS and on UEFI) and PVH
 * (QEMU's -kernel). Both enter in 32-bit protected mode without paging, with
 * the physical address of their information in ebx. This section is linked at
 * its physical address; it maps the first 4 GiB three times (identity, direct
 * map, and the first of them at the kernel's base), enters long mode and jumps
 * up. The other CPUs start at the trampoline and take the same way (smp.c). The
 * section's memory is free once all of them are up.
 */
#include "layout.h"

#define MULTIBOOT2_MAGIC 0xe85250d6
#define PVH_NOTE 18 /* XEN_ELFNOTE_PHYS32_ENTRY */
#define MSR_EFER 0xc0000080

    .section .boot, "awx", @progbits
    .balign 8
multiboot2_header: /* Multiboot2 specification 3.1.1 */
    .long MULTIBOOT2_MAGIC
    .long 0 /* i386 */
    .long multiboot2_end - multiboot2_header
    .long -(MULTIBOOT2_MAGIC + (multiboot2_end - multiboot2_header))
    .word 1, 0 /* information request: the memory map */
    .long 12, 6
    .balign 8
    .word 3, 0 /* entry address, though the image is ELF64 */
    .long 12, x86_boot_multiboot2
    .balign 8
    .word 6, 0 /* modules on page boundaries */
    .long 8
    .word 0, 0
    .long 8
multiboot2_end:

    .section .note.Xen, "a", @note
    .balign 4
    .long 4, 4, PVH_NOTE
    .asciz "Xen"
    .long x86_boot_pvh

    .section .boot, "awx", @progbits
    .code32
    .globl x86_boot_multiboot2, x86_boot_pvh
x86_boot_multiboot2:
    mov $1, %ebp
    jmp x86_boot
x86_boot_pvh:
    mov $2, %ebp
x86_boot:
    cli
    cld
    mov %ebx, %esi
    mov $boot_no_long_mode, %edi
    mov $0x80000000, %eax
    cpuid
    cmp $0x80000001, %eax
    jb boot_refuse
    mov $0x80000001, %eax
    cpuid
    test $(1 << 29), %edx /* long mode */
    jz boot_refuse
    mov $boot_no_nx, %edi
    test $(1 << 20), %edx
    jz boot_refuse

    movl $(boot_pdpt + 3), boot_pml4
    movl $(boot_pdpt + 3), boot_pml4 + 256 * 8
    movl $(boot_pdpt_high + 3), boot_pml4 + 511 * 8
    movl $(boot_pds + 3), boot_pdpt_high + 510 * 8
    xor %ecx, %ecx
    mov $(boot_pds + 3), %eax
1:  mov %eax, boot_pdpt(, %ecx, 8)
    add $4096, %eax
    inc %ecx
    cmp $4, %ecx
    jne 1b
    xor %ecx, %ecx
    mov $0x83, %eax /* 2 MiB, present, writable */
2:  mov %eax, boot_pds(, %ecx, 8)
    add $0x200000, %eax
    inc %ecx
    cmp $2048, %ecx
    jne 2b

boot_long_mode:
    mov %cr4, %eax
    or $(1 << 5), %eax /* PAE */
    mov %eax, %cr4
    mov $boot_pml4, %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    rdmsr
    or $(1 << 8 | 1 << 11), %eax /* LME, NXE */
    wrmsr
    mov %cr0, %eax
    or $0x80010001, %eax /* PG, WP, PE */
    mov %eax, %cr0
    lgdt boot_gdt_pointer
    ljmp $X86_KERNEL_CS, $boot_long

/* From the trampoline, in a code segment of 32 bits. ebp 0 tells it. */
boot_ap:
    mov $X86_KERNEL_SS, %eax
    mov %eax, %ds
    xor %ebp, %ebp
    jmp boot_long_mode

/* Says on the first serial port what edi points to, and halts. */
boot_refuse:
    mov (%edi), %al
    test %al, %al
    jz 4f
    mov %al, %cl
    mov $0x3fd, %dx
3:  in %dx, %al
    test $0x20, %al
    jz 3b
    mov %cl, %al
    mov $0x3f8, %dx
    out %al, %dx
    inc %edi
    jmp boot_refuse
4:  hlt
    jmp 4b

    .code64
boot_long:
    mov $X86_KERNEL_SS, %eax
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    movabs $boot_high, %rax
    jmp *%rax

    .balign 8
boot_gdt: /* kernel code and data as in the final table */
    .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
    .quad 0x00cf9b000000ffff /* code of 32 bits, for the trampoline */
boot_gdt_pointer:
    .word boot_gdt_pointer - boot_gdt - 1
    .long boot_gdt
boot_no_long_mode:
    .asciz "capOS: this CPU has no 64-bit mode\n"
boot_no_nx:
    .asciz "capOS: this CPU has no NX protection\n"

    .section .boot.tables, "aw", @nobits
    .balign 4096
boot_pml4:
    .skip 4096
boot_pdpt:
    .skip 4096
boot_pdpt_high:
    .skip 4096
boot_pds:
    .skip 4 * 4096

    .text
boot_high:
    test %ebp, %ebp
    jz boot_high_ap
    mov $(boot_stack + 16384), %rsp
    mov %ebp, %edi
    mov %esi, %esi
    xor %ebp, %ebp
    push %rbp
    call x86_main
    ud2
boot_high_ap:
    mov hal_x86_kernel_root(%rip), %rax
    mov %rax, %cr3
    mov x86_ap_stack(%rip), %rsp
    push %rbp
    call x86_ap_main
    ud2

/*
 * Where the other CPUs begin, in real mode: copied to the start of a page below
 * 1 MiB, which stays reserved. One that comes when it is not expected any more
 * halts right here, where it does no harm.
 */
    .section .rodata
    .balign 16
    .globl x86_trampoline, x86_trampoline_end
    .code16
x86_trampoline:
    jmp 1f
    .balign 4
    .long 0 /* X86_TRAMPOLINE_STATE */
1:  cli
    cld
    mov %cs, %ax
    mov %ax, %ds
    mov $X86_AP_EXPECTED, %eax
    mov $X86_AP_TAKEN, %ecx
    lock cmpxchg %ecx, X86_TRAMPOLINE_STATE
    jne 2f
    lgdtl trampoline_gdt - x86_trampoline
    mov %cr0, %eax
    or $1, %eax /* PE */
    mov %eax, %cr0
    ljmpl $X86_BOOT_CS32, $boot_ap
2:  hlt
    jmp 2b
    .balign 4
trampoline_gdt:
    .word boot_gdt_pointer - boot_gdt - 1
    .long boot_gdt
x86_trampoline_end:
    .code64

    .bss
    .balign 16
boot_stack:
    .skip 16384

    .section .note.GNU-stack, "", @progbits
