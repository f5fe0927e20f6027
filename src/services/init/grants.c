/* grants.c - see grants.h. */
#include "grants.h"

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

static uint64_t facet_mint(struct grants *grants, struct service_cap_reader cap,
                           struct wire_text endpoint)
{
    uint64_t owner = endpoint_of(endpoint);
    uint64_t facet = CAP_NONE;
    int32_t status;

    if (owner == CAP_NONE) {
        return CAP_NONE;
    }
    status = endpoint_mint(rt(), owner, service_cap_get_tag(cap),
                           service_cap_get_interface_id(cap), 0, &facet);
    if (status < 0) {
        con_fail("cannot mint a facet", status);
        return CAP_NONE;
    }
    grants->minted[grants->minted_count++] = facet;
    return facet;
}

static uint64_t resolve(struct grants *grants, struct service_cap_reader cap)
{
    struct service_cap_from_reader from = service_cap_get_from(cap);

    switch (service_cap_from_which(from)) {
    case SERVICE_CAP_FROM_WHICH_INIT:
        return capset_find(service_cap_from_get_init(from).bytes, 0);
    case SERVICE_CAP_FROM_WHICH_ENDPOINT:
        return endpoint_of(service_cap_from_get_endpoint(from));
    case SERVICE_CAP_FROM_WHICH_FACET:
        return facet_mint(grants, cap, service_cap_from_get_facet(from));
    default: /* a source that this init does not know */
        return CAP_NONE;
    }
}

bool grants_collect(struct grants *grants, struct service_reader service)
{
    struct wire_list caps = service_get_caps(service);

    grants->count = 0;
    grants->minted_count = 0;
    if (caps.count > GRANTS_MAX) {
        con_print("init: service %s has more than %u capabilities\n",
                  service_get_name(service).bytes, GRANTS_MAX);
        return false;
    }
    for (uint32_t i = 0; i < caps.count; i++) {
        struct service_cap_reader cap = service_caps_at(caps, i);
        uint64_t granted = resolve(grants, cap);

        if (granted == CAP_NONE) {
            con_print("init: service %s: there is nothing to grant as \"%s\"; "
                      "see its caps in the manifest\n",
                      service_get_name(service).bytes,
                      service_cap_get_name(cap).bytes);
            grants_release(grants);
            return false;
        }
        grants->items[grants->count].name = service_cap_get_name(cap).bytes;
        grants->items[grants->count++].cap = granted;
    }
    return true;
}

void grants_release(struct grants *grants)
{
    for (uint32_t i = 0; i < grants->minted_count; i++) {
        cap_release(grants->minted[i]);
    }
    grants->minted_count = 0;
}
