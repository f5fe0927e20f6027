/*
 * check.c - what a manifest must be beyond its shape (check.h).
 *
 * It reads the message that will be written, through the same generated
 * readers as kernel and init.
 */
#include "check.h"

#include <inttypes.h>
#include <string.h>

#include "limits.h"
#include "nearest.h"
#include "package.h"

/* One list of named structs, for looking names up. */
struct names {
    struct wire_list list;
    struct wire_text (*name)(struct wire_list list, uint32_t i);
};

/* Who owns the endpoints. */
struct owner {
    struct wire_text endpoint;
    uint32_t service;
};

struct checker {
    struct report *report;
    struct names binaries;
    struct names services;
    struct owner owners[CHECK_ENDPOINTS_MAX];
    uint32_t owner_count;
};

static struct wire_text binary_name(struct wire_list list, uint32_t i)
{
    return binary_get_name(system_manifest_binaries_at(list, i));
}

static struct wire_text service_name(struct wire_list list, uint32_t i)
{
    return service_get_name(init_config_services_at(list, i));
}

static struct wire_text cap_name(struct wire_list list, uint32_t i)
{
    return service_cap_get_name(service_caps_at(list, i));
}

static bool text_is(struct wire_text text, const char *literal)
{
    return text.length == strlen(literal) &&
           memcmp(text.bytes, literal, text.length) == 0;
}

/* Index of a name among the first count; count if it is not there. */
static uint32_t names_find(const struct names *names, struct wire_text name,
                           uint32_t count)
{
    uint32_t i = 0;

    while (i < count && !wire_text_equal(names->name(names->list, i), name)) {
        i++;
    }
    return i;
}

static const char *names_nearest(const struct names *names,
                                 struct wire_text name)
{
    const char *candidates[PACKAGE_ENTRIES_MAX];
    uint32_t count = 0;

    for (; count < names->list.count && count < PACKAGE_ENTRIES_MAX;
         count++) {
        candidates[count] = names->name(names->list, count).bytes;
    }
    return nearest_match(name.bytes, candidates, count);
}

static void check_name(struct report *report, const char *field,
                       struct wire_text name)
{
    uint32_t mark = report_enter(report, field);

    if (name.length == 0 || name.length > NAME_BYTES_MAX) {
        report_problem(report, "'%s' is not 1 to %u bytes long", name.bytes,
                       NAME_BYTES_MAX);
    }
    for (uint32_t i = 0; i < name.length; i++) {
        if ((unsigned char)name.bytes[i] <= ' ' || name.bytes[i] == 0x7f) {
            report_problem(report,
                           "'%s' has a space or control character in it",
                           name.bytes);
            break;
        }
    }
    report_leave(report, mark);
}

/* A name of entry i, which no earlier entry may have. */
static void check_unique(struct report *report, const struct names *names,
                         uint32_t i)
{
    struct wire_text name = names->name(names->list, i);
    uint32_t first = names_find(names, name, i);
    uint32_t mark;

    check_name(report, "name", name);
    if (first < i) {
        mark = report_enter(report, "name");
        report_problem(report, "'%s' is the name of [%u] already", name.bytes,
                       first);
        report_leave(report, mark);
    }
}

/* --------------------------------------------------------------- binaries */

static bool path_inside(struct wire_text path)
{
    const char *at = path.bytes;

    if (path.length == 0 || at[0] == '/') {
        return false;
    }
    while (at != NULL) {
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0')) {
            return false;
        }
        at = strchr(at, '/');
        at = at == NULL ? NULL : at + 1;
    }
    return true;
}

static void check_binary(struct checker *checker, struct binary_reader binary,
                         uint32_t i)
{
    struct report *report = checker->report;
    uint32_t mark = report_enter_index(report, i);

    check_unique(report, &checker->binaries, i);
    if (text_is(binary_get_name(binary), "manifest") ||
        binary_get_kind(binary) == BOOT_ENTRY_KIND_MANIFEST) {
        report_problem(report, "the manifest itself is no binary: mkboot "
                               "adds it under that name");
    }
    if (!path_inside(binary_get_path(binary))) {
        report_problem(report, "path '%s' is not a relative path without '..'",
                       binary_get_path(binary).bytes);
    }
    report_leave(report, mark);
}

