/* units.c - all units: what they need, what becomes of them; see unit.h. */
#include "unit.h"

#include "capos.h"

struct unit *units;
uint32_t unit_count;

/* ------------------------------------------------------------------ loading */

struct unit *unit_find(struct wire_text name)
{
    for (uint32_t i = 0; i < unit_count; i++) {
        if (wire_text_equal(service_get_name(units[i].service), name)) {
            return &units[i];
        }
    }
    return NULL;
}

static bool need_add(struct unit *unit, struct wire_text name)
{
    struct unit *needed = unit_find(name);

    if (needed != NULL && needs_add(&unit->needs, needed->number)) {
        return true;
    }
    con_print("init: service %s cannot need \"%s\"; see the manifest\n",
              unit->name, name.bytes);
    return false;
}

static bool needs_load(struct unit *unit)
{
    struct wire_list needs = service_get_needs(unit->service);
    struct wire_list caps = service_get_caps(unit->service);

    for (uint32_t i = 0; i < needs.count; i++) {
        if (!need_add(unit, service_needs_at(needs, i))) {
            return false;
        }
    }
    for (uint32_t i = 0; i < caps.count; i++) {
        struct service_cap_from_reader from =
            service_cap_get_from(service_caps_at(caps, i));

        if (service_cap_from_which(from) == SERVICE_CAP_FROM_WHICH_SERVICE &&
            !need_add(unit, service_cap_from_get_service(from))) {
            return false;
        }
    }
    return true;
}

static void unit_load(struct unit *unit, struct service_reader service,
                      uint32_t number)
{
    struct restart_policy_reader policy = service_get_restart(service);

    unit->service = service;
    unit->name = service_get_name(service).bytes;
    unit->number = (uint16_t)number;
    unit->step = service_get_wait(service);
    unit->policy = (struct policy){
        .when = restart_policy_get_when(policy),
        .first_ns = restart_policy_get_backoff_first(policy),
        .most_ns = restart_policy_get_backoff_most(policy),
        .give_up_after = restart_policy_get_give_up_after(policy),
        .window_ns = restart_policy_get_window(policy),
    };
}

/* An order in which all can start must exist. */
static bool order_check(void)
{
    struct needs *needs = mem_alloc_zeroed(unit_count, sizeof(*needs));
    bool *met = mem_alloc_zeroed(unit_count, sizeof(*met));
    uint32_t first = 0;

    if (needs != NULL && met != NULL) {
        for (uint32_t i = 0; i < unit_count; i++) {
            needs[i] = units[i].needs;
        }
        first = needs_circle(needs, met, unit_count);
    }
    mem_free(needs);
    mem_free(met);
    if (first < unit_count) {
        con_print("init: service %s needs itself through others; see the "
                  "manifest\n",
                  units[first].name);
    }
    return first == unit_count;
}

bool units_load(const struct manifest *manifest)
{
    uint32_t count = manifest->services.count;

    if (count == 0) {
        return true;
    }
    units = mem_alloc_zeroed(count, sizeof(*units));
    if (units == NULL) {
        con_print("init: no memory for %u services\n", count);
        return false;
    }
    unit_count = count;
    for (uint32_t i = 0; i < count; i++) {
        unit_load(&units[i], init_config_services_at(manifest->services, i),
                  i);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!needs_load(&units[i])) {
            return false;
        }
    }
    return order_check();
}

/* -------------------------------------------------------------------- needs */

bool unit_good(const struct unit *unit)
{
    struct service_end_reader expect = service_get_expect(unit->service);

    return unit->started && unit->end.how == service_end_get_how(expect) &&
           unit->end.code == service_end_get_code(expect);
}

/* True if who needs it can start. */
static bool need_met(const struct unit *unit)
{
    if (unit->state == SERVICE_INFO_STATE_ENDED) {
        return unit_good(unit) && service_get_exports(unit->service).count == 0;
    }
    return unit->state == SERVICE_INFO_STATE_READY;
}

static bool needs_met(const struct unit *unit)
{
    for (uint32_t i = 0; i < unit->needs.count; i++) {
        if (!need_met(&units[unit->needs.on[i]])) {
            return false;
        }
    }
    return true;
}

bool unit_blocked(const struct unit *unit)
{
    if (unit->state != SERVICE_INFO_STATE_WAITING) {
        return unit_over(unit) && !need_met(unit);
    }
    for (uint32_t i = 0; i < unit->needs.count; i++) {
        if (unit_blocked(&units[unit->needs.on[i]])) {
            return true;
        }
    }
    return false;
}

void unit_want(struct unit *unit)
{
    if (unit->state != SERVICE_INFO_STATE_IDLE) {
        return;
    }
    unit->state = SERVICE_INFO_STATE_WAITING;
    for (uint32_t i = 0; i < unit->needs.count; i++) {
        unit_want(&units[unit->needs.on[i]]);
    }
}

/* ------------------------------------------------------------------- events */

static uint64_t timer_cap(void)
{
    return capset_find("timer", TIMER_INTERFACE_ID);
}

