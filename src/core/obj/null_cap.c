/* null_cap.c - NullCap: a capability that can do nothing. */
#include "obj/methods.h"
#include "obj/root.h"

static struct object null_cap_object;

/* Looks at nothing of the call, so that there is nothing to get wrong. */
static int32_t null_cap_methods(struct object *object,
                                struct kernel_call *call)
{
    (void)object;
    return server_unimplemented(&call->server);
}

static const struct object_type null_cap_type = {
    .interface_id = NULL_CAP_INTERFACE_ID,
    .name = "null-cap",
    .dispatch = null_cap_methods,
    .destroy = root_destroy,
};

const struct root null_cap_root = {
    .name = "null",
    .object = &null_cap_object,
    .type = &null_cap_type,
};
