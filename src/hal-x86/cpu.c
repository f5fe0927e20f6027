/*
 * cpu.c - what a CPU needs before it can run user code: descriptor tables,
 * control registers, the system call, and which features there are.
 *
 * Everything is used by its CPUID bit; what the kernel cannot do without is
 * checked here (long mode and NX already by boot.S).
 */
#include "internal.h"

#include "x86.h"

#define CR0_WANTED 0x80050033u /* PG AM WP NE ET MP PE */
#define CR4_PAE (1u << 5)
#define CR4_MCE (1u << 6)
#define CR4_PGE (1u << 7)
#define CR4_OSFXSR (1u << 9)
#define CR4_OSXMMEXCPT (1u << 10)
#define CR4_UMIP (1u << 11)
#define CR4_SMEP (1u << 20)
#define CR4_SMAP (1u << 21)

/* What the page attribute table is after reset (SDM 3A 12.12.4). */
#define PAT_RESET UINT64_C(0x0007040600070406)

#define EFER_SCE 1u
#define EFER_NXE (1u << 11)

/* AC, RF, NT, IOPL, DF, IF, TF are clear in the kernel. */
#define FMASK_WANTED 0x57700u

#define STACK_SLOT_BYTES (256u << 10)

_Static_assert(offsetof(struct x86_cpu_head, current) == CPU_CURRENT, "asm");
_Static_assert(offsetof(struct x86_cpu_head, stack) == CPU_STACK, "asm");
_Static_assert(offsetof(struct x86_cpu_head, token) == CPU_TOKEN, "asm");
_Static_assert(offsetof(struct x86_cpu_head, fs_base) == CPU_FS_BASE, "asm");
_Static_assert(offsetof(struct x86_cpu_head, fxsave_leaks) == CPU_FXSAVE_LEAKS,
               "asm");
_Static_assert(offsetof(struct hal_context, token) == CTX_TOKEN, "asm");
_Static_assert(offsetof(struct hal_context, fs_base) == CTX_FS_BASE, "asm");
_Static_assert(offsetof(struct hal_context, rax) == CTX_RAX, "asm");
_Static_assert(offsetof(struct hal_context, rsp) == CTX_RSP, "asm");
_Static_assert(offsetof(struct hal_context, r15) == CTX_R15, "asm");
_Static_assert(offsetof(struct hal_context, rip) == CTX_RIP, "asm");
_Static_assert(offsetof(struct hal_context, rflags) == CTX_RFLAGS, "asm");
_Static_assert(offsetof(struct hal_context, fx) == CTX_FX, "asm");
_Static_assert(sizeof(struct x86_tss) == 104, "SDM 3A 8.7");

struct idt_gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t ist;
    uint8_t type;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

struct x86_cpu x86_cpus[LIMIT_CPUS];
uint32_t x86_cpu_count = 1;
struct x86_features x86_features;
uint8_t x86_smap;

static struct idt_gate idt[256] __attribute__((aligned(16)));

/* First page of each stack in its CPU's slot, and pages; the rest is a gap. */
static const struct {
    uint32_t first, pages;
} stack_place[X86_STACKS] = {
    [X86_STACK_MAIN] = {1, 16},
    [X86_STACK_NMI] = {18, 2},
    [X86_STACK_DOUBLE] = {21, 2},
    [X86_STACK_MACHINE] = {24, 2},
    [X86_STACK_DEBUG] = {27, 2},
};

uint64_t x86_stack_low(uint32_t cpu, enum x86_stack stack)
{
    return X86_STACKS_BASE + (uint64_t)cpu * STACK_SLOT_BYTES +
           (uint64_t)stack_place[stack].first * PAGE_SIZE;
}

uint64_t x86_stack_top(uint32_t cpu, enum x86_stack stack)
{
    return x86_stack_low(cpu, stack) +
           (uint64_t)stack_place[stack].pages * PAGE_SIZE;
}

/* ------------------------------------------------------- descriptor tables */

static uint8_t vector_stack(uint32_t vector)
{
    switch (vector) {
    case 1:
        return X86_STACK_DEBUG;
    case 2:
        return X86_STACK_NMI;
    case 8:
        return X86_STACK_DOUBLE;
    case 18:
        return X86_STACK_MACHINE;
    default:
        return 0;
    }
}

