/*
 * locker.c - the service of capability-transfer: it keeps capabilities.
 *
 * A capability that comes with a call is the service's own once a handler has
 * taken it (server_take_cap); what goes with a result is a copy (server_add_cap)
 * or leaves for good (server_move_cap).
 */
#include "locker.h"

#include "capos.h"
#include "capos.server.gen.h"
#include "serve.h"

static uint64_t lockers[LOCKERS];
static uint32_t kept;

static int32_t locker_put_handler(void *self, struct server_call *call,
                                  struct locker_put_params_reader params,
                                  struct locker_put_results_builder results)
{
    uint64_t cap = server_take_cap(call, locker_put_params_get_cap(params));
    uint32_t number = 0;

    (void)self;
    while (number < LOCKERS && lockers[number] != CAP_NONE) {
        number++;
    }
    if (cap == CAP_NONE || number == LOCKERS) {
        cap_release(cap);
        return server_raise(call, CAP_EXCEPTION_KIND_INVALID_ARGUMENT,
                            ERR_INVALID, "no capability, or no locker free");
    }
    lockers[number] = cap;
    kept++;
    locker_put_results_set_number(results, number);
    locker_put_results_set_kept(results, kept);
    return 0;
}

static int32_t locker_get_handler(void *self, struct server_call *call,
                                  struct locker_get_params_reader params,
                                  struct locker_get_results_builder results)
{
    uint32_t number = locker_get_params_get_number(params) % LOCKERS;

    (void)self;
    locker_get_results_set_cap(results, server_add_cap(call, lockers[number]));
    return 0;
}

static int32_t locker_take_handler(void *self, struct server_call *call,
                                   struct locker_take_params_reader params,
                                   struct locker_take_results_builder results)
{
    uint32_t number = locker_take_params_get_number(params) % LOCKERS;

    (void)self;
    locker_take_results_set_cap(results,
                                server_move_cap(call, lockers[number]));
    lockers[number] = CAP_NONE;
    kept--;
    return 0;
}

static int32_t locker_swap_handler(void *self, struct server_call *call,
                                   struct locker_swap_params_reader params,
                                   struct locker_swap_results_builder results)
{
    uint64_t first = server_take_cap(call, locker_swap_params_get_first(params));
    uint64_t second =
        server_take_cap(call, locker_swap_params_get_second(params));

    (void)self;
    locker_swap_results_set_first(results, server_move_cap(call, second));
    locker_swap_results_set_second(results, server_move_cap(call, first));
    return 0;
}

static int32_t handle(void *self, struct server_call *call)
{
    static const struct locker_server locker = {
        .put = locker_put_handler,
        .get = locker_get_handler,
        .take = locker_take_handler,
        .swap = locker_swap_handler,
    };

    return locker_dispatch(&locker, self, call);
}

int locker_serve(void)
{
    uint64_t endpoint = capset_need("service", ENDPOINT_INTERFACE_ID);

    return con_fail("cannot serve", capos_serve(endpoint, handle, NULL, NULL));
}
