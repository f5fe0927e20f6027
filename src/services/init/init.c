/*
 * init.c - the first process: it starts the services of the manifest and keeps
 * them running.
 *
 * init is the only program that the kernel starts, and the only one that gets
 * capabilities from nowhere. It hands them on as the manifest says, service by
 * service, and holds nothing back that would let one service reach another.
 *
 * One loop does it all: what has arrived or ended is noted and acted upon until
 * nothing is left, then init waits for the next completion of its ring. When
 * the plan is over, whenDone decides.
 */
#include "capos.h"
#include "control.h"
#include "directory.h"
#include "manifest.h"
#include "plan.h"
#include "unit.h"

#define STATUS_MAX 99u

static void switch_off(uint32_t failures)
{
    uint64_t power = capset_find("power", POWER_CONTROL_INTERFACE_ID);
    uint32_t status = failures < STATUS_MAX ? failures : STATUS_MAX;

    con_fail("cannot switch off",
             power_control_shutdown(rt(), power, status));
}

static bool due(const struct plan *plan)
{
    return units_due() || control_due() || directory_due() || plan_due(plan);
}

/* All that can be done without waiting. 0 or an ERR_*. */
static int32_t work(struct plan *plan)
{
    int32_t status = control_arrived();
    bool more = true;

    if (status >= 0) {
        status = directory_arrived();
    }
    units_poll();
    while (more) {
        more = units_settle();
        more = plan_advance(plan) || more;
    }
    directory_settle();
    return status;
}

/* Returns when the machine is to be switched off, or cannot go on. */
static int32_t run(struct plan *plan, bool stay)
{
    int32_t status = 0;

    while (status >= 0 && (stay || !plan->over)) {
        status = work(plan);
        if (status >= 0 && !due(plan) && (stay || !plan->over)) {
            status = ring_wait(ring_self(), TIMEOUT_NEVER);
        }
    }
    return status;
}

/*
 * Has what starting a service needs from then on: the allocator keeps what it
 * got, and that is not to look as if the first step had left it behind.
 */
static void warm_up(void)
{
    mem_free(mem_alloc(KERNEL_MESSAGE_BYTES_MAX));
}

int main(void)
{
    struct manifest manifest;
    static struct plan plan;
    int32_t status;

    if (!manifest_open(&manifest) || !units_load(&manifest)) {
        switch_off(1);
        return 1;
    }
    warm_up();
    status = control_start();
    if (status >= 0) {
        status = directory_start();
    }
    if (status >= 0) {
        status = run(&plan, init_config_get_when_done(manifest.config) ==
                                INIT_CONFIG_WHEN_DONE_STAY);
    }
    if (status < 0) {
        con_fail("cannot go on", status);
    }
    switch_off(status < 0 ? STATUS_MAX : plan.failures);
    return 1;
}
