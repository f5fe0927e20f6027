/*
 * ipi.c - what CPUs ask of each other: attention for core, flushes of the TLB,
 * and, before the machine stops, to stand still.
 *
 * A flush is a number: each request takes the next flush_wanted of the CPU asked
 * and waits until that CPU's flush_done has reached it. So several CPUs may ask
 * one at the same time, one flush answers all that were asked before it began,
 * and no request needs a place in memory. Who waits answers meanwhile
 * (hal_cpu_relax): CPUs that flush each other both get on.
 */
#include "internal.h"

#include "x86.h"

/* How long a CPU may take to obey before the machine stops without it. */
#define STOP_NS UINT64_C(200000000)

static uint32_t stopping; /* CPU + 1 of who stops the machine */

void hal_cpu_interrupt(uint32_t number)
{
    if (number < x86_cpu_count) {
        x86_apic_send(x86_cpus[number].apic_id, X86_VECTOR_ATTENTION);
    }
}

/* ------------------------------------------------------------------ flushes */

/*
 * The number is read before the flush: what is asked for later is answered
 * later. CR3 drops all entries of the space, and the way to them; the kernel's
 * are global and never change.
 */
void hal_x86_flush_answer(void)
{
    struct x86_cpu_head *head = &x86_cpu_self()->head;
    uint32_t wanted = __atomic_load_n(&head->flush_wanted, __ATOMIC_ACQUIRE);

    if (wanted != head->flush_done) {
        x86_write_cr3(x86_read_cr3());
        __atomic_store_n(&head->flush_done, wanted, __ATOMIC_RELEASE);
    }
}

/* The CPUs of the mask that run, without this one. */
static uint64_t others(uint64_t cpus)
{
    uint64_t there = x86_cpu_count < 64 ? (UINT64_C(1) << x86_cpu_count) - 1
                                        : UINT64_MAX;

    return cpus & there & ~(UINT64_C(1) << hal_cpu_self());
}

static bool flush_missing(const struct x86_cpu *cpu, uint32_t number)
{
    uint32_t done = __atomic_load_n(&cpu->head.flush_done, __ATOMIC_ACQUIRE);

    return (int32_t)(done - number) < 0;
}

void hal_tlb_flush(struct hal_space *space, uint64_t cpus)
{
    uint32_t number[LIMIT_CPUS];

    (void)space; /* a CPU holds entries of its active space alone */
    cpus = others(cpus);
    for (uint64_t left = cpus; left != 0; left &= left - 1) {
        struct x86_cpu *cpu = &x86_cpus[__builtin_ctzll(left)];

        /* Locked, so what was changed in the tables is seen before it. */
        number[__builtin_ctzll(left)] =
            __atomic_add_fetch(&cpu->head.flush_wanted, 1, __ATOMIC_SEQ_CST);
        x86_apic_send(cpu->apic_id, X86_VECTOR_FLUSH);
    }
    for (uint64_t left = cpus; left != 0; left &= left - 1) {
        const struct x86_cpu *cpu = &x86_cpus[__builtin_ctzll(left)];

        while (flush_missing(cpu, number[__builtin_ctzll(left)])) {
            hal_cpu_relax();
        }
    }
}

/* ---------------------------------------------------------------------- end */

bool x86_stop_begin(void)
{
    uint32_t nobody = 0;

    return __atomic_compare_exchange_n(&stopping, &nobody, hal_cpu_self() + 1,
                                       false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

bool x86_stopping_elsewhere(void)
{
    uint32_t who = __atomic_load_n(&stopping, __ATOMIC_SEQ_CST);

    return who != 0 && who != hal_cpu_self() + 1;
}

_Noreturn void x86_stop_obey(const struct x86_frame *frame)
{
    struct x86_cpu *cpu = x86_cpu_self();

    cpu->stopped_rip = frame != NULL ? frame->rip : 0;
    cpu->stopped_rbp =
        frame != NULL ? frame->rbp : (uint64_t)__builtin_frame_address(0);
    __atomic_store_n(&cpu->stopped, true, __ATOMIC_RELEASE);
    x86_halt();
}

/* By NMI, for they may have interrupts off for good. */
void x86_stop_others(void)
{
    uint64_t cpus = others(UINT64_MAX);
    uint64_t end_ns = cpus != 0 ? hal_time_now() + STOP_NS : 0;

    for (uint64_t left = cpus; left != 0; left &= left - 1) {
        x86_apic_send(x86_cpus[__builtin_ctzll(left)].apic_id, X86_SEND_NMI);
    }
    while (cpus != 0 && hal_time_now() < end_ns) {
        const struct x86_cpu *cpu = &x86_cpus[__builtin_ctzll(cpus)];

        if (__atomic_load_n(&cpu->stopped, __ATOMIC_ACQUIRE)) {
            cpus &= cpus - 1;
        }
        hal_cpu_relax();
    }
}
