/*
 * echo.c - what a server does for each method of Echo; see echo.h.
 *
 * A handler sees well-formed parameters only: echo_dispatch, which is generated, has
 * looked at method, form and message before.
 */
#include "echo.h"

#include "capos.h"

#define TEXT_BYTES_MAX 1024u

int32_t echo_sum(void *self, struct server_call *call,
                 struct echo_add_params_reader params,
                 struct echo_add_results_builder results)
{
    (void)self;
    (void)call;
    echo_add_results_set_sum(results, echo_add_params_get_a(params) +
                                          echo_add_params_get_b(params));
    return 0;
}

int32_t echo_turn(void *self, struct server_call *call,
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

int32_t echo_handle(void *self, struct server_call *call)
{
    static const struct echo_server handlers = {
        .add = echo_sum, .reverse = echo_turn, .fail = fail};

    return echo_dispatch(&handlers, self, call);
}
