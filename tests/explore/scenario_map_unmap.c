/*
 * scenario_map_unmap.c - map against unmap: threads of a process map and unmap
 * while all have the space active, so each needs a shootdown, and one may be
 * wanted of a CPU that spins on the lock of the space.
 */
#include "user.h"

#include "capos.gen.h"

static uint64_t pages;
static uint32_t next_page; /* of those, for the next thread */

static int32_t unmap(struct user *self, uint64_t memory, uint64_t address)
{
    return user_call(self, memory, VIRTUAL_MEMORY_INTERFACE_ID,
                     VIRTUAL_MEMORY_METHOD_UNMAP, address, 1, 0);
}

static int32_t protect(struct user *self, uint64_t memory, uint64_t address,
                       enum protection rights)
{
    return user_call(self, memory, VIRTUAL_MEMORY_INTERFACE_ID,
                     VIRTUAL_MEMORY_METHOD_PROTECT, address,
                     1 | (uint64_t)rights << 32, 0);
}

static void other(struct user *self)
{
    uint64_t memory = user_cap(self, "self-memory");
    uint64_t page = pages + 4096ull * ++next_page;

    user_line(self, explore_scenario->cpus);
    user_store(self, page, 1);
    USER_EQUAL(unmap(self, memory, page), 0);
    user_done();
}

static void run(struct user *self)
{
    uint64_t memory = user_cap(self, "self-memory");
    uint32_t cpus = explore_scenario->cpus;
    uint64_t threads[EXPLORE_CPUS_MAX];
    uint64_t page;
    uint64_t fresh;

    pages = user_map(self, cpus);
    page = pages;
    for (uint32_t i = 1; i < cpus; i++) {
        threads[i] = user_thread(self, other, i);
    }
    user_wanted(cpus);
    user_line(self, cpus);
    USER_EQUAL(unmap(self, memory, page), 0);
    fresh = user_map(self, 1);
    USER_EQUAL(user_load(self, fresh), 0);
    for (uint32_t i = 1; i < cpus; i++) {
        USER_EQUAL(user_join(self, threads[i]), 0);
    }
    explore_calm();
    USER_EQUAL(unmap(self, memory, fresh), 0);
    user_finish(self);
}

const struct explore_scenario scenario_map_unmap = {
    .name = "map-unmap",
    .about = "two threads unmap pages of a space that is active on both CPUs",
    .cpus = 2,
    .run = run,
};

const struct explore_scenario scenario_unmap_three = {
    .name = "unmap-three",
    .about = "three threads unmap pages of a space that is active on three CPUs",
    .cpus = 3,
    .bound_max = 1,
    .run = run,
};

/* The same with rights that are taken away and given back. */
static void writer(struct user *self)
{
    uint64_t page = pages;

    user_line(self, 2);
    (void)user_load(self, page);
    user_submit(self);
    (void)user_load(self, page);
    user_done();
}

static void run_protect(struct user *self)
{
    uint64_t memory = user_cap(self, "self-memory");
    uint64_t thread;
    uint64_t page;

    pages = user_map(self, 1);
    page = pages;
    user_store(self, page, 7);
    thread = user_thread(self, writer, 1);
    user_wanted(2);
    user_line(self, 2);
    USER_EQUAL(protect(self, memory, page, PROTECTION_READ), 0);
    USER_EQUAL(user_load(self, page), 7);
    USER_EQUAL(protect(self, memory, page, PROTECTION_READ_WRITE), 0);
    user_store(self, page, 8);
    USER_EQUAL(user_join(self, thread), 0);
    explore_calm();
    USER_EQUAL(unmap(self, memory, page), 0);
    user_finish(self);
}

const struct explore_scenario scenario_protect = {
    .name = "protect",
    .about = "rights to a page are taken away while another CPU uses it",
    .cpus = 2,
    .run = run_protect,
};
