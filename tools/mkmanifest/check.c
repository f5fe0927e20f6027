/*
 * check.c - what a manifest must be beyond its shape (check.h).
 *
 * It reads the message that will be written, through the same generated
 * readers as kernel and init.
 */
#include "checker.h"

#include <inttypes.h>
#include <string.h>

#include "limits.h"
#include "nearest.h"
#include "package.h"

static struct wire_text binary_name(struct wire_list list, uint32_t i)
{
    return binary_get_name(system_manifest_binaries_at(list, i));
}

static struct wire_text service_name(struct wire_list list, uint32_t i)
{
    return service_get_name(init_config_services_at(list, i));
}

bool check_text_is(struct wire_text text, const char *string)
{
    return text.length == strlen(string) &&
           memcmp(text.bytes, string, text.length) == 0;
}

uint32_t check_find(const struct names *names, struct wire_text name,
                    uint32_t count)
{
    uint32_t i = 0;

    while (i < count && !wire_text_equal(names->name(names->list, i), name)) {
        i++;
    }
    return i;
}

const char *check_nearest(const struct names *names, struct wire_text name)
{
    const char *candidates[PACKAGE_ENTRIES_MAX];
    uint32_t count = 0;

    for (; count < names->list.count && count < PACKAGE_ENTRIES_MAX;
         count++) {
        candidates[count] = names->name(names->list, count).bytes;
    }
    return nearest_match(name.bytes, candidates, count);
}

void check_name(struct report *report, const char *field,
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

void check_unique(struct report *report, const struct names *names,
                  uint32_t i)
{
    struct wire_text name = names->name(names->list, i);
    uint32_t first = check_find(names, name, i);
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
    if (check_text_is(binary_get_name(binary), "manifest") ||
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
    uint32_t *count = &checker->binaries.list.count;
    uint32_t mark = report_enter(report, "binaries");

    if (*count > PACKAGE_ENTRIES_MAX - 1) {
        report_problem(report, "%u are more than the %u of a boot package",
                       *count, PACKAGE_ENTRIES_MAX - 1);
        *count = 0;
    }
    for (uint32_t i = 0; i < *count; i++) {
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
    uint32_t i = check_find(binaries, name, binaries->list.count);
    uint32_t mark = report_enter(checker->report, field);
    const char *match;

    if (i == binaries->list.count) {
        match = check_nearest(binaries, name);
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
    for (uint32_t i = 0; i < args.count && i < CHECK_ARGS_MAX; i++) {
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

/* All that one entry says, apart from owners. */
static void check_service(struct checker *checker, uint32_t i,
                          struct needs *needs)
{
    struct service_reader service =
        init_config_services_at(checker->services.list, i);
    uint32_t element = report_enter_index(checker->report, i);

    check_unique(checker->report, &checker->services, i);
    check_program(checker, "binary", service_get_binary(service));
    check_args(checker->report, service);
    check_caps(checker, service_get_caps(service), i);
    check_supervision(checker, service, needs);
    report_leave(checker->report, element);
}

/* There must be an order to start them in, and places to watch them. */
static void check_together(struct checker *checker, const struct needs *needs)
{
    struct wire_list list = checker->services.list;
    static bool met[CHECK_SERVICES_MAX];
    uint32_t circle = needs_circle(needs, met, list.count);
    uint32_t beside = 0;

    if (circle < list.count) {
        report_problem(checker->report,
                       "'%s' needs itself, or others that need themselves",
                       service_name(list, circle).bytes);
    }
    for (uint32_t i = 0; i < list.count; i++) {
        beside += !service_get_wait(init_config_services_at(list, i));
    }
    if (beside > CHECK_BESIDE_MAX) {
        report_problem(checker->report,
                       "%u that are not waited for are more than %u", beside,
                       CHECK_BESIDE_MAX);
    }
}

static void check_services(struct checker *checker)
{
    static struct needs needs[CHECK_SERVICES_MAX];
    struct report *report = checker->report;
    struct wire_list *list = &checker->services.list;
    uint32_t mark = report_enter(report, "services");

    if (list->count > CHECK_SERVICES_MAX) {
        report_problem(report, "%u are more than %u", list->count,
                       CHECK_SERVICES_MAX);
        list->count = 0;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t element = report_enter_index(report, i);

        check_caps_owners(
            checker, service_get_caps(init_config_services_at(*list, i)), i);
        report_leave(report, element);
    }
    for (uint32_t i = 0; i < list->count; i++) {
        check_service(checker, i, &needs[i]);
    }
    check_together(checker, needs);
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
