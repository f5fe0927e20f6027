/* plan.c - see plan.h. */
#include "plan.h"

#include "capos.h"

#define SETTLE_NS 10000000u
#define SETTLE_WAITS 200u

static uint64_t own_ledger(void)
{
    return capset_find("self-ledger", LEDGER_INTERFACE_ID);
}

/* What the step has left behind, as a kind of the ledger, or NULL. */
static const char *leak(const struct plan *plan)
{
    static struct usage after;

    if (usage_read(own_ledger(), &after) < 0) {
        return "usage";
    }
    return usage_difference(&plan->before, &after);
}

static void report_leak(struct plan *plan, const struct unit *unit,
                        const char *kind)
{
    static struct usage after;

    usage_read(own_ledger(), &after);
    plan->failures++;
    con_print("not ok %u - %s: init's ledger has %llu %s, before it was %llu\n",
              plan->steps, unit->name,
              (unsigned long long)usage_used(&after, kind), kind,
              (unsigned long long)usage_used(&plan->before, kind));
}

static void report(struct plan *plan, const struct unit *unit, bool ended)
{
    struct service_end_reader expect = service_get_expect(unit->service);
    struct spawn_end expected = {service_end_get_how(expect),
                                 service_end_get_code(expect), 0};
    char got[96];
    char wanted[96];

    if (ended && unit_good(unit)) {
        con_print("ok %u - %s\n", plan->steps, unit->name);
        return;
    }
    plan->failures++;
    con_print("not ok %u - %s: %s, expected: %s\n", plan->steps, unit->name,
              ended && unit->started
                  ? spawn_end_text(&unit->end, got, sizeof(got))
                  : "not started",
              spawn_end_text(&expected, wanted, sizeof(wanted)));
}

static void step_begin(struct plan *plan, struct unit *unit)
{
    plan->begun = true;
    plan->waits = 0;
    plan->steps++;
    con_print("# start %s\n", unit->name);
    unit_want(unit);
    units_settle();
}

/* False: the ledger has to be looked at again later. */
static bool step_end(struct plan *plan, struct unit *unit)
{
    const char *kind;

    if (!unit_over(unit) || !unit->started || !unit_good(unit)) {
        report(plan, unit, unit_over(unit));
        return true;
    }
    kind = leak(plan);
    if (kind == NULL) {
        report(plan, unit, true);
        return true;
    }
    if (plan->waits < SETTLE_WAITS &&
        timer_sleep_submit(rt(), &plan->timer,
                           capset_find("timer", TIMER_INTERFACE_ID),
                           SETTLE_NS) == 0) {
        plan->waits++;
        return false;
    }
    report_leak(plan, unit, kind);
    return true;
}

/* True if the plan has passed this step. */
static bool step_advance(struct plan *plan, struct unit *unit)
{
    if (!plan->begun) {
        step_begin(plan, unit);
    }
    if (unit_startable(unit)) {
        /* What spawning needs of the heap the heap keeps: not of this step. */
        mem_free(mem_alloc(KERNEL_MESSAGE_BYTES_MAX));
        usage_read(own_ledger(), &plan->before);
        unit_begin(unit);
    }
    if ((!unit_over(unit) && !unit_blocked(unit)) ||
        (plan->waits > 0 && !plan->timer.done)) {
        return false;
    }
    plan->begun = !step_end(plan, unit);
    return !plan->begun;
}

bool plan_due(const struct plan *plan)
{
    return plan->waits > 0 && plan->begun && plan->timer.done;
}

/* A service beside the plan that could not even start fails it. */
static void beside(struct plan *plan, struct unit *unit)
{
    unit_want(unit);
    units_settle();
    if (unit_over(unit) && !unit->started) {
        plan->failures++;
    }
}

bool plan_advance(struct plan *plan)
{
    bool any = false;

    while (plan->next < unit_count) {
        struct unit *unit = &units[plan->next];

        if (!unit->step) {
            beside(plan, unit);
        } else if (!step_advance(plan, unit)) {
            return any;
        }
        plan->next++;
        any = true;
    }
    if (!plan->over && plan->steps > 0) {
        con_print("1..%u\n", plan->steps);
    }
    plan->over = true;
    return any;
}
