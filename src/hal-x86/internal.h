/*
 * internal.h - what the files of this back end know of each other.
 *
 * Start, in order (main.c): boot.S, boot_info.c (copies what the loader said),
 * ranges.c (free memory), paging.c (final tables), cpu.c, acpi.c, apic.c,
 * ioapic.c, clock.c, smp.c (the other CPUs), serial.c, trace.c, then core_on_boot.
 * All mapping of kernel space is done before core runs, so the kernel half of
 * every root table is equal and never changes.
 *
 * Locks of this back end (port_lock.h) are taken one at a time, each around a device,
 * never while core is called.
 */
#ifndef CAPOS_X86_INTERNAL_H
#define CAPOS_X86_INTERNAL_H

#include "hal.h"
#include "port_lock.h"
#include "ranges.h"

/* Vectors that core hears of lie in one word of the APIC's request register. */
enum x86_vector {
    X86_VECTOR_TIMER = 0x20,
    X86_VECTOR_COM1 = 0x21,
    X86_VECTOR_COM2 = 0x22,
    X86_VECTOR_ATTENTION = 0x23,
    X86_VECTOR_APIC_ERROR = 0x3e,
    X86_VECTOR_SPURIOUS = 0x3f,
    X86_VECTOR_PIC = 0x40, /* 16, masked: only spurious ones arrive */
    X86_VECTOR_FLUSH = 0x50, /* never reaches core, so not one of that word */
};

/* ------------------------------------------------------------ boot_info.c */

#define X86_INJECT_MAX 512u

struct x86_boot_info {
    const char *loader;
    uint32_t regions;
    struct x86_region region[X86_REGIONS_MAX];
    uint64_t package_phys;
    uint64_t package_bytes;
    uint64_t rsdp_phys;    /* 0: unknown, or rsdp holds a copy */
    uint8_t rsdp[36];      /* copy of multiboot2's tag */
    uint32_t rsdp_bytes;   /* of the copy, 0: none */
    uint32_t regions_lost; /* did not fit */
    bool trace;            /* the word "trace" stands in the command line */
    char inject[X86_INJECT_MAX]; /* what stands there behind "inject=" */
};

/* Entry protocols, told by boot.S. */
#define X86_BOOT_MULTIBOOT2 1u
#define X86_BOOT_PVH 2u

/* Fills info from what the loader left at phys. False: nothing usable there. */
bool x86_boot_info_read(struct x86_boot_info *info, uint32_t protocol,
                        uint64_t phys);

/* --------------------------------------------------------------- paging.c */

/*
 * Builds the kernel's tables and loads them. Frames for tables and stacks come
 * off the end of a range of `free`; what is left there is for the core.
 */
void x86_paging_init(struct x86_ranges *free,
                     const struct x86_ranges *usable,
                     const struct x86_boot_info *info);

/* Maps the stacks of a CPU, if they are not, between unmapped pages. */
void x86_paging_stacks(uint32_t cpu);

/* Adds the boot section to the free memory: nobody runs in it any more. */
void x86_paging_boot_free(void);

/* Makes firmware tables (read-only) or registers (uncached) reachable. */
const void *x86_paging_firmware(uint64_t phys, uint64_t bytes);
volatile void *x86_paging_device(uint64_t phys, uint64_t bytes);

/* Puts the local APIC's registers at X86_LAPIC_BASE. */
void x86_paging_lapic(uint64_t phys);

/* Frame of the PDPT that maps the gate page, shared by all spaces. */
extern uint64_t x86_gate_table;

/* ------------------------------------------------------------------ cpu.c */

/* Task state segment (SDM 3A 8.7). */
struct x86_tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map;
} __attribute__((packed));

struct x86_cpu {
    struct x86_cpu_head head;
    uint64_t gdt[8];
    struct x86_tss tss;
    uint64_t deadline_ns; /* of hal_time_arm, UINT64_MAX: none */
    uint64_t tsc_start;   /* this CPU's TSC at time 0 */
    uint32_t apic_id;
    bool in_core; /* core_on_boot or core_on_cpu was called */
    bool stopped; /* stands still; then this is where: */
    uint64_t stopped_rip, stopped_rbp;
    const char *stop_reason; /* of hal_stop while another CPU stopped, too */
} __attribute__((aligned(64)));

