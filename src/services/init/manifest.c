/*
 * manifest.c - mapping and checking the manifest.
 *
 * The kernel checked the boot package's sums, mkmanifest checked the contents;
 * init checks again what it relies on, because it may be another build.
 */
#include "manifest.h"

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

/* True if names are there and everything of a service can be read. */
static bool service_check(struct service_reader service)
{
    struct wire_list args = service_get_args(service);
    struct wire_list caps = service_get_caps(service);

    if (service_get_name(service).length == 0 ||
        service_get_name(service).length > NAME_BYTES_MAX ||
        service_get_binary(service).length == 0 ||
        service_get_binary(service).length > NAME_BYTES_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < args.count; i++) {
        service_args_at(args, i);
    }
    for (uint32_t i = 0; i < caps.count; i++) {
        struct wire_text name = service_cap_get_name(service_caps_at(caps, i));

        if (name.length == 0 || name.length > NAME_BYTES_MAX) {
            return false;
        }
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
    for (uint32_t i = 0; i < manifest->services.count; i++) {
        if (!service_check(init_config_services_at(manifest->services, i))) {
            return refuse("has a service or capability without a usable name");
        }
    }
    if (wire_message_error(&manifest->message)) {
        return refuse("is damaged");
    }
    return true;
}
