/*
 * fuzz_manifest.c - any bytes as a manifest: as the JSON that mkmanifest is
 * given, and as the message that kernel and init read.
 *
 * What mkmanifest accepts must be a well-formed message. What is read from any
 * message must stay inside it, and reading all of it must come to an end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capos.gen.h"
#include "capos.schema.gen.h"
#include "check.h"
#include "manifest.h"

#define MESSAGE_BYTES 65536u

static uint64_t sum; /* so that no read is optimised away */

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static void read_text(struct wire_text text)
{
    for (uint32_t i = 0; i <= text.length; i++) {
        sum += (unsigned char)text.bytes[i];
    }
}

/* As init does. */
static void read_service(struct service_reader service)
{
    struct wire_list args = service_get_args(service);
    struct wire_list caps = service_get_caps(service);

    read_text(service_get_name(service));
    read_text(service_get_binary(service));
    sum += (uint64_t)service_end_get_code(service_get_expect(service));
    sum += process_limits_get_pages(service_get_limits(service));
    for (uint32_t i = 0; i < args.count && i < CHECK_ARGS_MAX; i++) {
        read_text(service_args_at(args, i));
    }
    for (uint32_t i = 0; i < caps.count && i < CHECK_CAPS_MAX; i++) {
        struct service_cap_reader cap = service_caps_at(caps, i);

        read_text(service_cap_get_name(cap));
        read_text(service_cap_from_get_init(service_cap_get_from(cap)));
        sum += service_cap_get_interface_id(cap);
    }
}

/* As the kernel does, and then init. */
static void read_manifest(struct system_manifest_reader manifest)
{
    struct kernel_params_reader kernel =
        system_manifest_get_kernel_params(manifest);
    struct init_config_reader init = system_manifest_get_init_config(manifest);
    struct wire_list services = init_config_get_services(init);

    sum += system_manifest_get_schema_version(manifest);
    read_text(kernel_params_get_init(kernel));
    sum += (uint64_t)kernel_params_get_log_level(kernel);
    sum += (uint64_t)kernel_params_get_terminal(kernel);
    for (uint32_t i = 0; i < services.count && i < MESSAGE_BYTES; i++) {
        read_service(init_config_services_at(services, i));
    }
}

static void try_message(const uint8_t *data, size_t size)
{
    size_t whole = size / 8 * 8;
    uint64_t *copy = malloc(whole + 8);
    struct wire_message message;

    require(copy != NULL);
    memcpy(copy, data, whole);
    if (wire_message_init(&message, copy, whole) == 0) {
        read_manifest(system_manifest_read(&message));
    }
    if (wire_message_init(&message, copy, whole) == 0) {
        struct report report = {.file = "", .problems = REPORT_PROBLEMS_MAX};

        check_manifest(&report, system_manifest_read(&message));
    }
    free(copy);
}

static void try_json(const uint8_t *data, size_t size)
{
    static uint64_t buffer[MESSAGE_BYTES / 8];
    struct report report = {.file = ""};
    struct wire_message message;
    size_t bytes = manifest_build(&report, (const char *)data, size, buffer,
                                  sizeof(buffer));

    require((bytes == 0) == (report.problems > 0));
    if (bytes == 0) {
        return;
    }
    require(wire_message_init(&message, buffer, bytes) == 0);
    require(schema_check(
        &capos_schema, &capos_schema.structs[SCHEMA_STRUCT_SYSTEM_MANIFEST],
        wire_root(&message)));
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reports of what is wrong with an input are not for the eye here. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static char drain[1 << 12];

    (void)argc;
    (void)argv;
    stderr = fmemopen(drain, sizeof(drain), "w");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rewind(stderr);
    if (size > 0 && data[0] == '{') {
        try_json(data, size);
    } else {
        try_message(data, size);
    }
    return 0;
}
