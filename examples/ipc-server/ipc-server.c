/*
 * ipc-server - a service in its own process.
 *
 * init granted it the owner end of an endpoint under the name "service"; the
 * clients got facets of the same endpoint from init. Neither side knows the
 * other, and a facet cannot be used to serve. It ends when nobody needs it any
 * more, which is init's business.
 */
#include "capos.h"
#include "serve.h"

#include "capos.server.gen.h"

#define TEXT_BYTES_MAX 1024u

static int32_t add(void *self, struct server_call *call,
                   struct echo_add_params_reader params,
                   struct echo_add_results_builder results)
{
    (void)self;
    (void)call;
    echo_add_results_set_sum(results, echo_add_params_get_a(params) +
                                          echo_add_params_get_b(params));
    return 0;
}

static int32_t reverse(void *self, struct server_call *call,
                       struct echo_reverse_params_reader params,
                       struct echo_reverse_results_builder results)
{
    struct wire_text text = echo_reverse_params_get_text(params);
    char turned[TEXT_BYTES_MAX];

    (void)self;
    if (text.length > sizeof(turned)) {
        return server_raise(call, CAP_EXCEPTION_KIND_INVALID_ARGUMENT,
                            ERR_TOO_LARGE, "at most 1024 bytes of text");
    }
    for (uint32_t i = 0; i < text.length; i++) {
        turned[i] = text.bytes[text.length - 1 - i];
    }
    echo_reverse_results_set_text(results,
                                  (struct wire_text){turned, text.length});
    return 0;
}

static int32_t fail(void *self, struct server_call *call,
                    struct echo_fail_params_reader params,
                    struct echo_fail_results_builder results)
{
    (void)self;
    (void)results;
    return server_raise(call, echo_fail_params_get_kind(params), ERR_INVALID,
                        "asked for it");
}

static int32_t handle(void *self, struct server_call *call)
{
    static const struct echo_server echo = {
        .add = add, .reverse = reverse, .fail = fail};

    return echo_dispatch(&echo, self, call);
}

int main(void)
{
    uint64_t endpoint = capset_need("service", ENDPOINT_INTERFACE_ID);
    int32_t status = capos_serve(endpoint, handle, NULL, NULL);

    return con_fail("cannot serve", status);
}
