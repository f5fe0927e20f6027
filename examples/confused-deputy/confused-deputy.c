/*
 * confused-deputy - a service cannot be talked into using what is its own.
 *
 * The deputy may write to a bill. It works for anybody, and writes the result
 * where its client says. Where a client says so by a name, it can name the bill,
 * and the deputy, who may write there, does: that is the confusion. Here a client
 * says it by passing a capability of its own, and the deputy uses that one. The
 * client even knows the number that the bill has with the deputy: it is of no
 * use.
 *
 * One program plays all: the parent keeps the tallies and starts deputy and
 * client.
 */
#include "capos.h"
#include "serve.h"
#include "spawn.h"

#include "capos.server.gen.h"

#define TAG_BILL 1u
#define TAG_CLIENT 2u
#define TALLIES 3u
#define SLOTS 64u
#define GENERATIONS 8u

/* ----------------------------------------------------------- the parent's part */

static uint64_t endpoint; /* of the tallies */
static uint64_t totals[TALLIES];

static int32_t tally_added(void *self, struct server_call *call,
                           struct tally_add_params_reader params,
                           struct tally_add_results_builder results)
{
    (void)self;
    totals[call->tag] += tally_add_params_get_amount(params);
    tally_add_results_set_total(results, totals[call->tag]);
    return 0;
}

static int32_t tally_handle(void *self, struct server_call *call)
{
    static const struct tally_server tally = {.add = tally_added};

    return tally_dispatch(&tally, self, call);
}

static void tally_keep(void *argument)
{
    (void)argument;
    capos_serve(endpoint, tally_handle, NULL, NULL);
}

/* ----------------------------------------------------------- the deputy's part */

static uint64_t bill;

static int32_t deputy_worked(void *self, struct server_call *call,
                             struct deputy_work_params_reader params,
                             struct deputy_work_results_builder results)
{
    CAP_AUTO output =
        server_take_cap(call, deputy_work_params_get_output(params));
    uint64_t total = 0;
    int32_t status;

    (void)self;
    if (output == CAP_NONE) {
        return server_raise(call, CAP_EXCEPTION_KIND_INVALID_ARGUMENT,
                            ERR_BAD_CAPABILITY, "bring a tally to write to");
    }
    status = tally_add(rt(), output, deputy_work_params_get_amount(params),
                       &total);
    if (status < 0) {
        return server_raise(call, CAP_EXCEPTION_KIND_INVALID_ARGUMENT, status,
                            "that is no tally");
    }
    deputy_work_results_set_total(results, total);
    return tally_add(rt(), bill, 1, NULL);
}

static int32_t deputy_handle(void *self, struct server_call *call)
{
    static const struct deputy_server deputy = {.work = deputy_worked};

    return deputy_dispatch(&deputy, self, call);
}

static int deputy_main(void)
{
    bill = capset_need("bill", TALLY_INTERFACE_ID);
    return capos_serve(capset_need("service", ENDPOINT_INTERFACE_ID),
                       deputy_handle, NULL, NULL) != ERR_DISCONNECTED;
}

/* ----------------------------------------------------------- the client's part */

/* Names every capability that there might be but its own. */
static uint32_t guess(uint64_t deputy, uint64_t mine, uint64_t console)
{
    uint32_t accepted = 0;

    for (uint64_t slot = 0; slot < SLOTS; slot++) {
        for (uint64_t generation = 1; generation < GENERATIONS; generation++) {
            uint64_t cap = slot | generation << 32;

            if (cap != mine && cap != console && cap != deputy) {
                accepted += deputy_work(rt(), deputy, xfer_copy(cap), 1000,
                                        NULL) >= 0;
            }
        }
    }
    return accepted;
}

static int client_main(const struct start_block *block)
{
    uint64_t deputy = capset_need("deputy", DEPUTY_INTERFACE_ID);
    uint64_t mine = capset_need("mine", TALLY_INTERFACE_ID);
    uint64_t console = capset_need("console", CONSOLE_INTERFACE_ID);
    uint64_t total = 0;

    check(deputy_work(rt(), deputy, xfer_copy(mine), 5, &total) == 0 &&
              total == 5,
          "the deputy writes where its client may");
    check(deputy_work(rt(), deputy, xfer_copy(block->words[0]), 1000, NULL) < 0,
          "the number of the deputy's bill names nothing of the client's");
    check(deputy_work(rt(), deputy, xfer_copy(CAP_NONE), 1000, NULL) < 0,
          "nor does no capability");
    check(deputy_work(rt(), deputy, xfer_copy(console), 1000, NULL) < 0,
          "the client's console is no tally");
    check(guess(deputy, mine, console) == 0, "no other number was accepted");
    check(deputy_work(rt(), deputy, xfer_copy(mine), 6, &total) == 0 &&
              total == 11,
          "the deputy still works");
    return check_status();
}

/* ------------------------------------------------------------------ the parent */

static uint64_t mint(uint64_t owner, uint64_t tag, uint64_t interface_id)
{
    uint64_t facet = CAP_NONE;

    endpoint_mint(rt(), owner, tag, interface_id, 0, false, &facet);
    return facet;
}

static bool start(const char *const *role, const struct spawn_grant *grants,
                  uint64_t word, struct spawned *spawned)
{
    const struct spawn spawn = {.program = "confused-deputy",
                                .args = role,
                                .arg_count = 1,
                                .grants = grants,
                                .grant_count = 3,
                                .words = {word}};

    /* Silent: who is started may print first. */
    return capos_spawn(&spawn, spawned, NULL) == 0 ||
           check(false, "%s starts", *role);
}

static int parent_main(void)
{
    static const char *const roles[] = {"deputy", "client"};
    uint64_t factory = capset_need("endpoints", ENDPOINT_FACTORY_INTERFACE_ID);
    uint64_t console = capset_need("console", CONSOLE_INTERFACE_ID);
    uint64_t service = CAP_NONE;
    struct spawned deputy;
    struct spawned client;
    struct spawn_end end;
    struct thread *thread;

    endpoint_factory_create(rt(), factory, &endpoint);
    endpoint_factory_create(rt(), factory, &service);
    bill = mint(endpoint, TAG_BILL, TALLY_INTERFACE_ID);
    if (!check(thread_start(&thread, tally_keep, NULL) == 0,
               "tallies are kept") ||
        !start(&roles[0],
               (const struct spawn_grant[]){{"console", console},
                                            {"service", service},
                                            {"bill", bill}},
               0, &deputy) ||
        /* The deputy's bill is its third capability. */
        !start(&roles[1],
               (const struct spawn_grant[]){
                   {"console", console},
                   {"deputy", mint(service, 0, DEPUTY_INTERFACE_ID)},
                   {"mine", mint(endpoint, TAG_CLIENT, TALLY_INTERFACE_ID)}},
               2 | 1ull << 32, &client)) {
        return 1;
    }
    check(spawn_wait(&client, &end) == 0 && end.code == 0, "the client ended");
    check(totals[TAG_CLIENT] == 11, "its tally has what it ordered");
    check(totals[TAG_BILL] == 2, "the bill has what the deputy wrote: 2");
    process_handle_kill(rt(), deputy.process, 0);
    return check_status();
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        return argv[1][0] == 'd' ? deputy_main()
                                 : client_main(process_start());
    }
    return parent_main();
}
