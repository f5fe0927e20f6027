/*
 * check_supervision.c - what services need and offer, and when they are started
 * again (checker.h).
 */
#include "checker.h"

static struct wire_text export_name(struct wire_list list, uint32_t i)
{
    return service_export_get_name(service_exports_at(list, i));
}

static struct service_reader service_at(const struct checker *checker,
                                        uint32_t i)
{
    return init_config_services_at(checker->services.list, i);
}

/* Reports that nothing has a name, and what was meant. */
static void no_such(struct report *report, const char *what,
                    const struct names *names, struct wire_text name)
{
    const char *match = check_nearest(names, name);

    report_problem(report, "no %s has the name '%s'%s%s%s", what, name.bytes,
                   match == NULL ? "" : ": did you mean '",
                   match == NULL ? "" : match, match == NULL ? "" : "'?");
}

/* A service that another one depends on, in the present path. */
static uint32_t check_need(struct checker *checker, struct wire_text name)
{
    uint32_t count = checker->services.list.count;
    uint32_t i = check_find(&checker->services, name, count);

    if (i == count) {
        no_such(checker->report, "service", &checker->services, name);
    } else if (service_get_wait(service_at(checker, i))) {
        report_problem(checker->report,
                       "services[%u] is waited for: it is a step, and no "
                       "other can need it",
                       i);
    }
    return i;
}

static void need_add(struct checker *checker, struct needs *needs, uint32_t i)
{
    if (i < checker->services.list.count &&
        !needs_add(needs, (uint16_t)i)) {
        report_problem(checker->report, "more than %u services are needed",
                       NEEDS_MAX);
    }
}

static void check_needs(struct checker *checker, struct service_reader service,
                        struct needs *needs)
{
    struct wire_list list = service_get_needs(service);
    struct wire_list caps = service_get_caps(service);
    uint32_t mark = report_enter(checker->report, "needs");

    for (uint32_t i = 0; i < list.count; i++) {
        uint32_t element = report_enter_index(checker->report, i);

        need_add(checker, needs,
                 check_need(checker, service_needs_at(list, i)));
        report_leave(checker->report, element);
    }
    for (uint32_t i = 0; i < caps.count; i++) {
        struct service_cap_from_reader from =
            service_cap_get_from(service_caps_at(caps, i));

        if (service_cap_from_which(from) == SERVICE_CAP_FROM_WHICH_SERVICE) {
            need_add(checker, needs,
                     check_find(&checker->services,
                                service_cap_from_get_service(from),
                                checker->services.list.count));
        }
    }
    report_leave(checker->report, mark);
}

static void check_exports(struct checker *checker,
                          struct service_reader service)
{
    struct names names = {service_get_exports(service), export_name};
    struct wire_list caps = service_get_caps(service);
    uint32_t mark = report_enter(checker->report, "exports");

    if (names.list.count > CHECK_EXPORTS_MAX) {
        report_problem(checker->report, "%u are more than %u",
                       names.list.count, CHECK_EXPORTS_MAX);
        names.list.count = 0;
    }
    for (uint32_t i = 0; i < names.list.count; i++) {
        uint32_t element = report_enter_index(checker->report, i);

        check_unique(checker->report, &names, i);
        if (service_export_get_interface_id(
                service_exports_at(names.list, i)) == 0) {
            report_problem(checker->report,
                           "an export needs the interface that it offers");
        }
        for (uint32_t k = 0; k < caps.count; k++) {
            if (wire_text_equal(
                    service_cap_get_name(service_caps_at(caps, k)),
                    export_name(names.list, i))) {
                report_problem(checker->report,
                               "caps[%u] has the name '%s' already", k,
                               export_name(names.list, i).bytes);
            }
        }
        report_leave(checker->report, element);
    }
    report_leave(checker->report, mark);
}

static void check_restart(struct checker *checker,
                          struct service_reader service)
{
    struct restart_policy_reader restart = service_get_restart(service);
    uint32_t mark = report_enter(checker->report, "restart");

    if (restart_policy_get_when(restart) != RESTART_POLICY_WHEN_NEVER &&
        service_get_wait(service)) {
        report_problem(checker->report,
                       "what is waited for runs once: when must be never");
    }
    if (restart_policy_get_give_up_after(restart) > CHECK_RESTARTS_MAX) {
        report_problem(checker->report, "giveUpAfter is more than %u",
                       CHECK_RESTARTS_MAX);
    }
    report_leave(checker->report, mark);
}

void check_supervision(struct checker *checker, struct service_reader service,
                       struct needs *needs)
{
    needs->count = 0;
    check_needs(checker, service, needs);
    check_exports(checker, service);
    check_restart(checker, service);
}

void check_service_cap(struct checker *checker, struct service_cap_reader cap)
{
    struct wire_text name =
        service_cap_from_get_service(service_cap_get_from(cap));
    uint32_t mark = report_enter(checker->report, "from");
    uint32_t i = check_need(checker, name);
    struct names exports = {.name = export_name};

    report_leave(checker->report, mark);
    if (service_cap_get_interface_id(cap) != 0) {
        report_problem(checker->report,
                       "interfaceId belongs to a facet only: an export has "
                       "its own");
    }
    if (i == checker->services.list.count) {
        return;
    }
    exports.list = service_get_exports(service_at(checker, i));
    if (check_find(&exports, service_cap_get_export(cap),
                   exports.list.count) == exports.list.count) {
        mark = report_enter(checker->report, "export");
        no_such(checker->report, "export of that service", &exports,
                service_cap_get_export(cap));
        report_leave(checker->report, mark);
    }
}
