/*
 * sim_layout.h - offsets and values that gate.S shares with the C files.
 *
 * Only #defines, so that the assembler can read it. hal_machine.h asserts every
 * offset against the structures. The same numbers are what a debugger needs to
 * unwind a thread that is not running: CTX_RIP, CTX_RSP, CTX_RBP and the
 * callee-saved registers hold the caller's values at the gate (SIM_KIND_SYNC)
 * or the interrupted ones (SIM_KIND_FULL, where all registers are valid).
 */
#ifndef SIM_LAYOUT_H
#define SIM_LAYOUT_H

/* struct hal_context */
#define CTX_RIP 0
#define CTX_RSP 8
#define CTX_RBP 16
#define CTX_RBX 24
#define CTX_R12 32
#define CTX_R13 40
#define CTX_R14 48
#define CTX_R15 56
#define CTX_RAX 64
#define CTX_RCX 72
#define CTX_RDX 80
#define CTX_RSI 88
#define CTX_RDI 96
#define CTX_R8 104
#define CTX_R9 112
#define CTX_R10 120
#define CTX_R11 128
#define CTX_FLAGS 136
#define CTX_KIND 144
#define CTX_MXCSR 148
#define CTX_FCW 152
#define CTX_VECTOR 156
#define CTX_FS 160
#define CTX_ERROR 168
#define CTX_ADDRESS 176
#define CTX_FX 192
#define CTX_SIZE 704

/* struct sim_cpu */
#define CPU_STACK 0
#define CPU_CURRENT 8
#define CPU_LAST 16
#define CPU_PENDING 24

/* struct sim_host, found at %gs:0 */
#define HOST_SELF 0
#define HOST_CPU 8
#define HOST_JUMP 16
#define HOST_FS 24
#define HOST_FS_NOW 32
#define HOST_MODE 40
#define HOST_SCRATCH 44
#define HOST_FSGSBASE 48
#define HOST_EAGER_FS 52

/* hal_context.kind: which registers are valid, how it goes on */
#define SIM_KIND_SYNC 0
#define SIM_KIND_FULL 1

/* sim_host.mode; the last two with glibc's calls only (host_cross_ucontext.c) */
#define SIM_MODE_KERNEL 0
#define SIM_MODE_USER 1
#define SIM_MODE_CROSSING 2 /* in the gate, on the program's stack */
#define SIM_MODE_LEAVING 3  /* waiting for the signal that loads all registers */

/* hal_context.vector when no fault but an interrupt line led to irq_entry */
#define SIM_VECTOR_LINE 0xffff

#define SIM_MXCSR_DEFAULT 0x1f80
#define SIM_MXCSR_CONTROL 0xffffffc0 /* all but the sticky exception bits */
#define SIM_FCW_DEFAULT 0x37f
#define SIM_FLAGS_BAD 0x40500 /* AC, DF, TF: not for the kernel */
#define SIM_FLAGS_CLEAN 0x202

#endif
