/*
 * layout.h - numbers that C and assembly of this back end share: where things
 * lie in the address space, selectors, and offsets in struct x86_cpu and
 * struct hal_context (checked against the structures in cpu.c).
 *
 *   0x0000000010000000  the gate page, in every space, shared tables
 *   PML4 1 to 254       the window of the space, 64 GiB, base at random
 *   0xffff800000000000  direct map of RAM, NX; device registers, uncached
 *   0xffffffff80200000  the kernel image: text RX, rodata R, data RW
 *   0xffffffffc0000000  stacks of the CPUs, between unmapped pages
 *   0xffffffffff000000  registers of the local APIC
 */
#ifndef CAPOS_X86_LAYOUT_H
#define CAPOS_X86_LAYOUT_H

#define X86_GATE 0x10000000
#define X86_GATE_SYSCALL_BYTES 2
#define X86_GATE_COUNTER 16 /* the time page's counter, in the gate page */
#define X86_DIRECT_BASE 0xffff800000000000
#define X86_KERNEL_BASE 0xffffffff80000000
#define X86_STACKS_BASE 0xffffffffc0000000
#define X86_LAPIC_BASE 0xffffffffff000000

/* The order is what SYSCALL and SYSRET want (SDM 2B SYSRET; STAR). */
#define X86_KERNEL_CS 0x08
#define X86_KERNEL_SS 0x10
#define X86_SYSRET_BASE 0x1b
#define X86_USER_SS 0x23
#define X86_USER_CS 0x2b
#define X86_TSS 0x30

/* Only until long mode: code of 32 bits. */
#define X86_BOOT_CS32 0x18

/* A word in the trampoline, and how far the CPU being started has come. */
#define X86_TRAMPOLINE_STATE 4
#define X86_AP_EXPECTED 1
#define X86_AP_TAKEN 2 /* out of the trampoline */

#define X86_MSR_FS_BASE 0xc0000100
#define X86_MSR_GS_BASE 0xc0000101

#define X86_RFLAGS_USER 0x202 /* interrupts on, nothing else */

/* enum x86_kind: how a context left user mode, and so how it goes back */
#define X86_KIND_SYNC 0
#define X86_KIND_FULL 1

#define CPU_CURRENT 8
#define CPU_STACK 24
#define CPU_TOKEN 32
#define CPU_FS_BASE 40
#define CPU_FXSAVE_LEAKS 52

#define CTX_KIND 0
#define CTX_TOKEN 8
#define CTX_FS_BASE 16
#define CTX_RAX 24
#define CTX_RBX 32
#define CTX_RCX 40
#define CTX_RDX 48
#define CTX_RSI 56
#define CTX_RDI 64
#define CTX_RBP 72
#define CTX_RSP 80
#define CTX_R8 88
#define CTX_R9 96
#define CTX_R10 104
#define CTX_R11 112
#define CTX_R12 120
#define CTX_R13 128
#define CTX_R14 136
#define CTX_R15 144
#define CTX_RIP 152
#define CTX_RFLAGS 160
#define CTX_FX 176
#define CTX_FX_FCW 176
#define CTX_FX_FSW 178
#define CTX_FX_MXCSR 200

#endif
