/*
 * capability-transfer - capabilities that travel with calls and results.
 *
 * A client leaves capabilities with a service in another process (this same
 * program, with an argument) and gets them back: copied, moved, and narrowed, so
 * that the service may do less with them. A transfer happens whole or not at all,
 * and every capability says who gave it.
 */
#include "capos.h"
#include "locker.h"
#include "spawn.h"
#include "../common/make.h"

#define SERVICE_CAPS 16u

static uint64_t locker; /* the client's facet */
static struct spawned service;

/* What the kernel says of a capability of this process. */
static bool describe(uint64_t cap, struct cap_entry_reader *entry)
{
    static uint64_t memory[1024];
    uint64_t manager =
        capset_need("self-caps", CAPABILITY_MANAGER_INTERFACE_ID);
    struct capability_manager_list_results_reader results;
    static struct rpc_buffer buffer;
    struct wire_list entries;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    if (capability_manager_list(rt(), manager, (uint32_t)cap, &buffer,
                                &results) < 0) {
        return false;
    }
    entries = capability_manager_list_results_get_entries(results);
    *entry = capability_manager_list_results_entries_at(entries, 0);
    return entries.count > 0 && cap_entry_get_cap(*entry) == cap;
}

static uint64_t identity(uint64_t cap)
{
    struct cap_entry_reader entry;

    return describe(cap, &entry) ? cap_entry_get_object(entry) : 0;
}

static void copied(void)
{
    CAP_AUTO mine = make_notification();
    CAP_AUTO back = CAP_NONE;
    struct cap_entry_reader entry;
    uint32_t number = 0;

    check(locker_put(rt(), locker, xfer_copy(mine), &number, NULL) == 0,
          "a capability is left with the service");
    check(notification_signal(rt(), mine, 1) == 0, "a copy of it: it is here");
    check(locker_get(rt(), locker, number, &back) == 0 &&
              identity(back) == identity(mine) && back != mine,
          "the service gives a copy back: the same object");
    check(describe(back, &entry) &&
              cap_entry_get_origin(entry) == CAP_ENTRY_ORIGIN_RESULT_CAP &&
              cap_entry_get_giver(entry) == service.id &&
              cap_entry_get_giver_cap(entry) != 0,
          "it says that it came with a result, and who gave it");
}

static void moved(void)
{
    CAP_AUTO mine = make_notification();
    CAP_AUTO back = CAP_NONE;
    uint64_t object_id = identity(mine);
    uint32_t number = 0;
    uint64_t gone = CAP_NONE;

    check(locker_put(rt(), locker, xfer_move(mine), &number, NULL) == 0,
          "another one is moved to the service");
    check(notification_signal(rt(), mine, 1) == ERR_BAD_CAPABILITY,
          "it is here no more");
    check(locker_take(rt(), locker, number, &back) == 0 &&
              identity(back) == object_id,
          "and the service moves it back");
    check(locker_get(rt(), locker, number, &gone) == 0 && gone == CAP_NONE,
          "it is there no more");
    check(notification_signal(rt(), back, 1) == 0, "it works as before");
    mine = CAP_NONE;
}

static void swapped(void)
{
    CAP_AUTO one = make_notification();
    CAP_AUTO two = make_notification();
    uint64_t ids[2] = {identity(one), identity(two)};
    uint64_t first = CAP_NONE;
    uint64_t second = CAP_NONE;

    check(locker_swap(rt(), locker, xfer_move(one), xfer_move(two), &first,
                      &second) == 0 &&
              identity(first) == ids[1] && identity(second) == ids[0],
          "two at once, moved there and back");
    one = first;
    two = second;
}

/* The capability with less: what the service may do with it. */
static void narrowed(void)
{
    CAP_AUTO mine = make_notification();
    CAP_AUTO back = CAP_NONE;
    struct ring_xfer less = {.cap = mine, .flags = RING_XFER_MOVE_ONLY};
    struct cap_entry_reader entry;
    uint32_t number = 0;

    check(locker_put(rt(), locker, less, &number, NULL) == 0,
          "left, but only to be moved on");
    check(locker_get(rt(), locker, number, &back) == ERR_EXCEPTION,
          "the service cannot give a copy");
    check(locker_take(rt(), locker, number, &back) == 0 &&
              describe(back, &entry) &&
              cap_entry_get_mode(entry) == CAP_ENTRY_MODE_MOVE,
          "it can move it, and it stays narrow");
    check(locker_put(rt(), locker, xfer_copy(back), &number, NULL) ==
              ERR_NOT_TRANSFERABLE,
          "so it cannot be copied here either");
    less.flags = RING_XFER_NON_TRANSFERABLE;
    check(locker_put(rt(), locker, less, &number, NULL) == 0,
          "left, not to be passed on at all");
    check(locker_take(rt(), locker, number, &back) == ERR_EXCEPTION,
          "the service has to keep it");
    check(locker_put(rt(), locker,
                     xfer_copy(capset_need("self-memory", 0)), &number,
                     NULL) == ERR_NOT_TRANSFERABLE,
          "the own address space cannot be given away");
}

