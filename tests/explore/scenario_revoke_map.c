/*
 * scenario_revoke_map.c - revoke against map, and against park: memory that was
 * lent is taken back while its borrower maps it and reads it, or parks on it. When
 * the revocation is complete it shows nothing of the lender's any more, and nobody
 * is parked there.
 */
#include "user_authority.h"

#include "capos.gen.h"

#define BEFORE 7u
#define AFTER 9u /* what the lender writes when it has taken back */

static sync_u32 taken;

static void reader(struct user *self)
{
    uint64_t lent = user_cap(self, "page");
    int64_t va;

    user_line(self, 2);
    va = user_map_page(self, lent);
    if (va < 0) {
        /* As an exception, if the object was found before it was revoked. */
        USER_EXPECT(va == ERR_BAD_CAPABILITY ||
                    va == ERR_EXCEPTION_TRUNCATED);
    } else {
        bool over = sync_load(&taken) != 0;
        uint32_t value = user_load(self, (uint64_t)va);

        USER_EXPECT(value == 0 || (value == BEFORE && !over));
        user_store(self, (uint64_t)va, BEFORE); /* the lender sees it or not */
    }
    user_done();
    for (;;) {
        (void)user_next(self);
    }
}

/* Lends a page to a program, and takes it back. */
static void lend(struct user *self, user_program *program, bool wake)
{
    uint64_t page = user_page(self);
    uint64_t revoker = user_revoker(self);
    struct user_grant grant = {"page", user_attach(self, revoker, page)};
    int64_t va = user_map_page(self, page);
    int64_t child;

    USER_EXPECT(va > 0);
    if (!wake) {
        user_store(self, (uint64_t)va, BEFORE);
    }
    child = user_spawn(self, program, &grant, 1);
    USER_EXPECT(child > 0);
    user_wanted(2);
    user_line(self, 2);
    if (wake) {
        user_unpark_shared(self, (uint64_t)va);
    }
    USER_EQUAL(user_revoke(self, revoker), 0);
    user_store(self, (uint64_t)va, AFTER);
    sync_store(&taken, 1);
    USER_EQUAL(user_load(self, (uint64_t)va), AFTER);
    user_settle(self);
    USER_EQUAL(user_load(self, (uint64_t)va), AFTER);
    USER_EQUAL(user_kill(self, (uint64_t)child), 0);
    USER_EQUAL(user_wait(self, (uint64_t)child), 0);
    USER_EQUAL(user_unmap(self, (uint64_t)va), 0);
    USER_EQUAL(user_release(self, grant.cap), 0);
    user_finish(self);
}

static void run_map(struct user *self)
{
    lend(self, reader, false);
}

static void parker(struct user *self)
{
    int64_t va = user_map_page(self, user_cap(self, "page"));
    struct user_op park;
    int32_t status;

    USER_EXPECT(va > 0);
    user_line(self, 2);
    user_park_shared_begin(self, &park, (uint64_t)va);
    status = user_await(self, &park);
    USER_EXPECT(status == 0 || status == ERR_DISCONNECTED ||
                status == ERR_BAD_BUFFER || status == ERR_VALUE_CHANGED);
    user_done();
    for (;;) {
        (void)user_next(self);
    }
}

static void run_park(struct user *self)
{
    lend(self, parker, true);
}

const struct explore_scenario scenario_revoke_map = {
    .name = "revoke-map",
    .about = "memory is taken back while it is mapped and read",
    .cpus = 2,
    .run = run_map,
};

const struct explore_scenario scenario_revoke_park = {
    .name = "revoke-park",
    .about = "memory is taken back while its borrower parks on it",
    .cpus = 2,
    .run = run_park,
};
