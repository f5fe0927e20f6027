/* complete_names.c - the names that Tab can offer (complete.h). */
#include "complete.h"
#include "names.h"
#include "programs.h"
#include "services.h"
#include "shell.h"
#include "signature.h"

#include "capos.schema.gen.h"

static void offer(struct completion *completion, const char *name)
{
    completion_offer(completion, name, (uint32_t)text_length(name));
}

static void offer_commands(struct completion *completion)
{
    for (uint32_t i = 0; i < shell_command_count; i++) {
        offer(completion, shell_commands[i].name);
    }
}

static void offer_programs(struct completion *completion)
{
    const char *names[PROGRAMS_MAX];
    uint32_t count = programs_list(names);

    for (uint32_t i = 0; i < count; i++) {
        offer(completion, names[i]);
    }
}

static void offer_names(struct completion *completion, uint32_t from)
{
    struct named_cap found;

    for (uint32_t i = from; names_at(i, &found); i++) {
        offer(completion, found.name);
    }
}

static void offer_caps(struct completion *completion)
{
    offer_names(completion, 0);
}

static void offer_kept(struct completion *completion)
{
    offer_names(completion, names_kept_from());
}

static bool offer_service(void *context, struct service_info_reader info)
{
    offer(context, service_info_get_name(info).bytes);
    return true;
}

static void offer_services(struct completion *completion)
{
    if (capset_find("services", SERVICE_CONTROL_INTERFACE_ID) != CAP_NONE) {
        services_each("services", offer_service, completion);
    }
}

static const struct schema_interface *interface_of(struct span cap)
{
    struct named_cap found;

    if (!names_find(cap.at, span_bytes(cap), &found)) {
        return NULL;
    }
    return schema_find_interface(&capos_schema, found.interface_id);
}

static void offer_methods(struct completion *completion, struct span cap)
{
    const struct schema_interface *iface = interface_of(cap);

    for (uint16_t i = 0; iface != NULL && i < iface->method_count; i++) {
        offer(completion, iface->methods[i].name);
    }
}

static void offer_arguments(struct completion *completion, struct span method)
{
    const struct schema_interface *iface;
    const struct schema_struct *params;
    const char *dot = method.end;
    const char *nearest;
    int32_t index;

    while (dot > method.at && dot[-1] != '.') {
        dot--;
    }
    if (dot == method.at) {
        return;
    }
    iface = interface_of((struct span){method.at, dot - 1});
    index = iface == NULL ? -1
                          : signature_find(iface, dot,
                                           (uint32_t)(method.end - dot),
                                           &nearest);
    if (index < 0) {
        return;
    }
    params = &capos_schema.structs[iface->methods[index].params];
    for (uint16_t i = 0; i < params->field_count; i++) {
        offer(completion, params->fields[i].name);
    }
}

void shell_complete(void *context, const char *line, uint32_t cursor,
                    struct completion *completion)
{
    static const struct complete_sources sources = {
        .commands = offer_commands,
        .programs = offer_programs,
        .caps = offer_caps,
        .kept = offer_kept,
        .services = offer_services,
        .methods = offer_methods,
        .arguments = offer_arguments,
    };

    (void)context;
    complete_line(&sources, line, cursor, completion);
}
