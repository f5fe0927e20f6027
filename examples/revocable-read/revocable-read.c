/*
 * revocable-read - memory that is lent, and taken back.
 *
 * The owner of a page lets a reader (this same program, with an argument) look at
 * it through a Revoker. Revoking ends the capability wherever it is, and what was
 * mapped through it: the reader's page shows zeros from then on. It never faults
 * because of what somebody else did, and the owner keeps all that it has.
 */
#include "capos.h"
#include "spawn.h"
#include "../common/make.h"

#define SECRET 0x5ec2e7ull

static volatile uint64_t *map(uint64_t object, enum protection protection)
{
    uint64_t address = 0;

    return memory_object_map(rt(), object, 0, 0, 1, protection, &address) < 0
               ? NULL
               : (volatile uint64_t *)(uintptr_t)address;
}

static int reader(void)
{
    uint64_t page = capset_need("page", MEMORY_OBJECT_INTERFACE_ID);
    uint64_t ready = capset_need("ready", NOTIFICATION_INTERFACE_ID);
    uint64_t taken = capset_need("taken", NOTIFICATION_INTERFACE_ID);
    volatile uint64_t *word = map(page, PROTECTION_READ);
    uint64_t bits;
    uint64_t address = 0;

    if (!check(word != NULL && *word == SECRET,
               "reader: it reads what the owner wrote")) {
        return 1;
    }
    notification_signal(rt(), ready, 1);
    notification_wait(rt(), taken, &bits);
    check(*word == 0, "reader: now there are zeros");
    check(memory_object_map(rt(), page, 0, 0, 1, PROTECTION_READ, &address) ==
              ERR_BAD_CAPABILITY,
          "reader: the capability names nothing any more");
    check(memory_object_map(rt(), capset_need("own", 0), 0, 0, 1,
                            PROTECTION_READ, &address) == 0,
          "reader: what it got otherwise works");
    return check_status();
}

static bool start(uint64_t page, uint64_t own, uint64_t ready, uint64_t taken,
                  struct spawned *spawned)
{
    static const char *const args[] = {"reader"};
    const struct spawn_grant grants[] = {
        {"console", capset_find("console", CONSOLE_INTERFACE_ID)},
        {"page", page},
        {"own", own},
        {"ready", ready},
        {"taken", taken},
    };
    const struct spawn spawn = {.program = "revocable-read",
                                .args = args,
                                .arg_count = 1,
                                .grants = grants,
                                .grant_count = 5};

    return capos_spawn(&spawn, spawned, NULL) == 0;
}

/* Lends the page, takes it back, and sees the reader end well. */
static void lend(uint64_t page, uint64_t revoker)
{
    CAP_AUTO view = CAP_NONE;
    CAP_AUTO lent = CAP_NONE;
    CAP_AUTO ready = make_notification();
    CAP_AUTO taken = make_notification();
    struct spawned spawned;
    struct spawn_end end;
    uint64_t bits;

    check(memory_object_share(rt(), page, true, &view) == 0 &&
              revoker_attach(rt(), revoker, xfer_copy(view), &lent) == 0,
          "a read-only view of it, through a revoker");
    if (!start(lent, view, ready, taken, &spawned)) {
        check(false, "a reader");
        return;
    }
    notification_wait(rt(), ready, &bits);
    check(revoker_revoke(rt(), revoker) == 0, "taken back");
    notification_signal(rt(), taken, 1);
    check(spawn_wait(&spawned, &end) == 0 && end.how == EXIT_KIND_EXITED &&
              end.code == 0,
          "the reader ended well");
    check(memory_object_map(rt(), lent, 0, 0, 1, PROTECTION_READ, &bits) ==
              ERR_BAD_CAPABILITY,
          "here it names nothing either");
    check(revoker_attach(rt(), revoker, xfer_copy(view), &lent) ==
              ERR_EXCEPTION,
          "a revoker that was used attaches nothing more");
    check(revoker_revoke(rt(), revoker) == 0, "revoking again does nothing");
}

int main(int argc, char **argv)
{
    CAP_AUTO page = CAP_NONE;
    CAP_AUTO revoker = CAP_NONE;
    volatile uint64_t *word;

    (void)argv;
    if (argc > 1) {
        return reader();
    }
    if (!check(frame_allocator_allocate(
                   rt(), capset_need("frames", FRAME_ALLOCATOR_INTERFACE_ID),
                   1, &page) == 0 &&
                   revoker_factory_create(
                       rt(),
                       capset_need("revokers", REVOKER_FACTORY_INTERFACE_ID),
                       &revoker) == 0,
               "a page and a revoker")) {
        return 1;
    }
    word = map(page, PROTECTION_READ_WRITE);
    *word = SECRET;
    lend(page, revoker);
    check(*word == SECRET, "the owner's page is what it was");
    return check_status();
}
