/*
 * mkmanifest_test.c - from JSON to the manifest message: what comes out, and
 * what is refused in which words.
 *
 * One good manifest is the start; each case replaces one piece of its text.
 */
#include "manifest.h"

#include <stdio.h>
#include <string.h>

#include "capos.gen.h"
#include "check_run.h"

#define BUFFER_WORDS 4096u

static uint64_t buffer[BUFFER_WORDS];
static size_t buffer_bytes = sizeof(buffer);

static const char good[] =
    "{\"schemaVersion\": 1,\n"
    "\"binaries\": [\n"
    "{\"name\": \"init\", \"path\": \"bin/init.elf\", "
    "\"kind\": \"program\"},\n"
    "{\"name\": \"echo\", \"path\": \"bin/echo.elf\", "
    "\"kind\": \"program\"},\n"
    "{\"name\": \"words\", \"path\": \"words.txt\", \"kind\": \"data\"}],\n"
    "\"initConfig\": {\"whenDone\": \"shutdown\", \"services\": [\n"
    "{\"name\": \"server\", \"binary\": \"echo\", \"args\": [\"serve\", \"\"],\n"
    " \"caps\": [{\"name\": \"console\", \"from\": {\"init\": \"console\"}},\n"
    "  {\"name\": \"own\", \"from\": {\"endpoint\": \"echo\"}}],\n"
    " \"wait\": false, \"expect\": {\"how\": \"killed\", \"code\": -7},\n"
    " \"limits\": {\"pages\": \"18446744073709551615\", \"threads\": 1,\n"
    "  \"caps\": 2, \"processes\": 3}},\n"
    "{\"name\": \"client\", \"binary\": \"echo\", \"args\": [],\n"
    " \"caps\": [{\"name\": \"peer\", \"from\": {\"facet\": \"echo\"},\n"
    "  \"interfaceId\": \"Echo\", \"tag\": \"0x8000000000000001\"}],\n"
    " \"wait\": true, \"expect\": {\"how\": \"exited\", \"code\": 0},\n"
    " \"limits\": {\"pages\": 0, \"threads\": 0, \"caps\": 0,\n"
    "  \"processes\": 0}}]},\n"
    "\"kernelParams\": {\"init\": \"init\", \"logLevel\": \"debug\",\n"
    " \"terminal\": \"com2\"}}\n";

/* Builds; what was said on stderr is the return value, to be freed. */
static char *build(const char *json, size_t length, size_t *size)
{
    struct report report = {.file = "test.json"};
    FILE *standard = stderr;
    char *said = NULL;
    size_t said_bytes;

    stderr = open_memstream(&said, &said_bytes);
    ck_assert_ptr_nonnull(stderr);
    *size = manifest_build(&report, json, length, buffer, buffer_bytes);
    fclose(stderr);
    stderr = standard;
    ck_assert((*size == 0) == (report.problems > 0));
    ck_assert((*size == 0) == (said_bytes > 0));
    return said;
}

static void check_text(struct wire_text text, const char *expected)
{
    ck_assert_uint_eq(text.length, strlen(expected));
    ck_assert_mem_eq(text.bytes, expected, text.length);
}

static void check_server(struct service_reader server)
{
    struct process_limits_reader limits = service_get_limits(server);
    struct wire_list args = service_get_args(server);
    struct wire_list caps = service_get_caps(server);

    check_text(service_get_name(server), "server");
    ck_assert_uint_eq(args.count, 2);
    check_text(service_args_at(args, 0), "serve");
    check_text(service_args_at(args, 1), "");
    ck_assert_uint_eq(caps.count, 2);
    ck_assert_int_eq(service_get_wait(server), false);
    ck_assert_int_eq(service_end_get_how(service_get_expect(server)),
                     EXIT_KIND_KILLED);
    ck_assert_int_eq(service_end_get_code(service_get_expect(server)), -7);
    ck_assert_uint_eq(process_limits_get_pages(limits), UINT64_MAX);
    ck_assert_uint_eq(process_limits_get_threads(limits), 1);
    ck_assert_uint_eq(process_limits_get_caps(limits), 2);
    ck_assert_uint_eq(process_limits_get_processes(limits), 3);
}

static void check_client(struct service_reader client)
{
    struct service_cap_reader cap =
        service_caps_at(service_get_caps(client), 0);
    struct service_cap_from_reader from = service_cap_get_from(cap);

    check_text(service_get_binary(client), "echo");
    ck_assert_int_eq(service_get_wait(client), true);
    check_text(service_cap_get_name(cap), "peer");
    ck_assert_int_eq(service_cap_from_which(from),
                     SERVICE_CAP_FROM_WHICH_FACET);
    check_text(service_cap_from_get_facet(from), "echo");
    ck_assert_uint_eq(service_cap_get_interface_id(cap), ECHO_INTERFACE_ID);
    ck_assert_uint_eq(service_cap_get_tag(cap), 0x8000000000000001u);
}