static void exports_release(struct unit *unit)
{
    for (uint32_t i = 0; i < UNIT_EXPORTS_MAX; i++) {
        cap_release(cap_take(&unit->exports[i]));
    }
}

/* Tells of an end that nobody expected and that is not repaired. */
static void tell(const struct unit *unit, const char *what)
{
    char text[96];

    con_print("init: service %s %s%s%s\n", unit->name,
              unit->started ? spawn_end_text(&unit->end, text, sizeof(text))
                            : "cannot be started",
              what[0] != '\0' ? "; " : "", what);
}

static void backoff(struct unit *unit)
{
    unit->state = SERVICE_INFO_STATE_BACKOFF;
    unit->restarts++;
    if (timer_sleep_submit(rt(), &unit->timer, timer_cap(),
                           unit->backoff_ns) < 0) {
        unit->state = SERVICE_INFO_STATE_WAITING;
    }
}

/* What the policy says about an end. */
static void judge(struct unit *unit)
{
    bool good = unit_good(unit);
    uint64_t now_ns = 0;

    timer_now(rt(), timer_cap(), &now_ns);
    switch (policy_decide(&unit->policy, &unit->history, now_ns, !good,
                          &unit->backoff_ns)) {
    case POLICY_RESTART:
        backoff(unit);
        return;
    case POLICY_GIVE_UP:
        unit->state = SERVICE_INFO_STATE_GIVEN_UP;
        tell(unit, "it was given up");
        return;
    case POLICY_END:
        unit->state = SERVICE_INFO_STATE_ENDED;
        if (!good && !unit->step && unit->started) {
            tell(unit, "");
        }
        return;
    }
}

static void start_afresh(struct unit *unit)
{
    unit->history.count = 0;
    unit->backoff_ns = 0;
    unit->restarts++;
    unit->state = SERVICE_INFO_STATE_WAITING;
}

/* The process has ended, or could not be made. */
static void ended(struct unit *unit)
{
    enum unit_wish wish = unit->wish;

    unit->wish = UNIT_WISH_NONE;
    exports_release(unit);
    if (wish == UNIT_WISH_STOP) {
        unit->state = SERVICE_INFO_STATE_STOPPED;
    } else if (wish == UNIT_WISH_RESTART) {
        start_afresh(unit);
    } else {
        judge(unit);
    }
}

bool unit_startable(const struct unit *unit)
{
    return unit->state == SERVICE_INFO_STATE_WAITING && needs_met(unit);
}

void unit_begin(struct unit *unit)
{
    unit->instance++;
    unit->started = unit_start(unit);
    if (!unit->started) {
        ended(unit);
    }
}

bool units_settle(void)
{
    bool any = false;

    for (uint32_t i = 0; i < unit_count; i++) {
        if (!units[i].step && unit_startable(&units[i])) {
            unit_begin(&units[i]);
            any = true;
        }
    }
    return any;
}

static bool end_due(const struct unit *unit)
{
    return unit_runs(unit) && unit->wait.done;
}

static bool timer_due(const struct unit *unit)
{
    return unit->state == SERVICE_INFO_STATE_BACKOFF && unit->timer.done;
}

bool units_due(void)
{
    for (uint32_t i = 0; i < unit_count; i++) {
        if (end_due(&units[i]) || timer_due(&units[i])) {
            return true;
        }
    }
    return false;
}

bool units_poll(void)
{
    bool any = false;

    for (uint32_t i = 0; i < unit_count; i++) {
        struct unit *unit = &units[i];

        if (end_due(unit)) {
            if (process_handle_wait_finish(&unit->wait, &unit->end.how,
                                           &unit->end.code,
                                           &unit->end.address) < 0) {
                unit->started = false;
            }
            cap_release(cap_take(&unit->spawned.process));
            ended(unit);
            any = true;
        } else if (timer_due(unit)) {
            unit->state = SERVICE_INFO_STATE_WAITING;
            any = true;
        }
    }
    return any;
}

/* ------------------------------------------------------------------- wishes */

/* Ends what there is of it; true if that takes until its process has ended. */
static bool unit_end(struct unit *unit, enum unit_wish wish)
{
    if (unit_runs(unit)) {
        unit->wish = wish;
        process_handle_kill(rt(), unit->spawned.process, 0);
        return true;
    }
    if (unit->state == SERVICE_INFO_STATE_BACKOFF) {
        ring_cancel(ring_self(), &unit->timer);
    }
    return false;
}

void unit_restart(struct unit *unit)
{
    if (!unit_end(unit, UNIT_WISH_RESTART)) {
        for (uint32_t i = 0; i < unit->needs.count; i++) {
            unit_want(&units[unit->needs.on[i]]);
        }
        start_afresh(unit);
    }
}

void unit_stop(struct unit *unit)
{
    if (!unit_end(unit, UNIT_WISH_STOP)) {
        unit->state = SERVICE_INFO_STATE_STOPPED;
    }
}