/* True if what the locker gives back found no room here, which is said. */
static bool unfit(uint32_t number, int32_t (*ask)(struct transport *t,
                                                  struct rpc *rpc, uint64_t cap,
                                                  uint32_t number,
                                                  struct rpc_buffer *buffer))
{
    uint64_t memory[2]; /* a result with a pointer, but not its CapId */
    struct rpc_buffer buffer;
    struct rpc rpc = {.complete = NULL};

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    return ask(rt(), &rpc, locker, number, &buffer) == 0 &&
           ring_await(ring_self(), &rpc) == ERR_TOO_LARGE;
}

/*
 * A result that does not arrive: its server is told, and libcapos releases there
 * what was to be moved, else the service's table would fill.
 */
static void dropped(void)
{
    CAP_AUTO kept = make_notification();
    CAP_AUTO back = CAP_NONE;
    uint32_t number = 0;
    uint32_t times = 0;

    check(locker_put(rt(), locker, xfer_copy(kept), &number, NULL) == 0 &&
              unfit(number, locker_get_submit),
          "a copy that finds no room here is dropped");
    check(locker_take(rt(), locker, number, &back) == 0 &&
              identity(back) == identity(kept),
          "the service has what it wanted to copy");
    while (times < 2 * SERVICE_CAPS) {
        uint64_t mine = make_notification();

        if (locker_put(rt(), locker, xfer_move(mine), &number, NULL) != 0) {
            cap_release(mine);
            break;
        }
        if (!unfit(number, locker_take_submit)) {
            break;
        }
        times++;
    }
    check(times == 2 * SERVICE_CAPS,
          "what it wanted to move it releases: its table never fills");
}

/* What fails leaves everything as it was. */
static void refused(void)
{
    CAP_AUTO mine = make_notification();
    uint64_t first = CAP_NONE;
    uint64_t second = CAP_NONE;
    uint32_t kept = 0;
    uint32_t number = 0;
    int32_t status;

    check(locker_swap(rt(), locker, xfer_move(mine), xfer_move(1ull << 40),
                      &first, &second) == ERR_BAD_CAPABILITY,
          "one of two is no capability: refused");
    check(locker_swap(rt(), locker, xfer_move(mine), xfer_copy(mine), &first,
                      &second) == ERR_BAD_CAPABILITY,
          "moved and named again: refused");
    check(notification_signal(rt(), mine, 1) == 0, "the other one is here");
    do {
        status = locker_put(rt(), locker, xfer_copy(mine), &number, &kept);
    } while (status == 0);
    check(status == ERR_OVERLOADED && kept < SERVICE_CAPS,
          "the service's table is full: overloaded");
    check(locker_put(rt(), locker, xfer_move(mine), &number, &kept) ==
              ERR_OVERLOADED,
          "so nothing can be moved there");
    check(notification_signal(rt(), mine, 1) == 0, "it is here still");
}

static bool start(void)
{
    static const char *const args[] = {"service"};
    uint64_t factory = capset_need("endpoints", ENDPOINT_FACTORY_INTERFACE_ID);
    CAP_AUTO endpoint = CAP_NONE;
    struct spawn_grant grants[] = {
        {"console", capset_find("console", CONSOLE_INTERFACE_ID)},
        {"service", CAP_NONE},
    };
    struct spawn spawn = {.program = "capability-transfer",
                          .args = args,
                          .arg_count = 1,
                          .grants = grants,
                          .grant_count = 2,
                          .caps_max = SERVICE_CAPS};

    if (endpoint_factory_create(rt(), factory, &endpoint) < 0 ||
        endpoint_mint(rt(), endpoint, 1, LOCKER_INTERFACE_ID, 0, false,
                      &locker) < 0) {
        return false;
    }
    grants[1].cap = endpoint;
    return capos_spawn(&spawn, &service, NULL) == 0;
}

int main(int argc, char **argv)
{
    struct spawn_end end;

    (void)argv;
    if (argc > 1) {
        return locker_serve();
    }
    if (!check(start(), "a service that keeps capabilities")) {
        return 1;
    }
    copied();
    moved();
    swapped();
    narrowed();
    dropped();
    refused();
    process_handle_kill(rt(), service.process, 0);
    spawn_wait(&service, &end);
    cap_release(locker);
    return check_status();
}
