/*
 * check_caps.c - where the capabilities of services come from (checker.h).
 *
 * An endpoint has one owner, and its clients start while the owner runs: that
 * can be seen from the order of the services alone.
 */
#include "checker.h"

#include "nearest.h"

static struct wire_text cap_name(struct wire_list list, uint32_t i)
{
    return service_cap_get_name(service_caps_at(list, i));
}

static uint32_t owner_find(const struct checker *checker,
                           struct wire_text endpoint)
{
    uint32_t i = 0;

    while (i < checker->owner_count &&
           !wire_text_equal(checker->owners[i].endpoint, endpoint)) {
        i++;
    }
    return i;
}

static const char *owner_nearest(const struct checker *checker,
                                 struct wire_text endpoint)
{
    const char *candidates[CHECK_ENDPOINTS_MAX];

    for (uint32_t i = 0; i < checker->owner_count; i++) {
        candidates[i] = checker->owners[i].endpoint.bytes;
    }
    return nearest_match(endpoint.bytes, candidates, checker->owner_count);
}

static void add_owner(struct checker *checker, struct wire_text endpoint,
                      uint32_t service)
{
    uint32_t i = owner_find(checker, endpoint);

    if (i < checker->owner_count) {
        report_problem(checker->report,
                       "endpoint '%s' has an owner already: services[%u]",
                       endpoint.bytes, checker->owners[i].service);
    } else if (checker->owner_count == CHECK_ENDPOINTS_MAX) {
        report_problem(checker->report, "more than %u endpoints",
                       CHECK_ENDPOINTS_MAX);
    } else {
        checker->owners[checker->owner_count++] =
            (struct owner){.endpoint = endpoint, .service = service};
    }
}

void check_caps_owners(struct checker *checker, struct wire_list caps,
                       uint32_t service)
{
    for (uint32_t i = 0; i < caps.count && i < CHECK_CAPS_MAX; i++) {
        struct service_cap_from_reader from =
            service_cap_get_from(service_caps_at(caps, i));

        if (service_cap_from_which(from) ==
            SERVICE_CAP_FROM_WHICH_ENDPOINT) {
            uint32_t mark = report_enter(checker->report, "caps");

            report_enter_index(checker->report, i);
            add_owner(checker, service_cap_from_get_endpoint(from), service);
            report_leave(checker->report, mark);
        }
    }
}

/* A client must find its server running: started before it, and not over. */
static void check_owner(struct checker *checker, struct wire_text endpoint,
                        uint32_t service)
{
    uint32_t i = owner_find(checker, endpoint);
    uint32_t owner = i < checker->owner_count ? checker->owners[i].service : 0;
    const char *match;

    if (i == checker->owner_count) {
        match = owner_nearest(checker, endpoint);
        report_problem(checker->report,
                       "no service owns an endpoint '%s'%s%s%s",
                       endpoint.bytes,
                       match == NULL ? "" : ": did you mean '",
                       match == NULL ? "" : match, match == NULL ? "" : "'?");
    } else if (owner > service) {
        report_problem(checker->report,
                       "the owner of endpoint '%s', services[%u], starts "
                       "after this client",
                       endpoint.bytes, owner);
    } else if (owner < service &&
               service_get_wait(init_config_services_at(
                   checker->services.list, owner))) {
        report_problem(checker->report,
                       "the owner of endpoint '%s', services[%u], is waited "
                       "for and has ended before this client starts",
                       endpoint.bytes, owner);
    }
}

static void check_facet(struct checker *checker, struct service_cap_reader cap,
                        uint32_t service)
{
    struct service_cap_from_reader from = service_cap_get_from(cap);
    uint32_t mark = report_enter(checker->report, "from");

    check_name(checker->report, "facet", service_cap_from_get_facet(from));
    check_owner(checker, service_cap_from_get_facet(from), service);
    report_leave(checker->report, mark);
    if (service_cap_get_interface_id(cap) == 0) {
        mark = report_enter(checker->report, "interfaceId");
        report_problem(checker->report,
                       "a facet needs the interface that it offers");
        report_leave(checker->report, mark);
    }
}

/* A source other than a facet. */
static void check_source(struct checker *checker,
                         struct service_cap_reader cap, const char *field,
                         struct wire_text source)
{
    uint32_t mark = report_enter(checker->report, "from");

    check_name(checker->report, field, source);
    report_leave(checker->report, mark);
    if (service_cap_get_interface_id(cap) != 0 ||
        service_cap_get_tag(cap) != 0) {
        report_problem(checker->report,
                       "interfaceId and tag belong to a facet only");
    }
}

static void check_cap(struct checker *checker, struct service_cap_reader cap,
                      uint32_t service)
{
    static const char *const reserved[] = {"self-memory", "self-threads",
                                           "self-caps"};
    static const char *const given[] = {"directory", "supervisor"};
    struct service_cap_from_reader from = service_cap_get_from(cap);

    for (uint32_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (check_text_is(service_cap_get_name(cap), reserved[i])) {
            report_problem(checker->report,
                           "'%s' is given to every process by the kernel",
                           reserved[i]);
        }
    }
    for (uint32_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        if (check_text_is(service_cap_get_name(cap), given[i])) {
            report_problem(checker->report,
                           "'%s' is given to services by init", given[i]);
        }
    }
    if (service_cap_from_which(from) != SERVICE_CAP_FROM_WHICH_SERVICE &&
        service_cap_get_export(cap).length > 0) {
        report_problem(checker->report,
                       "export belongs to a capability from a service only");
    }
    switch (service_cap_from_which(from)) {
    case SERVICE_CAP_FROM_WHICH_SERVICE:
        check_service_cap(checker, cap);
        break;
    case SERVICE_CAP_FROM_WHICH_FACET:
        check_facet(checker, cap, service);
        break;
    case SERVICE_CAP_FROM_WHICH_ENDPOINT:
        check_source(checker, cap, "endpoint",
                     service_cap_from_get_endpoint(from));
        break;
    default:
        check_source(checker, cap, "init", service_cap_from_get_init(from));
        break;
    }
}

void check_caps(struct checker *checker, struct wire_list caps,
                uint32_t service)
{
    struct names names = {.list = caps, .name = cap_name};
    uint32_t mark = report_enter(checker->report, "caps");

    if (caps.count > CHECK_CAPS_MAX) {
        report_problem(checker->report, "%u are more than %u", caps.count,
                       CHECK_CAPS_MAX);
        caps.count = 0;
    }
    for (uint32_t i = 0; i < caps.count; i++) {
        uint32_t element = report_enter_index(checker->report, i);

        check_unique(checker->report, &names, i);
        check_cap(checker, service_caps_at(caps, i), service);
        report_leave(checker->report, element);
    }
    report_leave(checker->report, mark);
}
