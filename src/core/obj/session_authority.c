/*
 * session_authority.c - SessionAuthority: who may say of which session a new
 * process is. The kernel only hands out numbers; what they mean is the broker's.
 */
#include "obj/methods.h"
#include "obj/root.h"

static struct object session_authority_object;
static sync_u64 session_ids;

static int32_t session_authority_create(
    void *self, struct server_call *call,
    struct session_authority_create_params_reader params,
    struct session_authority_create_results_builder results)
{
    (void)self;
    (void)call;
    (void)params;
    session_authority_create_results_set_session(
        results, sync_add64(&session_ids, 1) + 1);
    return 0;
}

static const struct session_authority_server session_authority_handlers = {
    .create = session_authority_create,
};

static int32_t session_authority_methods(struct object *object,
                                         struct kernel_call *call)
{
    return session_authority_dispatch(&session_authority_handlers, object,
                                      &call->server);
}

static const struct object_type session_authority_type = {
    .interface_id = SESSION_AUTHORITY_INTERFACE_ID,
    .name = "session-authority",
    .dispatch = session_authority_methods,
    .destroy = root_destroy,
};

bool session_authority(const struct object *object)
{
    return object && object->type == &session_authority_type;
}

const struct root session_authority_root = {
    .name = "sessions",
    .object = &session_authority_object,
    .type = &session_authority_type,
};