START_TEST(test_mkmanifest_good)
{
    struct system_manifest_reader manifest;
    struct kernel_params_reader kernel;
    struct init_config_reader init;
    struct wire_message message;
    size_t size;

    free(build(good, strlen(good), &size));
    ck_assert_uint_gt(size, 0);
    ck_assert_int_eq(wire_message_init(&message, buffer, size), 0);
    manifest = system_manifest_read(&message);
    kernel = system_manifest_get_kernel_params(manifest);
    init = system_manifest_get_init_config(manifest);
    ck_assert_uint_eq(system_manifest_get_schema_version(manifest), 1);
    check_text(kernel_params_get_init(kernel), "init");
    ck_assert_int_eq(kernel_params_get_log_level(kernel),
                     KERNEL_PARAMS_LOG_LEVEL_DEBUG);
    ck_assert_int_eq(kernel_params_get_terminal(kernel),
                     KERNEL_PARAMS_TERMINAL_COM2);
    ck_assert_int_eq(init_config_get_when_done(init),
                     INIT_CONFIG_WHEN_DONE_SHUTDOWN);
    check_server(init_config_services_at(init_config_get_services(init), 0));
    check_client(init_config_services_at(init_config_get_services(init), 1));
    ck_assert(!wire_message_error(&message));
}
END_TEST

/* A piece of good, what stands there instead, and what is said about it. */
struct refusal {
    const char *piece;
    const char *instead;
    const char *said;
};

