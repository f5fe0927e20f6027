/*
 * supervision - services die in every way, and their client goes on.
 *
 * The program is a client of four services (all are examples/fragile), each
 * with another policy in the manifest, and holds the ServiceControl:
 *   base    always restarted; slow to be ready
 *   top     needs base, and stands before it in the manifest; always restarted
 *   failing restarted on failure only, after a long delay
 *   once    never restarted
 *   weak    given up after three restarts
 */
#include "capos.h"
#include "memcheck.h"

#define MS 1000000u
#define HELD 3u
#define LOOKUPS 9u
#define LOOKUPS_MAX 8u /* that init holds for one client */

static struct client base;
static struct client top;
static struct client failing;
static struct client once;
static struct client weak;

static uint64_t control_cap(void)
{
    return capset_need("services", SERVICE_CONTROL_INTERFACE_ID);
}

static uint64_t now(void)
{
    uint64_t nanoseconds = 0;

    timer_now(rt(), capset_need("timer", TIMER_INTERFACE_ID), &nanoseconds);
    return nanoseconds;
}

/* True if the client is served, by an instance that was not called before. */
static bool fresh(struct client *client)
{
    uint64_t calls = 0;

    return client_call(client, fragile_touch, &calls) == 0 && calls == 1;
}

/* Its fault; what the caller is told. */
static int32_t break_down(struct client *client)
{
    int32_t status = fragile_fault(rt(), client->cap);

    memcheck_fault_over();
    return status;
}

/* What ServiceControl says about a service; false: nothing. */
static bool info(const char *name, enum service_info_state *state,
                 uint32_t *restarts, uint64_t *backoff_ns)
{
    static uint64_t memory[1024];
    struct service_control_list_results_reader results;
    struct rpc_buffer buffer;
    struct wire_list list;
    uint32_t start = 0;

    do {
        rpc_buffer_init(&buffer, memory, sizeof(memory));
        if (service_control_list(rt(), control_cap(), start, &buffer,
                                 &results) < 0) {
            return false;
        }
        list = service_control_list_results_get_entries(results);
        for (uint32_t i = 0; i < list.count; i++) {
            struct service_info_reader entry =
                service_control_list_results_entries_at(list, i);

            if (text_equal(service_info_get_name(entry).bytes, name)) {
                *state = service_info_get_state(entry);
                *restarts = service_info_get_restarts(entry);
                *backoff_ns = service_info_get_backoff_nanoseconds(entry);
                return true;
            }
        }
        start += list.count;
    } while (list.count > 0);
    return false;
}

static bool state_is(const char *name, enum service_info_state expected)
{
    enum service_info_state state;
    uint32_t restarts;
    uint64_t backoff_ns;

    return info(name, &state, &restarts, &backoff_ns) && state == expected;
}

static int32_t control_name(int32_t (*method)(struct transport *, uint64_t,
                                              struct wire_text,
                                              struct rpc_buffer *),
                            const char *name)
{
    uint64_t memory[64];
    struct rpc_buffer buffer;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    return method(rt(), control_cap(),
                  (struct wire_text){name, (uint32_t)text_length(name)},
                  &buffer);
}

static void check_order(void)
{
    uint64_t base_ready = 0;
    uint64_t top_started = 0;

    check(client_open(&base, "base", FRAGILE_INTERFACE_ID) == 0 &&
              client_open(&top, "top", FRAGILE_INTERFACE_ID) == 0 &&
              client_open(&failing, "failing", FRAGILE_INTERFACE_ID) == 0 &&
              client_open(&once, "once", FRAGILE_INTERFACE_ID) == 0 &&
              client_open(&weak, "weak", FRAGILE_INTERFACE_ID) == 0,
          "five services, each by its name");
    fragile_times(rt(), base.cap, NULL, &base_ready);
    fragile_times(rt(), top.cap, &top_started, NULL);
    check(base_ready > 0 && top_started >= base_ready,
          "the one that needs another was started when that was ready");
}

static void check_names(void)
{
    struct client other;

    check(client_open(&other, "nobody", FRAGILE_INTERFACE_ID) ==
              ERR_NOT_FOUND,
          "the directory knows the names of the manifest only");
    check(client_open(&other, "console", FRAGILE_INTERFACE_ID) ==
              ERR_NOT_FOUND,
          "and of these only services");
    check(client_open(&other, "base", ECHO_INTERFACE_ID) ==
              ERR_BAD_CAPABILITY,
          "whose interface it tells");
}

static void check_calls(void)
{
    struct rpc held[HELD] = {{.complete = NULL}};
    bool good = true;

    for (uint32_t i = 0; i < HELD; i++) {
        good = good && fragile_hold_submit(rt(), &held[i], base.cap) == 0;
    }
    good = good && break_down(&base) == ERR_DISCONNECTED;
    for (uint32_t i = 0; i < HELD; i++) {
        good = good && transport_await(rt(), &held[i]) == ERR_DISCONNECTED;
    }
    check(good, "a fault: every call in flight is disconnected");
    check(fresh(&base), "one line, and the next instance serves");
    check(fragile_exit(rt(), base.cap, 0) == ERR_DISCONNECTED && fresh(&base),
          "an exit of one that always runs: the same");
    check(fresh(&top), "who needs it has not been touched");
}