static void check_binaries(struct checker *checker)
{
    struct report *report = checker->report;
    uint32_t count = checker->binaries.list.count;
    uint32_t mark = report_enter(report, "binaries");

    if (count > PACKAGE_ENTRIES_MAX - 1) {
        report_problem(report, "%u are more than the %u of a boot package",
                       count, PACKAGE_ENTRIES_MAX - 1);
        count = 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        check_binary(checker,
                     system_manifest_binaries_at(checker->binaries.list, i),
                     i);
    }
    report_leave(report, mark);
}

/* The name of a program in field of the present path. */
static void check_program(struct checker *checker, const char *field,
                          struct wire_text name)
{
    const struct names *binaries = &checker->binaries;
    uint32_t i = names_find(binaries, name, binaries->list.count);
    uint32_t mark = report_enter(checker->report, field);
    const char *match;

    if (i == binaries->list.count) {
        match = names_nearest(binaries, name);
        report_problem(checker->report, "no binary has the name '%s'%s%s%s",
                       name.bytes, match == NULL ? "" : ": did you mean '",
                       match == NULL ? "" : match, match == NULL ? "" : "'?");
    } else if (binary_get_kind(system_manifest_binaries_at(
                   binaries->list, i)) != BOOT_ENTRY_KIND_PROGRAM) {
        report_problem(checker->report, "binary '%s' is not of kind program",
                       name.bytes);
    }
    report_leave(checker->report, mark);
}

/* ------------------------------------------------------------- capabilities */

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
    struct service_cap_from_reader from = service_cap_get_from(cap);

    for (uint32_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (text_is(service_cap_get_name(cap), reserved[i])) {
            report_problem(checker->report,
                           "'%s' is given to every process by the kernel",
                           reserved[i]);
        }
    }
    switch (service_cap_from_which(from)) {
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

static void check_caps(struct checker *checker, struct wire_list caps,
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

/* --------------------------------------------------------------- services */

static void check_args(struct report *report, struct service_reader service)
{
    struct wire_list args = service_get_args(service);
    uint64_t bytes = service_get_name(service).length + 1u;
    uint32_t mark = report_enter(report, "args");

    if (args.count > CHECK_ARGS_MAX) {
        report_problem(report, "%u are more than %u", args.count,
                       CHECK_ARGS_MAX);
    }
    for (uint32_t i = 0; i < args.count; i++) {
        bytes += service_args_at(args, i).length + 1u;
    }
    if (bytes > ARGS_BYTES_MAX) {
        report_problem(report,
                       "name and arguments are %" PRIu64 " bytes, more than "
                       "%u",
                       bytes, ARGS_BYTES_MAX);
    }
    report_leave(report, mark);
}

static void find_owners(struct checker *checker, struct wire_list caps,
                        uint32_t service)
{
    for (uint32_t i = 0; i < caps.count; i++) {
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

static void check_services(struct checker *checker)
{
    struct report *report = checker->report;
    struct wire_list list = checker->services.list;
    uint32_t mark = report_enter(report, "services");

    for (uint32_t i = 0; i < list.count; i++) {
        uint32_t element = report_enter_index(report, i);

        find_owners(checker, service_get_caps(init_config_services_at(list, i)),
                    i);
        report_leave(report, element);
    }
    for (uint32_t i = 0; i < list.count; i++) {
        struct service_reader service = init_config_services_at(list, i);
        uint32_t element = report_enter_index(report, i);

        check_unique(report, &checker->services, i);
        check_program(checker, "binary", service_get_binary(service));
        check_args(report, service);
        check_caps(checker, service_get_caps(service), i);
        report_leave(report, element);
    }
    report_leave(report, mark);
}

void check_manifest(struct report *report,
                    struct system_manifest_reader manifest)
{
    struct init_config_reader init = system_manifest_get_init_config(manifest);
    struct checker checker = {
        .report = report,
        .binaries = {system_manifest_get_binaries(manifest), binary_name},
        .services = {init_config_get_services(init), service_name},
    };
    uint32_t mark;

    if (system_manifest_get_schema_version(manifest) !=
        CHECK_SCHEMA_VERSION) {
        report_problem(report, "schemaVersion is %u, not %u",
                       system_manifest_get_schema_version(manifest),
                       CHECK_SCHEMA_VERSION);
    }
    check_binaries(&checker);
    mark = report_enter(report, "initConfig");
    check_services(&checker);
    report_leave(report, mark);
    mark = report_enter(report, "kernelParams");
    check_program(&checker, "init",
                  kernel_params_get_init(
                      system_manifest_get_kernel_params(manifest)));
    report_leave(report, mark);
}
