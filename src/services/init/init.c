/*
 * init.c - the first process: it starts the services of the manifest.
 *
 * init is the only program that the kernel starts, and the only one that gets
 * capabilities from nowhere. It hands them on as the manifest says, service by
 * service, and holds nothing back that would let one service reach another.
 *
 * A service with wait is a step of a plan: init prints "# start NAME", waits
 * for its end and prints "ok N - NAME" or "not ok N - NAME: why", and "1..N" at
 * the end. The others run beside. When everything that is waited for has ended,
 * whenDone decides.
 */
#include "grants.h"
#include "manifest.h"

#define SERVICE_ARGS_MAX 64u
#define STATUS_MAX 99u

struct plan {
    uint32_t steps;
    uint32_t failures;
};

static int32_t service_spawn(struct service_reader service,
                             const struct grants *grants,
                             struct spawned *spawned,
                             struct exception *exception)
{
    struct wire_list texts = service_get_args(service);
    struct process_limits_reader limits = service_get_limits(service);
    const char *args[SERVICE_ARGS_MAX];
    struct spawn spawn = {
        .program = service_get_binary(service).bytes,
        .name = service_get_name(service).bytes,
        .args = args,
        .arg_count = texts.count,
        .grants = grants->items,
        .grant_count = grants->count,
        .pages_max = process_limits_get_pages(limits),
        .threads_max = process_limits_get_threads(limits),
        .caps_max = process_limits_get_caps(limits),
        .processes_max = process_limits_get_processes(limits),
    };

    if (texts.count > SERVICE_ARGS_MAX) {
        return ERR_TOO_LARGE;
    }
    for (uint32_t i = 0; i < texts.count; i++) {
        args[i] = service_args_at(texts, i).bytes;
    }
    return capos_spawn(&spawn, spawned, exception);
}

/* Starts a service; false: a sentence that says what to do was printed. */
static bool service_start(struct service_reader service,
                          struct spawned *spawned)
{
    struct exception exception;
    struct grants grants;
    int32_t status;

    if (!grants_collect(&grants, service)) {
        return false;
    }
    status = service_spawn(service, &grants, spawned, &exception);
    grants_release(&grants);
    if (status < 0) {
        con_print("init: cannot start %s from binary %s: %s: %s%s%s; %s\n",
                  service_get_name(service).bytes,
                  service_get_binary(service).bytes, error_name(status),
                  error_sentence(status),
                  exception.reason[0] != '\0' ? ": " : "", exception.reason,
                  error_remedy(status));
        return false;
    }
    return true;
}

static bool end_expected(const struct spawn_end *end,
                         struct service_end_reader expect)
{
    return end->how == service_end_get_how(expect) &&
           end->code == service_end_get_code(expect);
}

static void report(struct plan *plan, struct service_reader service, bool good,
                   const struct spawn_end *end)
{
    struct service_end_reader expect = service_get_expect(service);
    struct spawn_end expected = {service_end_get_how(expect),
                                 service_end_get_code(expect), 0};
    char got[96];
    char wanted[96];

    if (good) {
        con_print("ok %u - %s\n", plan->steps, service_get_name(service).bytes);
        return;
    }
    plan->failures++;
    con_print("not ok %u - %s: %s, expected: %s\n", plan->steps,
              service_get_name(service).bytes,
              end != NULL ? spawn_end_text(end, got, sizeof(got))
                          : "not started",
              spawn_end_text(&expected, wanted, sizeof(wanted)));
}

/* Starts a service that is waited for, and waits. */
static void step_run(struct plan *plan, struct service_reader service)
{
    struct spawned spawned;
    struct spawn_end end;
    int32_t status;

    plan->steps++;
    con_print("# start %s\n", service_get_name(service).bytes);
    if (!service_start(service, &spawned)) {
        report(plan, service, false, NULL);
        return;
    }
    status = spawn_wait(&spawned, &end);
    if (status < 0) {
        con_fail("cannot wait for a service", status);
        report(plan, service, false, NULL);
        return;
    }
    report(plan, service, end_expected(&end, service_get_expect(service)),
           &end);
}

static void plan_run(struct plan *plan, struct wire_list services)
{
    for (uint32_t i = 0; i < services.count; i++) {
        struct service_reader service = init_config_services_at(services, i);
        struct spawned spawned;

        if (service_get_wait(service)) {
            step_run(plan, service);
        } else if (service_start(service, &spawned)) {
            cap_release(spawned.process);
        } else {
            plan->failures++;
        }
    }
    if (plan->steps > 0) {
        con_print("1..%u\n", plan->steps);
    }
}

/* Nothing is left to do: lets the services run. */
static void stay(void)
{
    for (;;) {
        if (ring_wait(ring_self(), TIMEOUT_NEVER) < 0) {
            return;
        }
    }
}

static void switch_off(uint32_t failures)
{
    uint64_t power = capset_find("power", POWER_CONTROL_INTERFACE_ID);
    uint32_t status = failures < STATUS_MAX ? failures : STATUS_MAX;

    con_fail("cannot switch off",
             power_control_shutdown(rt(), power, status));
}

int main(void)
{
    struct manifest manifest;
    struct plan plan = {0, 0};

    if (!manifest_open(&manifest)) {
        switch_off(1);
        return 1;
    }
    plan_run(&plan, manifest.services);
    if (init_config_get_when_done(manifest.config) ==
        INIT_CONFIG_WHEN_DONE_SHUTDOWN) {
        switch_off(plan.failures);
    }
    stay();
    return 1;
}
