/*
 * fuzz_wire.c - feeds any bytes to the wire runtime: as one segment and as a
 * framed stream message, read through generated readers, through the schema
 * tables and by the canonical copy.
 *
 * What must hold: nothing outside the input is read (the input is copied to
 * memory of its exact size), every walk ends within its budget, and a
 * canonical copy is well-formed and its own canonical copy.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capnp/copy.h"
#include "capos.gen.h"
#include "capos.schema.gen.h"

#define SEGMENTS 16u
#define COPY_WORDS 65536u
#define STEPS 100000u

static uint64_t copies[2][COPY_WORDS];
static uint64_t sum; /* so that no read is optimised away */
static uint32_t steps;

static void read_text(struct wire_text text)
{
    for (uint32_t i = 0; i <= text.length && steps < STEPS; i++, steps++) {
        sum += (uint8_t)text.bytes[i];
    }
}

static void read_service(struct service_reader service)
{
    struct wire_list args = service_get_args(service);
    struct wire_list caps = service_get_caps(service);

    read_text(service_get_name(service));
    read_text(service_get_binary(service));
    sum += service_get_wait(service);
    sum += process_limits_get_pages(service_get_limits(service));
    sum += service_end_get_how(service_get_expect(service));
    for (uint32_t i = 0; i < args.count && steps < STEPS; i++, steps++) {
        read_text(service_args_at(args, i));
    }
    for (uint32_t i = 0; i < caps.count && steps < STEPS; i++, steps++) {
        struct service_cap_reader cap = service_caps_at(caps, i);
        struct service_cap_from_reader from = service_cap_get_from(cap);

        read_text(service_cap_get_name(cap));
        if (service_cap_from_which(from) == SERVICE_CAP_FROM_WHICH_FACET) {
            read_text(service_cap_from_get_facet(from));
        }
        sum += service_cap_get_interface_id(cap);
    }
}

static void read_manifest(struct system_manifest_reader manifest)
{
    struct wire_list binaries = system_manifest_get_binaries(manifest);
    struct wire_list services = init_config_get_services(
        system_manifest_get_init_config(manifest));

    sum += kernel_params_get_log_level(
        system_manifest_get_kernel_params(manifest));
    for (uint32_t i = 0; i < binaries.count && steps < STEPS; i++, steps++) {
        struct binary_reader binary = system_manifest_binaries_at(binaries, i);

        read_text(binary_get_name(binary));
        read_text(binary_get_path(binary));
    }
    for (uint32_t i = 0; i < services.count && steps < STEPS; i++, steps++) {
        read_service(init_config_services_at(services, i));
    }
}

static void require(int true_of_all_inputs)
{
    if (!true_of_all_inputs) {
        abort();
    }
}

static void copy_twice(struct wire_message *message)
{
    struct wire_builder builder;
    struct wire_message copy;
    int32_t bytes;

    wire_builder_init(&builder, copies[0], sizeof(copies[0]));
    bytes = wire_copy(wire_root(message), &builder);
    if (bytes < 0) {
        return;
    }
    require(wire_message_init(&copy, copies[0], (size_t)bytes) == 0);
    wire_message_limit(&copy, UINT64_MAX); /* it is smaller than its origin */
    wire_builder_init(&builder, copies[1], sizeof(copies[1]));
    require(wire_copy(wire_root(&copy), &builder) == bytes);
    require(memcmp(copies[0], copies[1], (size_t)bytes) == 0);
}

static void read_all(struct wire_message *message, uint8_t choice)
{
    struct wire_message fresh = *message;
    const struct schema_struct *type =
        &capos_schema.structs[choice % capos_schema.struct_count];

    steps = 0;
    read_manifest(system_manifest_read(message));
    *message = fresh;
    schema_check(&capos_schema, type, wire_root(message));
    require(message->budget <= fresh.budget);
    *message = fresh;
    copy_twice(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct wire_segment table[SEGMENTS];
    struct wire_message message;
    uint8_t *copy;
    uint8_t choice;
    size_t used;

    if (size < 9) {
        return 0;
    }
    choice = bytes[0];
    size = (size - 1) / 8 * 8;
    copy = malloc(size);
    if (!copy) {
        return 0;
    }
    memcpy(copy, bytes + 1, size);
    if (wire_message_init(&message, copy, size) == 0) {
        read_all(&message, choice);
    }
    if (wire_message_init_framed(&message, table, SEGMENTS, copy, size,
                                 &used) == 0) {
        require(used <= size);
        read_all(&message, choice);
    }
    free(copy);
    return 0;
}
