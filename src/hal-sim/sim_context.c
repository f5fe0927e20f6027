/* sim_context.c - user contexts: the saved registers of a thread. */
#include "sim.h"

/* Offsets in an FXSAVE image (SDM 1, 10.5.1). */
enum {
    FX_FCW = 0,
    FX_MXCSR = 24,
    FX_MXCSR_MASK = 28
};

static void put(uint8_t *to, uint32_t value, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) {
        to[i] = (uint8_t)(value >> (8 * i));
    }
}

void hal_context_init(struct hal_context *context, uint64_t entry,
                      uint64_t stack, uint64_t argument)
{
    /* The memory belonged to another thread before. */
    for (uint32_t i = 0; i < hal_sim_cpu_count; i++) {
        if (sync_load_pointer(&hal_sim_cpus[i].last) == context) {
            sync_store_pointer(&hal_sim_cpus[i].last, NULL);
        }
    }
    __builtin_memset(context, 0, sizeof(*context));
    context->rip = entry;
    context->rsp = stack;
    context->rdi = argument;
    context->flags = SIM_FLAGS_CLEAN;
    context->kind = SIM_KIND_FULL;
    context->mxcsr = SIM_MXCSR_DEFAULT;
    context->fcw = SIM_FCW_DEFAULT;
    put(context->fx + FX_FCW, SIM_FCW_DEFAULT, 2);
    put(context->fx + FX_MXCSR, SIM_MXCSR_DEFAULT, 4);
    put(context->fx + FX_MXCSR_MASK, 0xffff, 4);
    sim_space_stack(stack);
}

void hal_context_tls(struct hal_context *context, uint64_t base)
{
    /* A base that no user address can have would fault in the kernel. */
    context->fs_base = base < 1ull << 47 ? base : 0;
}