static const struct refusal refusals[] = {
    /* The root. */
    {"{\"schemaVersion\": 1,", "{",
     "test.json: root: field 'schemaVersion' is missing; the fields of "
     "SystemManifest are schemaVersion, binaries, initConfig and "
     "kernelParams"},
    {"{\"schemaVersion\": 1,", "{\"schemaVersion\": 1, \"extra\": 0,",
     "test.json: root: unknown field 'extra'; the fields of SystemManifest "
     "are schemaVersion, binaries, initConfig and kernelParams"},
    {"\"kernelParams\": {", "\"kernelParam\": {",
     "unknown field 'kernelParam': did you mean 'kernelParams'?"},
    {"\"schemaVersion\": 1", "\"schemaVersion\": 2", "schemaVersion is 2"},
    {"\"schemaVersion\": 1", "\"schemaVersion\": 1.0",
     "schemaVersion: must be an integer"},
    {"\"schemaVersion\": 1", "\"schemaVersion\": true",
     "schemaVersion: must be an integer"},
    {"\"schemaVersion\": 1", "\"schemaVersion\": 4294967297",
     "schemaVersion: does not fit 32 bits"},
    {"\"schemaVersion\": 1,", "\"schemaVersion\": 1, \"schemaVersion\": 1,",
     "duplicate"},
    {"\"com2\"}}\n", "\"com2\"}", "line "},
    /* Binaries. */
    {"\"path\": \"bin/echo.elf\", ", "", "binaries[1]: field 'path'"},
    {"\"path\": \"bin/echo.elf\"", "\"path\": \"/bin/echo.elf\"",
     "binaries[1]: path '/bin/echo.elf'"},
    {"\"path\": \"bin/echo.elf\"", "\"path\": \"bin/../../echo\"", "'..'"},
    {"\"path\": \"bin/echo.elf\"", "\"path\": 3",
     "binaries[1].path: must be a string"},
    {"\"kind\": \"data\"", "\"kind\": \"dta\"",
     "binaries[2].kind: must be a name of BootEntry.Kind, such as \"data\""},
    {"\"kind\": \"data\"", "\"kind\": \"manifest\"", "the manifest itself"},
    {"{\"name\": \"words\"", "{\"name\": \"manifest\"", "the manifest itself"},
    {"{\"name\": \"words\"", "{\"name\": \"echo\"",
     "binaries[2].name: 'echo' is the name of [1] already"},
    {"{\"name\": \"words\"", "{\"name\": \"\"", "1 to 31 bytes"},
    {"{\"name\": \"words\"",
     "{\"name\": \"abcdefghijklmnopqrstuvwxyz012345\"",
     "binaries[2].name: 'abcdefghijklmnopqrstuvwxyz012345' is not 1 to 31"},
    {"{\"name\": \"words\"", "{\"name\": \"two words\"", "a space"},
    {"{\"name\": \"words\"", "{\"name\": \"tab\\tulator\"", "a space"},
    {"{\"name\": \"words\"", "{\"name\": \"nul\\u0000\"", "line 5"},
    {"{\"name\": \"words\"", "{\"name\": \"\xff\"", "line 5"},
    {"{\"name\": \"words\"", "7, {\"name\": \"words\"",
     "binaries[2]: must be an object with the fields name, path and kind"},
    /* Services. */
    {"\"binary\": \"echo\", \"args\": [],", "\"binary\": \"ehco\", "
     "\"args\": [],", "services[1].binary: no binary has the name 'ehco': "
     "did you mean 'echo'?"},
    {"\"binary\": \"echo\", \"args\": [],", "\"binary\": \"words\", "
     "\"args\": [],", "binary 'words' is not of kind program"},
    {"\"name\": \"client\"", "\"name\": \"server\"",
     "initConfig.services[1].name: 'server' is the name of [0] already"},
    {"\"args\": [],", "\"args\": \"x\",",
     "initConfig.services[1].args: must be an array"},
    {"\"args\": [],", "\"args\": [1],", "args[0]: must be a string"},
    {"\"args\": [],", "", "services[1]: field 'args' is missing"},
    {"\"wait\": true", "\"wait\": 1", "wait: must be true or false"},
    {"\"threads\": 1", "\"threads\": -1",
     "services[0].limits.threads: must not be negative"},
    {"\"pages\": 0", "\"pages\": 9007199254740993",
     "services[1].limits.pages: 9007199254740993 is beyond 2^53"},
    {"\"pages\": 0", "\"pages\": 99999999999999999999", "line "},
    {"\"18446744073709551615\"", "\"18446744073709551616\"",
     "is not a non-negative integer"},
    {"\"code\": -7", "\"code\": \"-9223372036854775809\"",
     "is not a signed integer"},
    {"\"how\": \"killed\"", "\"how\": \"kiled\"",
     "such as \"killed\""},
    {"\"expect\": {\"how\": \"exited\", \"code\": 0}", "\"expect\": null",
     "services[1].expect: must be an object with the fields how and code"},
    {"\"init\": \"init\"", "\"init\": \"int\"",
     "kernelParams.init: no binary has the name 'int'"},
    /* Capabilities. */
    {"{\"init\": \"console\"}", "{\"init\": \"a\", \"facet\": \"b\"}",
     "caps[0].from: 2 of its fields are given, not exactly one; the choices "
     "of ServiceCap.from are init, endpoint, facet and service"},
    {"{\"init\": \"console\"}", "{}",
     "services[0].caps[0].from: 0 of its fields are given"},
    {"{\"init\": \"console\"}", "{\"iint\": \"console\"}",
     "unknown field 'iint': did you mean 'init'?"},
    {"{\"init\": \"console\"}", "\"console\"", "from: must be an object"},
    {"{\"init\": \"console\"}", "{\"init\": 3}",
     "caps[0].from.init: must be a string"},
    {"{\"init\": \"console\"}}", "{\"init\": \"console\"}, \"tag\": 1}",
     "interfaceId and tag belong to a facet only"},
    {"{\"name\": \"own\"", "{\"name\": \"console\"",
     "caps[1].name: 'console' is the name of [0] already"},
    {"{\"name\": \"own\"", "{\"name\": \"self-caps\"",
     "'self-caps' is given to every process by the kernel"},
    {"{\"facet\": \"echo\"}", "{\"facet\": \"ehco\"}",
     "services[1].caps[0].from: no service owns an endpoint 'ehco': did you "
     "mean 'echo'?"},
    {"{\"init\": \"console\"}", "{\"endpoint\": \"echo\"}",
     "endpoint 'echo' has an owner already: services[0]"},
    {"\"interfaceId\": \"Echo\", ", "",
     "caps[0].interfaceId: a facet needs the interface"},
    {"\"interfaceId\": \"Echo\"", "\"interfaceId\": \"Ehco\"",
     "caps[0].interfaceId: 'Ehco' is neither an interface of the schema nor "
     "a number: did you mean 'Echo'?"},
    {"\"wait\": false", "\"wait\": true",
     "is waited for and has ended before this client starts"},
    {"{\"name\": \"own\"", "{\"name\": \"directory\"",
     "'directory' is given to services by init"},
    {"{\"init\": \"console\"}}", "{\"init\": \"console\"}, "
     "\"export\": \"x\"}",
     "export belongs to a capability from a service only"},
    /* Supervision. */
    {"\"wait\": true", "\"wait\": true, \"needs\": [\"serve\"]",
     "services[1].needs[0]: no service has the name 'serve': did you mean "
     "'server'?"},
    {"\"wait\": false", "\"wait\": false, \"needs\": [\"client\"]",
     "services[0].needs[0]: services[1] is waited for"},
    {"\"wait\": false", "\"wait\": false, \"needs\": [\"server\"]",
     "services: 'server' needs itself"},
    {"\"wait\": false", "\"wait\": false, \"exports\": [{\"name\": "
     "\"own\", \"interfaceId\": \"Echo\"}]",
     "exports[0]: caps[1] has the name 'own' already"},
    {"\"wait\": false", "\"wait\": false, \"exports\": [{\"name\": "
     "\"echo\", \"interfaceId\": 0}]",
     "exports[0]: an export needs the interface"},
    {"\"wait\": true", "\"wait\": true, \"restart\": {\"when\": "
     "\"always\", \"backoffFirst\": 1, \"backoffMost\": 2, "
     "\"giveUpAfter\": 65, \"window\": 3}",
     "services[1].restart: what is waited for runs once"},
    {"\"wait\": false", "\"wait\": false, \"restart\": {\"when\": "
     "\"always\", \"backoffFirst\": 1, \"backoffMost\": 2, "
     "\"giveUpAfter\": 65, \"window\": 3}",
     "services[0].restart: giveUpAfter is more than 64"},
    {"{\"facet\": \"echo\"},\n  \"interfaceId\": \"Echo\",",
     "{\"service\": \"sever\"}, \"export\": \"echo\",",
     "caps[0].from: no service has the name 'sever': did you mean 'server'?"},
    {"{\"facet\": \"echo\"},\n  \"interfaceId\": \"Echo\",",
     "{\"service\": \"server\"}, \"export\": \"echo\",",
     "caps[0].export: no export of that service has the name 'echo'"},
    {"{\"facet\": \"echo\"},\n  \"interfaceId\": \"Echo\",",
     "{\"service\": \"server\"}, \"export\": \"echo\", "
     "\"interfaceId\": \"Echo\",",
     "interfaceId belongs to a facet only"},
};