enum x86_stack {
    X86_STACK_MAIN = 0, /* every entry but those below */
    X86_STACK_NMI,      /* these are the IST's numbers */
    X86_STACK_DOUBLE,
    X86_STACK_MACHINE,
    X86_STACK_DEBUG,
    X86_STACKS,
};

extern struct x86_cpu x86_cpus[LIMIT_CPUS];
extern uint32_t x86_cpu_count; /* those that run; fixed before core runs */

static inline struct x86_cpu *x86_cpu_self(void)
{
    struct x86_cpu *cpu;

    X86_CPU_READ(self, cpu);
    return cpu;
}

/* What the CPU can do; equal on all of them. */
struct x86_features {
    bool smap;
    bool gigabyte_pages;
    bool rdrand;
    bool rdseed;
    bool invariant_tsc;
    char name[49]; /* brand */
};

extern struct x86_features x86_features;
/* memory.c may use the CPU's wide registers: SSE is switched on. */
extern bool x86_copy_wide;

extern uint8_t x86_smap; /* for assembly: 1 if STAC and CLAC are there */

/* Descriptor tables of CPU 0, so that faults are reported from here on. */
void x86_cpu_early(void);

/* Reads the features; stops the machine if one that is needed is missing. */
void x86_cpu_detect(void);

/* GDT, IDT and GS of the calling CPU; its structure's numbers. */
void x86_cpu_tables(uint32_t cpu);

/* Control registers, system call, stacks of the calling CPU. */
void x86_cpu_init(uint32_t cpu);

/* Bounds of a stack of a CPU: lowest byte and top. */
uint64_t x86_stack_low(uint32_t cpu, enum x86_stack stack);
uint64_t x86_stack_top(uint32_t cpu, enum x86_stack stack);

/* ----------------------------------------------------------------- acpi.c */

struct x86_acpi {
    bool madt;
    uint64_t lapic_phys;
    uint64_t ioapic_phys;
    uint32_t ioapic_gsi; /* first input */
    uint32_t cpus; /* usable ones that the MADT names */
    uint32_t cpus_kept;
    uint8_t cpu[LIMIT_CPUS]; /* APIC ids of as many as there is room for */
    struct {
        uint32_t gsi;
        bool low;
        bool level;
    } isa[16];
    uint16_t pm_timer; /* port, 0: none */
    bool pm_timer_wide;
    uint64_t hpet_phys;
    uint16_t pm1a_control; /* ports, 0: none */
    uint16_t pm1b_control;
    bool sleep_known;
    uint8_t sleep_a;
    uint8_t sleep_b;
    uint8_t reset_space; /* 0xff: none, 0 memory, 1 port */
    uint8_t reset_value;
    uint64_t reset_address; /* port, or pointer to the mapped register */
};

extern struct x86_acpi x86_acpi;

/* Reads RSDP, MADT, FADT, DSDT, HPET; what is missing gets defaults. */
void x86_acpi_init(const struct x86_boot_info *info);

/* ------------------------------------------------- apic.c ioapic.c clock.c */

/* The calling CPU's; after x86_paging_lapic. */
void x86_apic_init(void);
uint32_t x86_apic_id(void);

/* Delivery modes beside a fixed vector (SDM 3A 11.6.1). */
#define X86_SEND_NMI 0x400u
#define X86_SEND_INIT 0x500u
#define X86_SEND_STARTUP 0x600u /* and the page number */

/* Sends a vector, or one of those, to the CPU with an APIC id. */
void x86_apic_send(uint32_t apic_id, uint32_t what);
void x86_apic_eoi(void);
bool x86_apic_in_service(uint32_t vector);
void x86_apic_timer_start(uint32_t count);
uint32_t x86_apic_timer_left(void);
uint32_t x86_apic_error(void);

/* Masks the PICs and all inputs of the I/O APIC. */
void x86_ioapic_init(void);

/* Routes an ISA interrupt to a vector of CPU 0, unmasked. */
void x86_ioapic_route(uint32_t isa, uint32_t vector);

/* Measures TSC and APIC timer against the best reference there is. */
void x86_clock_init(void);

