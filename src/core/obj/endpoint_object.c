/* endpoint_object.c - EndpointFactory, and the methods of Endpoint. */
#include "fail.h"
#include "ipc/endpoint.h"
#include "ipc/facet.h"
#include "obj/methods.h"
#include "obj/root.h"
#include "proc/process.h"

static struct object endpoint_factory_object;

static int32_t endpoint_factory_create(
    void *self, struct server_call *call,
    struct endpoint_factory_create_params_reader params,
    struct endpoint_factory_create_results_builder results)
{
    struct endpoint *endpoint;
    uint32_t index;
    int32_t error = endpoint_create(kernel_caller(call)->ledger, &endpoint);

    (void)self;
    (void)params;
    if (!error) {
        error = kernel_give_new(call, &endpoint->object, &index);
    }
    if (error) {
        return kernel_raise(call, error, "no room for an endpoint");
    }
    endpoint_factory_create_results_set_endpoint(results, index);
    return 0;
}

static const struct endpoint_factory_server endpoint_factory_handlers = {
    .create = endpoint_factory_create,
};

static int32_t endpoint_factory_methods(struct object *object,
                                        struct kernel_call *call)
{
    return endpoint_factory_dispatch(&endpoint_factory_handlers, object,
                                     &call->server);
}

static const struct object_type endpoint_factory_type = {
    .interface_id = ENDPOINT_FACTORY_INTERFACE_ID,
    .name = "endpoint-factory",
    .dispatch = endpoint_factory_methods,
    .destroy = root_destroy,
};

const struct root endpoint_factory_root = {
    .name = "endpoints",
    .object = &endpoint_factory_object,
    .type = &endpoint_factory_type,
};

static int32_t endpoint_mint(void *self, struct server_call *call,
                             struct endpoint_mint_params_reader params,
                             struct endpoint_mint_results_builder results)
{
    const struct facet_request request = {
        .tag = endpoint_mint_params_get_tag(params),
        .interface_id = endpoint_mint_params_get_interface_id(params),
        .queue_limit = endpoint_mint_params_get_queue_limit(params),
        .one_shot = endpoint_mint_params_get_one_shot(params),
    };
    struct facet *facet;
    uint32_t index;
    int32_t error = facet_create(kernel_caller(call)->ledger, self, &request,
                                 &facet);

    if (error) {
        return kernel_raise(call, error, "the facet cannot be made");
    }
    error = kernel_give(call, &facet->object, &index);
    if (!error) {
        facet_given(facet);
    }
    object_put(&facet->object);
    if (error) {
        return kernel_raise(call, error, "no room for the facet");
    }
    endpoint_mint_results_set_facet(results, index);
    return 0;
}

static int32_t endpoint_close(void *self, struct server_call *call,
                              struct endpoint_close_params_reader params,
                              struct endpoint_close_results_builder results)
{
    (void)call;
    endpoint_close_results_set_closed(
        results,
        endpoint_close_tag(self, endpoint_close_params_get_tag(params)));
    return 0;
}

static const struct endpoint_server endpoint_handlers = {
    .mint = endpoint_mint,
    .close = endpoint_close,
};

int32_t endpoint_methods(struct object *object, struct kernel_call *call)
{
    return endpoint_dispatch(&endpoint_handlers, endpoint_of(object),
                             &call->server);
}