static void idt_init(void)
{
    for (uint32_t vector = 0; vector < 256; vector++) {
        uint64_t stub = (uint64_t)x86_vector_stubs + vector * 16u;
        /* int3 and into are a program's to raise, no other vector is. */
        bool user = vector == 3 || vector == 4;

        idt[vector] = (struct idt_gate){
            .offset_low = (uint16_t)stub,
            .offset_middle = (uint16_t)(stub >> 16),
            .offset_high = (uint32_t)(stub >> 32),
            .selector = X86_KERNEL_CS,
            .ist = vector_stack(vector),
            .type = user ? 0xee : 0x8e,
        };
    }
}

static void gdt_init(struct x86_cpu *cpu)
{
    uint64_t tss = (uint64_t)&cpu->tss;

    cpu->gdt[X86_KERNEL_CS / 8] = 0x00af9b000000ffff;
    cpu->gdt[X86_KERNEL_SS / 8] = 0x00cf93000000ffff;
    /* 0x18 would be 32-bit user code: there is none. */
    cpu->gdt[X86_USER_SS / 8] = 0x00cff3000000ffff;
    cpu->gdt[X86_USER_CS / 8] = 0x00affb000000ffff;
    cpu->gdt[X86_TSS / 8] = (sizeof(cpu->tss) - 1) | (tss & 0xffffff) << 16 |
                            UINT64_C(0x89) << 40 | (tss >> 24 & 0xff) << 56;
    cpu->gdt[X86_TSS / 8 + 1] = tss >> 32;
}

static void tables_load(struct x86_cpu *cpu)
{
    struct table_pointer gdt = {sizeof(cpu->gdt) - 1, (uint64_t)cpu->gdt};
    struct table_pointer idtr = {sizeof(idt) - 1, (uint64_t)idt};

    __asm__ volatile("lgdt %0\n\t"
                     "lidt %1\n\t"
                     "pushq %2\n\t"
                     "lea 1f(%%rip), %%rax\n\t"
                     "push %%rax\n\t"
                     "lretq\n"
                     "1:\tmov %3, %%ss\n\t"
                     "mov %4, %%ds\n\t"
                     "mov %4, %%es\n\t"
                     "mov %4, %%fs\n\t"
                     "mov %4, %%gs"
                     :
                     : "m"(gdt), "m"(idtr), "i"(X86_KERNEL_CS),
                       "r"(X86_KERNEL_SS), "r"(0)
                     : "rax", "memory");
}

void x86_cpu_tables(uint32_t number)
{
    struct x86_cpu *cpu = &x86_cpus[number];

    gdt_init(cpu);
    tables_load(cpu);
    cpu->head.self = cpu;
    cpu->head.number = number;
    x86_wrmsr(MSR_GS_BASE, (uint64_t)cpu);
}

void x86_cpu_early(void)
{
    idt_init();
    x86_cpu_tables(0);
}

/* ---------------------------------------------------------------- features */

static void need(bool there, const char *what)
{
    if (!there) {
        x86_log("this CPU lacks %s, which the kernel needs", what);
        hal_stop("unsuitable CPU");
    }
}

static void name_read(char *name)
{
    char *at = name;

    if (x86_cpuid(0x80000000, 0).eax < 0x80000004) {
        memcpy(name, "x86-64", 7);
        return;
    }
    for (uint32_t leaf = 0x80000002; leaf <= 0x80000004; leaf++) {
        struct x86_cpuid id = x86_cpuid(leaf, 0);

        memcpy(at, &id, 16);
        at += 16;
    }
    *at = '\0';
}