/*
 * Compares the calling CPU's TSC with that of another one, which calls
 * x86_clock_answer meanwhile, and sets that one's tsc_start. False: no answer;
 * then x86_clock_answer never returns.
 */
bool x86_clock_compare(struct x86_cpu *other);
void x86_clock_answer(void);

/* The APIC timer's interrupt; core is told by the caller. */
void x86_clock_tick(void);

/* One line for people about the clock. */
const char *x86_clock_name(void);

/* ------------------------------------------------------------------ wall.c */

/* The UTC of the moment when hal_time_now was 0, and how it is known. */
enum hal_wall x86_wall(uint64_t *boot_ns);

/* --------------------------------------------------------------- serial.c */

/* Sets up the ports for polled output; needs nothing. */
void x86_serial_early(void);

/* Switches received characters to interrupts. */
void x86_serial_init(void);

/* The interrupt of port 0 or 1. False: core was not told. */
bool x86_serial_irq(uint32_t port);

/* Waits until what other CPUs are writing is written: before the end. */
void x86_serial_drain(void);

/* From here on nobody waits for a port: the others stand still. */
void x86_serial_unlock(void);

/* ------------------------------------------------------------------ smp.c */

/*
 * Starts the CPUs that the MADT names; those that answer idle until
 * x86_smp_release. False: one of them may still be in the boot section.
 */
bool x86_smp_start(const struct x86_ranges *usable,
                   const struct x86_boot_info *info);

/* Lets the other CPUs call core_on_cpu. Called when core_on_boot returned. */
void x86_smp_release(void);

/* The attention interrupt. False: core was not told. */
bool x86_smp_attention(void);

/* ------------------------------------------------------------------ ipi.c */

struct x86_frame;

/* True for the CPU that is the first to stop the machine; it goes on. */
bool x86_stop_begin(void);
bool x86_stopping_elsewhere(void);

/* Makes the others stand still, wherever they are; waits, but not for ever. */
void x86_stop_others(void);

/* This CPU stands still; frame says where, NULL: here. */
_Noreturn void x86_stop_obey(const struct x86_frame *frame);

/* ------------------------------------------------------------------ pci.c */

/* Looks on bus 0 for the function 0 of a device. */
bool x86_pci_find(uint16_t vendor, uint16_t id, uint32_t *device);

/* Where a device has memory, and how much, by a base address register. 0: not. */
uint64_t x86_pci_memory(uint32_t device, uint32_t bar, uint64_t *bytes);

/* ---------------------------------------------------------------- trace.c */

/* Looks for a place to write traces to; begins one if from_boot. */
void x86_trace_init(bool from_boot);

/* Waits until a record that is being written is whole: before the end. */
void x86_trace_drain(void);

/* ---------------------------------------------------------------- panic.c */

/* Registers as the entry code pushes them for a trap in the kernel. */
struct x86_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

/* Reports a trap that has no remedy and stops. */
_Noreturn void x86_stop_frame(const char *reason,
                              const struct x86_frame *frame);

/* ------------------------------------------------------- log, entropy, asm */

/* The C library's, here without one (memory.c). */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);

/* A line to the log, prefixed with "hal: ". */
void x86_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

uint64_t x86_entropy_word(void);

/*
 * Copies between user and kernel memory (copy.S). Returns 0, or 1 if a user
 * address is not mapped so.
 */
uint32_t x86_user_copy(void *to, const void *from, size_t bytes);

/* Sets the stack, calls core_on_boot, releases the others, goes to user mode. */
_Noreturn void x86_start_core(const struct hal_boot *boot, uint64_t stack);

/* Idles on this CPU's stack, until an interrupt finds something to do. */
_Noreturn void x86_start_idle(void);

/* Of the linker script and of assembly. */
extern char x86_image_start[], x86_text_start[], x86_text_end[];
extern char x86_rodata_start[], x86_rodata_end[];
extern char x86_data_start[], x86_image_end[];
extern char x86_gate_page[];
extern char x86_user_copy_begin[], x86_user_copy_end[], x86_user_copy_fault[];
extern char x86_syscall_entry[];
extern char x86_vector_stubs[]; /* 256, of 16 bytes each */

#endif
