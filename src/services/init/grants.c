/* grants.c - see grants.h. */
#include "grants.h"

#include "control.h"
#include "directory.h"

#define ENDPOINTS_MAX 32u

/* Every endpoint that the manifest mentioned so far; kept for good. */
static struct {
    struct wire_text name; /* in the mapped manifest */
    uint64_t cap;
} endpoints[ENDPOINTS_MAX];
static uint32_t endpoint_count;

static uint64_t endpoint_create(struct wire_text name)
{
    uint64_t factory = capset_find("endpoints", ENDPOINT_FACTORY_INTERFACE_ID);
    uint64_t cap = CAP_NONE;
    int32_t status;

    if (endpoint_count == ENDPOINTS_MAX) {
        con_print("init: more than %u endpoints in the manifest\n",
                  ENDPOINTS_MAX);
        return CAP_NONE;
    }
    status = endpoint_factory_create(rt(), factory, &cap);
    if (status < 0) {
        con_fail("cannot make an endpoint", status);
        return CAP_NONE;
    }
    endpoints[endpoint_count].name = name;
    endpoints[endpoint_count++].cap = cap;
    return cap;
}

/* The owner end of the endpoint of that name; made if need be. */
static uint64_t endpoint_of(struct wire_text name)
{
    for (uint32_t i = 0; i < endpoint_count; i++) {
        if (wire_text_equal(endpoints[i].name, name)) {
            return endpoints[i].cap;
        }
    }
    return endpoint_create(name);
}

/* A facet of owner that is given back when the grants are. */
static uint64_t facet_mint(struct grants *grants, uint64_t owner, uint64_t tag,
                           uint64_t interface_id)
{
    uint64_t facet = CAP_NONE;
    int32_t status;

    if (owner == CAP_NONE || grants->minted_count == GRANTS_MAX) {
        return CAP_NONE;
    }
    status = endpoint_mint(rt(), owner, tag, interface_id, 0, false, &facet);
    if (status < 0) {
        con_fail("cannot mint a facet", status);
        return CAP_NONE;
    }
    grants->minted[grants->minted_count++] = facet;
    return facet;
}

static uint64_t service_facet(struct grants *grants,
                              struct service_cap_reader cap)
{
    struct wire_text name =
        service_cap_from_get_service(service_cap_get_from(cap));
    const struct unit *from = unit_find(name);
    uint64_t interface_id = 0;
    uint64_t owner;

    if (from == NULL) {
        return CAP_NONE;
    }
    owner = unit_export(from, service_cap_get_export(cap), &interface_id);
    return facet_mint(grants, owner, service_cap_get_tag(cap), interface_id);
}

static uint64_t resolve(struct grants *grants, struct service_cap_reader cap)
{
    struct service_cap_from_reader from = service_cap_get_from(cap);

    switch (service_cap_from_which(from)) {
    case SERVICE_CAP_FROM_WHICH_INIT:
        if (text_equal(service_cap_from_get_init(from).bytes, "services")) {
            return facet_mint(grants, control_endpoint(), CONTROL_TAG_ALL,
                              SERVICE_CONTROL_INTERFACE_ID);
        }
        return capset_find(service_cap_from_get_init(from).bytes, 0);
    case SERVICE_CAP_FROM_WHICH_ENDPOINT:
        return endpoint_of(service_cap_from_get_endpoint(from));
    case SERVICE_CAP_FROM_WHICH_FACET:
        return facet_mint(grants,
                          endpoint_of(service_cap_from_get_facet(from)),
                          service_cap_get_tag(cap),
                          service_cap_get_interface_id(cap));
    case SERVICE_CAP_FROM_WHICH_SERVICE:
        return service_facet(grants, cap);
    default: /* a source that this init does not know */
        return CAP_NONE;
    }
}

static bool add(struct grants *grants, const struct unit *unit,
                const char *name, uint64_t cap)
{
    if (cap == CAP_NONE || grants->count == GRANTS_MAX) {
        con_print("init: service %s: there is nothing to grant as \"%s\", or "
                  "no room for it; see its caps in the manifest\n",
                  unit->name, name);
        return false;
    }
    grants->items[grants->count++] = (struct spawn_grant){name, cap};
    return true;
}

/* The caps of the manifest; *services is set if one is from a service. */
static bool add_caps(struct grants *grants, const struct unit *unit,
                     bool *services)
{
    struct wire_list caps = service_get_caps(unit->service);

    for (uint32_t i = 0; i < caps.count; i++) {
        struct service_cap_reader cap = service_caps_at(caps, i);

        if (service_cap_from_which(service_cap_get_from(cap)) ==
            SERVICE_CAP_FROM_WHICH_SERVICE) {
            *services = true;
        }
        if (!add(grants, unit, service_cap_get_name(cap).bytes,
                 resolve(grants, cap))) {
            return false;
        }
    }
    return true;
}

static bool add_exports(struct grants *grants, const struct unit *unit)
{
    struct wire_list exports = service_get_exports(unit->service);

    for (uint32_t i = 0; i < exports.count; i++) {
        struct wire_text name =
            service_export_get_name(service_exports_at(exports, i));

        if (!add(grants, unit, name.bytes, unit->exports[i])) {
            return false;
        }
    }
    return true;
}

bool grants_collect(struct grants *grants, const struct unit *unit)
{
    bool services = false;
    bool good;

    grants->count = 0;
    grants->minted_count = 0;
    good = add_caps(grants, unit, &services) && add_exports(grants, unit);
    if (good && services) {
        good = add(grants, unit, "directory",
                   facet_mint(grants, directory_endpoint(), unit->number,
                              DIRECTORY_INTERFACE_ID));
    }
    if (good && service_get_ready(unit->service)) {
        good = add(grants, unit, "supervisor",
                   facet_mint(grants, control_endpoint(),
                              control_tag(unit), SUPERVISOR_INTERFACE_ID));
    }
    if (!good) {
        grants_release(grants);
    }
    return good;
}

void grants_release(struct grants *grants)
{
    for (uint32_t i = 0; i < grants->minted_count; i++) {
        cap_release(grants->minted[i]);
    }
    grants->minted_count = 0;
}
