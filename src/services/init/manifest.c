/*
 * manifest.c - mapping and checking the manifest.
 *
 * The kernel checked the boot package's sums, mkmanifest checked the contents;
 * init checks again what it relies on, because it may be another build.
 */
#include "manifest.h"

#include "unit.h"

#define MANIFEST_SCHEMA_VERSION 1u

static bool refuse(const char *what)
{
    con_print("init: the manifest %s; make the boot package again\n", what);
    return false;
}

/* The bytes of the file, mapped read-only. NULL: said why. */
static const void *manifest_map(uint64_t *bytes)
{
    uint64_t package = capset_need("package", BOOT_PACKAGE_INTERFACE_ID);
    CAP_AUTO memory = CAP_NONE;
    uint64_t area[64];
    uint64_t address = 0;
    struct rpc_buffer buffer;
    int32_t status;

    rpc_buffer_init(&buffer, area, sizeof(area));
    status = boot_package_open(rt(), package, WIRE_TEXT("manifest"), &buffer,
                               &memory, bytes);
    if (status >= 0) {
        uint64_t pages = (*bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;

        status = memory_object_map(rt(), memory, 0, 0, (uint32_t)pages,
                                   PROTECTION_READ, &address);
    }
    if (status < 0) {
        con_fail("cannot read the manifest of the boot package", status);
        return NULL;
    }
    return (const void *)(uintptr_t)address;
}

static bool name_check(struct wire_text name)
{
    return name.length > 0 && name.length <= NAME_BYTES_MAX;
}

/* What supervision needs of a service. */
static bool supervision_check(struct service_reader service)
{
    struct restart_policy_reader restart = service_get_restart(service);
    struct wire_list exports = service_get_exports(service);
    struct wire_list needs = service_get_needs(service);

    for (uint32_t i = 0; i < needs.count; i++) {
        if (!name_check(service_needs_at(needs, i))) {
            return false;
        }
    }
    for (uint32_t i = 0; i < exports.count; i++) {
        struct service_export_reader export = service_exports_at(exports, i);

        if (!name_check(service_export_get_name(export))) {
            return false;
        }
    }
    return exports.count <= UNIT_EXPORTS_MAX &&
           restart_policy_get_give_up_after(restart) <= POLICY_TIMES_MAX;
}

/* True if names are there and everything of a service can be read. */
static bool service_check(struct service_reader service)
{
    struct wire_list args = service_get_args(service);
    struct wire_list caps = service_get_caps(service);

    if (!name_check(service_get_name(service)) ||
        !name_check(service_get_binary(service)) ||
        !supervision_check(service)) {
        return false;
    }
    for (uint32_t i = 0; i < args.count; i++) {
        service_args_at(args, i);
    }
    for (uint32_t i = 0; i < caps.count; i++) {
        if (!name_check(service_cap_get_name(service_caps_at(caps, i)))) {
            return false;
        }
    }
    return true;
}

static bool services_check(struct wire_list services)
{
    uint32_t beside = 0;

    for (uint32_t i = 0; i < services.count; i++) {
        struct service_reader service = init_config_services_at(services, i);

        if (!service_check(service)) {
            return refuse("has a service that init cannot make sense of");
        }
        beside += !service_get_wait(service);
    }
    if (beside > MANIFEST_BESIDE_MAX || services.count > UINT16_MAX) {
        return refuse("has too many services");
    }
    return true;
}

bool manifest_open(struct manifest *manifest)
{
    uint64_t bytes = 0;
    const void *address = manifest_map(&bytes);

    if (address == NULL) {
        return false;
    }
    if (wire_message_init(&manifest->message, address, bytes) < 0) {
        return refuse("is not a whole message");
    }
    manifest->root = system_manifest_read(&manifest->message);
    if (system_manifest_get_schema_version(manifest->root) !=
        MANIFEST_SCHEMA_VERSION) {
        return refuse("has a schemaVersion other than 1");
    }
    if (!system_manifest_has_init_config(manifest->root)) {
        return refuse("has no initConfig");
    }
    manifest->config = system_manifest_get_init_config(manifest->root);
    manifest->services = init_config_get_services(manifest->config);
    if (!services_check(manifest->services)) {
        return false;
    }
    if (wire_message_error(&manifest->message)) {
        return refuse("is damaged");
    }
    /* It was read once within the budget; init reads it as long as it runs. */
    wire_message_limit(&manifest->message, UINT64_MAX);
    return true;
}