static void check_kill(void)
{
    uint64_t memory[64];
    struct rpc_buffer buffer;
    CAP_AUTO process = CAP_NONE;
    uint64_t old = base.cap;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    check(service_control_open(rt(), control_cap(), WIRE_TEXT("base"), &buffer,
                               &process) == 0 &&
              process_handle_kill(rt(), process, 9) == 0,
          "its process can be had, and killed");
    check(fresh(&base) && base.cap != old, "which is a failure like others");
}

static void check_failure(void)
{
    check(fragile_exit(rt(), failing.cap, 3) == ERR_DISCONNECTED &&
              fresh(&failing),
          "on failure: restarted after an exit with 3");
    check(fragile_exit(rt(), failing.cap, 0) == ERR_DISCONNECTED &&
              client_reconnect(&failing) == ERR_DISCONNECTED &&
              state_is("failing", SERVICE_INFO_STATE_ENDED),
          "but not after the exit that it is to end with");
    check(control_name(service_control_restart, "failing") == 0 &&
              fresh(&failing),
          "unless somebody asks for it");
}

static void check_never(void)
{
    check(break_down(&once) == ERR_DISCONNECTED &&
              client_reconnect(&once) == ERR_DISCONNECTED &&
              state_is("once", SERVICE_INFO_STATE_ENDED),
          "never: it stays down, and its client is told");
    check(control_name(service_control_restart, "once") == 0 && fresh(&once),
          "until somebody restarts it");
}

static void check_stop(void)
{
    check(control_name(service_control_stop, "failing") == 0 &&
              client_reconnect(&failing) == ERR_DISCONNECTED &&
              state_is("failing", SERVICE_INFO_STATE_STOPPED),
          "stopped is not failed: no restart");
    check(control_name(service_control_restart, "failing") == 0 &&
              fresh(&failing),
          "and started again");
    check(control_name(service_control_stop, "supervision") ==
              ERR_EXCEPTION_TRUNCATED,
          "a step of the plan cannot be stopped");
}

/* Lookups that wait, for a back-off that is long enough: some, and no more. */
static void check_lookups(void)
{
    static uint64_t memory[LOOKUPS][64];
    uint64_t directory = capset_need("directory", DIRECTORY_INTERFACE_ID);
    struct rpc rpcs[LOOKUPS] = {{.complete = NULL}};
    struct rpc_buffer buffer;
    uint32_t served = 0;
    uint32_t refused = 0;

    fragile_fault(rt(), failing.cap);
    memcheck_fault_over();
    for (uint32_t i = 0; i < LOOKUPS; i++) {
        rpc_buffer_init(&buffer, memory[i], sizeof(memory[i]));
        directory_lookup_submit(rt(), &rpcs[i], directory,
                                WIRE_TEXT("failing"), &buffer);
    }
    for (uint32_t i = 0; i < LOOKUPS; i++) {
        int32_t status = transport_await(rt(), &rpcs[i]);
        uint64_t cap = CAP_NONE;

        refused += status == ERR_EXCEPTION &&
                   rpcs[i].rwords[0] == CAP_EXCEPTION_KIND_OVERLOADED;
        served += directory_lookup_finish(&rpcs[i], &cap, NULL) == 0 &&
                  cap != CAP_NONE;
        cap_release(cap);
    }
    check(served == LOOKUPS_MAX && refused == LOOKUPS - LOOKUPS_MAX,
          "of %u lookups that wait %u are served and %u refused", LOOKUPS,
          served, refused);
    check(fresh(&failing), "and then the next one");
}

/* Ends weak once more; how many ms until it served again. */
static uint64_t weak_delay(bool *good)
{
    uint64_t start_ns = now();

    *good = *good && fragile_exit(rt(), weak.cap, 7) == ERR_DISCONNECTED &&
            client_reconnect(&weak) == 0;
    return (now() - start_ns) / MS;
}

static void check_backoff(void)
{
    enum service_info_state state = SERVICE_INFO_STATE_IDLE;
    uint32_t restarts = 0;
    uint64_t backoff_ns = 0;
    bool good = true;
    uint64_t first_ms = weak_delay(&good);
    uint64_t second_ms = weak_delay(&good);
    uint64_t third_ms = weak_delay(&good);

    check(good && first_ms >= 5 && second_ms >= 10 && third_ms >= 15,
          "delays of at least 5, 10 and 15 ms before restarts");
    con_print("  %llu, %llu and %llu ms\n", (unsigned long long)first_ms,
              (unsigned long long)second_ms, (unsigned long long)third_ms);
    check(info("weak", &state, &restarts, &backoff_ns) &&
              state == SERVICE_INFO_STATE_READY && restarts == 3 &&
              backoff_ns == 15 * MS,
          "as ServiceControl says");
    check(fragile_exit(rt(), weak.cap, 7) == ERR_DISCONNECTED &&
              client_reconnect(&weak) == ERR_DISCONNECTED &&
              state_is("weak", SERVICE_INFO_STATE_GIVEN_UP),
          "after the third restart it is given up");
    check(control_name(service_control_restart, "weak") == 0 &&
              fresh(&weak) && weak_delay(&good) >= 5 && good,
          "until a restart by hand; then all begins anew");
}

/* It was born with a capability to a base that has long gone. */
static void check_again(void)
{
    check(control_name(service_control_restart, "top") == 0 &&
              client_reconnect(&top) == 0 && fresh(&top),
          "one that runs can be restarted, too");
}

int main(void)
{
    check_order();
    check_names();
    check_calls();
    check_kill();
    check_failure();
    check_stop();
    check_never();
    check_lookups();
    check_backoff();
    check_again();
    return check_status();
}