/* The text with one piece replaced; to be freed. */
static char *replaced(const char *text, const char *piece,
                      const char *instead)
{
    const char *at = strstr(text, piece);
    char *result = NULL;

    ck_assert_msg(at != NULL, "no piece %s", piece);
    ck_assert_int_ge(asprintf(&result, "%.*s%s%s", (int)(at - text), text,
                              instead, at + strlen(piece)),
                     0);
    return result;
}

START_TEST(test_mkmanifest_refuses)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        char *json =
            replaced(good, refusals[i].piece, refusals[i].instead);
        size_t size;
        char *said = build(json, strlen(json), &size);

        ck_assert_msg(size == 0 && strstr(said, refusals[i].said) != NULL,
                      "%s\nexpected: %s\nsaid: %s", refusals[i].instead,
                      refusals[i].said, said);
        free(said);
        free(json);
    }
}
END_TEST

START_TEST(test_mkmanifest_client_before_its_server)
{
    char *client = replaced(good, "{\"init\": \"console\"}}",
                            "{\"facet\": \"late\"}, \"tag\": 0, "
                            "\"interfaceId\": \"Echo\"}");
    char *both = replaced(client,
                          "{\"facet\": \"echo\"},\n  \"interfaceId\": "
                          "\"Echo\", \"tag\": \"0x8000000000000001\"}",
                          "{\"endpoint\": \"late\"}}");
    size_t size;
    char *said = build(both, strlen(both), &size);

    ck_assert_msg(strstr(said, "services[0].caps[0].from: the owner of "
                               "endpoint 'late', services[1], starts after "
                               "this client") != NULL,
                  "%s", said);
    free(said);
    free(both);
    free(client);
}
END_TEST

START_TEST(test_mkmanifest_cut_short)
{
    for (size_t length = 0; length + 2 < strlen(good); length += 5) {
        size_t size;

        free(build(good, length, &size));
        ck_assert_uint_eq(size, 0);
    }
}
END_TEST

START_TEST(test_mkmanifest_buffer_too_small)
{
    size_t needed;
    size_t size;

    free(build(good, strlen(good), &needed));
    for (size_t bytes = 0; bytes <= needed; bytes += 8) {
        char *said;

        buffer_bytes = bytes;
        said = build(good, strlen(good), &size);
        ck_assert_uint_eq(size, bytes < needed ? 0 : needed);
        ck_assert(bytes == needed || strstr(said, "larger than") != NULL);
        free(said);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_mkmanifest_good,
        test_mkmanifest_refuses,
        test_mkmanifest_client_before_its_server,
        test_mkmanifest_cut_short,
        test_mkmanifest_buffer_too_small,
        NULL,
    };

    return check_run("mkmanifest", tests);
}
