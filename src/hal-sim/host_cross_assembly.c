/*
 * host_cross_assembly.c - the handler's part of gate.S.
 *
 * It sends the interrupted code to an entry of gate.S and copies no register
 * but those that a CPU pushes: irq_entry stores the others, which keeps
 * Memcheck's knowledge of their bits; and FP state is never taken from the
 * signal frame, which has none under Valgrind.
 */
#define _GNU_SOURCE
#include <ucontext.h>

#include "host_cross.h"
#include "sim.h"

/* gate.S */
extern const char sim_gate_emms[], sim_gate_fninit[];
extern const char sim_irq_entry[], sim_resume_fault[], sim_resume_restart[];
extern const char sim_resume_begin[], sim_resume_end[];

enum {
    VECTOR_DEBUG = 1
};

static greg_t *registers_of(void *frame)
{
    return ((ucontext_t *)frame)->uc_mcontext.gregs;
}

/* On the way out, where everything can be started again. */
static bool resuming(const void *frame)
{
    const ucontext_t *context = frame;
    uint64_t rip = (uint64_t)context->uc_mcontext.gregs[REG_RIP];

    return rip >= (uint64_t)sim_resume_begin && rip < (uint64_t)sim_resume_end;
}

/* Goes to an entry of gate.S on the CPU's stack. */
static void enter(struct sim_host *host, greg_t *registers, const char *entry,
                  uint64_t below_top)
{
    host->mode = SIM_MODE_KERNEL;
    registers[REG_RIP] = (greg_t)entry;
    registers[REG_RSP] = (greg_t)(host->cpu->stack_top - below_top);
    registers[REG_EFL] = SIM_FLAGS_CLEAN;
}

bool host_cross_blames_program(const struct sim_host *host, const void *frame,
                               uint64_t vector)
{
    return host->mode == SIM_MODE_USER ||
           (vector == VECTOR_DEBUG && resuming(frame));
}

void host_cross_fault(struct sim_host *host, void *frame)
{
    if (resuming(frame)) {
        enter(host, registers_of(frame), sim_resume_fault, 0);
    } else {
        host_cross_interrupt(host, frame);
    }
}

void host_cross_interrupt(struct sim_host *host, void *frame)
{
    struct hal_context *context = host->cpu->current;
    greg_t *registers = registers_of(frame);

    context->rip = (uint64_t)registers[REG_RIP];
    context->rsp = (uint64_t)registers[REG_RSP];
    context->flags = (uint64_t)registers[REG_EFL];
    enter(host, registers, sim_irq_entry, 0);
}

bool host_cross_repair(void *frame)
{
    greg_t *registers = registers_of(frame);

    if (registers[REG_RIP] != (greg_t)sim_gate_emms) {
        return false;
    }
    registers[REG_RIP] = (greg_t)sim_gate_fninit;
    return true;
}

bool host_cross_leaving(const struct sim_host *host, const void *frame)
{
    (void)host;
    return resuming(frame);
}

void host_cross_leave(struct sim_host *host, void *frame)
{
    enter(host, registers_of(frame), sim_resume_restart, 8);
}

bool host_cross_preempts(void)
{
    return true;
}
