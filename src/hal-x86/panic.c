/*
 * panic.c - the end after a broken invariant: registers and a back trace with
 * names, on the log's port, by code that needs little to be intact.
 *
 * The names come from a table that the build makes of the kernel's own symbols
 * (symbols.awk) and links in a second pass. The trace follows frame pointers
 * and reads nothing but mapped stacks. The other CPUs are stopped first, by NMI;
 * where each of them was is shown after the one that found the reason.
 */
#include <stdarg.h>

#include "fmt.h"
#include "internal.h"

#include "x86.h"

/* Written to isa-debug-exit: QEMU ends with status 255 (see power.c). */
#define EXIT_PORT 0xf4u
#define EXIT_STOPPED 0x7fu

#define FRAMES_MAX 32u

/* Of symbols.awk: ascending; address is the low half. */
struct symbol {
    uint32_t address;
    uint32_t name;
};
extern const struct symbol x86_symbols[];
extern const uint32_t x86_symbols_count;
extern const char x86_symbol_names[];

static void line(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

static void line(const char *format, ...)
{
    char text[160];
    va_list args;
    size_t length;

    va_start(args, format);
    length = fmt_vformat(text, sizeof(text) - 1, format, args);
    va_end(args);
    length = length < sizeof(text) - 2 ? length : sizeof(text) - 2;
    text[length] = '\n';
    hal_console_write(HAL_PORT_LOG, text, length + 1);
}

static const struct symbol *symbol_find(uint64_t address)
{
    uint32_t low = 0, high = x86_symbols_count;

    if (address < (uint64_t)x86_text_start ||
        address >= (uint64_t)x86_text_end) {
        return NULL;
    }
    while (low < high) {
        uint32_t at = low + (high - low) / 2;

        if (x86_symbols[at].address <= (uint32_t)address) {
            low = at + 1;
        } else {
            high = at;
        }
    }
    return low > 0 ? &x86_symbols[low - 1] : NULL;
}

/* A return address belongs to the call before it: back is 1 then, else 0. */
static void place(const char *what, uint64_t address, uint64_t back)
{
    const struct symbol *symbol = symbol_find(address - back);

    if (symbol != NULL) {
        line("%s 0x%016lx %s+0x%x", what, (unsigned long)address,
             x86_symbol_names + symbol->name,
             (unsigned)((uint32_t)address - symbol->address));
    } else {
        line("%s 0x%016lx%s", what, (unsigned long)address,
             address < X86_DIRECT_BASE ? " (user)" : "");
    }
}

static bool stack_holds(uint32_t cpu, uint64_t address)
{
    for (uint32_t stack = 0; stack < X86_STACKS; stack++) {
        if (address >= x86_stack_low(cpu, stack) &&
            address + 16 <= x86_stack_top(cpu, stack)) {
            return address % 8 == 0;
        }
    }
    return false;
}

static void backtrace(uint32_t cpu, uint64_t rip, uint64_t rbp)
{
    if (rip != 0) {
        place("  at", rip, 0);
    }
    for (uint32_t i = 0; i < FRAMES_MAX && stack_holds(cpu, rbp); i++) {
        const uint64_t *frame = (const uint64_t *)rbp;

        if (frame[1] == 0) {
            break;
        }
        place("  by", frame[1], 1);
        if (frame[0] <= rbp) { /* the user's, or none: stacks grow down */
            break;
        }
        rbp = frame[0];
    }
}

static void others_show(void)
{
    for (uint32_t i = 0; i < x86_cpu_count; i++) {
        const struct x86_cpu *cpu = &x86_cpus[i];

        if (i == hal_cpu_self()) {
            continue;
        }
        if (!__atomic_load_n(&cpu->stopped, __ATOMIC_ACQUIRE)) {
            line("CPU %u does not answer", i);
            continue;
        }
        line("CPU %u%s%s", i, cpu->stop_reason != NULL ? ", too: " : "",
             cpu->stop_reason != NULL ? cpu->stop_reason : "");
        backtrace(i, cpu->stopped_rip, cpu->stopped_rbp);
    }
}

_Noreturn static void stop(void)
{
    static const char text[] = "\nkernel stopped, see the log\n";

    others_show();
    line("kernel stopped");
    hal_console_write(HAL_PORT_TERMINAL, text, sizeof(text) - 1);
    x86_out8(EXIT_PORT, EXIT_STOPPED);
    x86_halt();
}

/* frame: of the trap that is the reason, NULL: there was none. */
static void stop_begin(const char *reason, const struct x86_frame *frame)
{
    if (!x86_stop_begin()) {
        if (x86_stopping_elsewhere()) {
            x86_cpu_self()->stop_reason = reason;
            x86_stop_obey(frame);
        }
        line("again while stopping: %s", reason);
        x86_out8(EXIT_PORT, EXIT_STOPPED);
        x86_halt();
    }
    x86_stop_others();
    x86_serial_unlock();
    line("\nKERNEL STOP on CPU %u: %s", hal_cpu_self(), reason);
}

_Noreturn void x86_stop_frame(const char *reason,
                              const struct x86_frame *frame)
{
    const uint64_t *r = &frame->r15;

    stop_begin(reason, frame);
    line("vector %u error 0x%x cr2 0x%016lx", (unsigned)frame->vector,
         (unsigned)frame->error, (unsigned long)x86_read_cr2());
    line("rax 0x%016lx rbx 0x%016lx rcx 0x%016lx", (unsigned long)frame->rax,
         (unsigned long)frame->rbx, (unsigned long)frame->rcx);
    line("rdx 0x%016lx rsi 0x%016lx rdi 0x%016lx", (unsigned long)frame->rdx,
         (unsigned long)frame->rsi, (unsigned long)frame->rdi);
    line("rbp 0x%016lx rsp 0x%016lx r8  0x%016lx", (unsigned long)frame->rbp,
         (unsigned long)frame->rsp, (unsigned long)frame->r8);
    line("r9  0x%016lx r10 0x%016lx r11 0x%016lx", (unsigned long)r[6],
         (unsigned long)r[5], (unsigned long)r[4]);
    line("r12 0x%016lx r13 0x%016lx r14 0x%016lx", (unsigned long)r[3],
         (unsigned long)r[2], (unsigned long)r[1]);
    line("r15 0x%016lx flags 0x%06lx cr3 0x%016lx", (unsigned long)r[0],
         (unsigned long)frame->rflags, (unsigned long)x86_read_cr3());
    backtrace(hal_cpu_self(), frame->rip, frame->rbp);
    stop();
}

/* rbx, rbp, r12 to r15, rsp: what a caller can still expect to be its own. */
_Noreturn void hal_stop(const char *reason)
{
    uint64_t rbx, r12, r13, r14, r15, rsp;

    __asm__ volatile("mov %%rbx, %0\n\tmov %%r12, %1\n\tmov %%r13, %2\n\t"
                     "mov %%r14, %3\n\tmov %%r15, %4\n\tmov %%rsp, %5"
                     : "=m"(rbx), "=m"(r12), "=m"(r13), "=m"(r14), "=m"(r15),
                       "=m"(rsp));
    stop_begin(reason, NULL);
    line("rbx 0x%016lx r12 0x%016lx r13 0x%016lx", (unsigned long)rbx,
         (unsigned long)r12, (unsigned long)r13);
    line("r14 0x%016lx r15 0x%016lx rsp 0x%016lx", (unsigned long)r14,
         (unsigned long)r15, (unsigned long)rsp);
    line("cr2 0x%016lx cr3 0x%016lx", (unsigned long)x86_read_cr2(),
         (unsigned long)x86_read_cr3());
    backtrace(hal_cpu_self(), 0, (uint64_t)__builtin_frame_address(0));
    stop();
}