void x86_cpu_detect(void)
{
    struct x86_cpuid basic = x86_cpuid(1, 0);
    struct x86_cpuid extended = x86_cpuid(0x80000001, 0);
    uint32_t leaf_max = x86_cpuid(0, 0).eax;
    uint32_t extended_max = x86_cpuid(0x80000000, 0).eax;

    need(extended.edx & 1u << 11, "SYSCALL");
    need(basic.edx & 1u << 24, "FXSAVE");
    need(basic.edx & 1u << 26, "SSE2");
    need(basic.edx & 1u << 9, "a local APIC");
    need(basic.edx & 1u << 4, "a time stamp counter");
    x86_features.gigabyte_pages = extended.edx & 1u << 26;
    x86_features.rdrand = basic.ecx & 1u << 30;
    if (leaf_max >= 7) {
        struct x86_cpuid more = x86_cpuid(7, 0);

        x86_features.smap = more.ebx & 1u << 20;
        x86_smap = x86_features.smap;
        x86_features.rdseed = more.ebx & 1u << 18;
    }
    if (extended_max >= 0x80000007) {
        x86_features.invariant_tsc = x86_cpuid(0x80000007, 0).edx & 1u << 8;
    }
    name_read(x86_features.name);
}

/* True if FXRSTOR leaves the x87 pointers (AMD APM 3, FXRSTOR). */
static bool fxsave_leaks(void)
{
    bool amd = x86_cpuid(0, 0).ecx == 0x444d4163; /* "cAMD" */

    return amd && (x86_cpuid(0x80000000, 0).eax < 0x80000008 ||
                   !(x86_cpuid(0x80000008, 0).ebx & 1u << 2));
}

static void control_init(void)
{
    struct x86_cpuid basic = x86_cpuid(1, 0);
    struct x86_cpuid more = {0, 0, 0, 0};
    uint64_t cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;

    if (x86_cpuid(0, 0).eax >= 7) {
        more = x86_cpuid(7, 0);
    }
    cr4 |= basic.edx & 1u << 13 ? CR4_PGE : 0;
    cr4 |= basic.edx & 1u << 7 ? CR4_MCE : 0;
    cr4 |= more.ebx & 1u << 7 ? CR4_SMEP : 0;
    cr4 |= more.ebx & 1u << 20 ? CR4_SMAP : 0;
    cr4 |= more.ecx & 1u << 2 ? CR4_UMIP : 0;
    if (basic.edx & 1u << 16) {
        x86_wrmsr(MSR_PAT, PAT_RESET); /* paging.c relies on entry 3 */
    }
    x86_write_cr0(CR0_WANTED);
    x86_write_cr4(cr4); /* no OSXSAVE: FXSAVE is all that is kept */
    __asm__ volatile("fninit");
    x86_copy_wide = true;
}

static void syscall_init(void)
{
    x86_wrmsr(MSR_EFER, x86_rdmsr(MSR_EFER) | EFER_SCE | EFER_NXE);
    x86_wrmsr(MSR_STAR, (uint64_t)X86_SYSRET_BASE << 48 |
                            (uint64_t)X86_KERNEL_CS << 32);
    x86_wrmsr(MSR_LSTAR, (uint64_t)x86_syscall_entry);
    x86_wrmsr(MSR_CSTAR, (uint64_t)x86_syscall_entry);
    x86_wrmsr(MSR_FMASK, FMASK_WANTED);
    x86_wrmsr(MSR_SYSENTER_CS, 0); /* SYSENTER faults */
    x86_wrmsr(MSR_KERNEL_GS_BASE, 0);
    x86_wrmsr(X86_MSR_FS_BASE, 0);
}

void x86_cpu_init(uint32_t number)
{
    struct x86_cpu *cpu = &x86_cpus[number];

    cpu->head.token = (uint64_t)(number + 1) << 48;
    cpu->head.fxsave_leaks = fxsave_leaks();
    cpu->deadline_ns = UINT64_MAX;
    /* Three words are pushed before the first call: then it is aligned. */
    cpu->head.stack = x86_stack_top(number, X86_STACK_MAIN) - 8;
    cpu->tss.rsp[0] = x86_stack_top(number, X86_STACK_MAIN);
    for (uint32_t stack = X86_STACK_NMI; stack < X86_STACKS; stack++) {
        cpu->tss.ist[stack - 1] = x86_stack_top(number, stack);
    }
    cpu->tss.io_map = sizeof(cpu->tss); /* beyond the limit: no ports */
    __asm__ volatile("ltr %w0" : : "r"(X86_TSS));
    __asm__ volatile("lldt %w0" : : "r"(0));
    control_init();
    syscall_init();
}
