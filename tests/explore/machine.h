/*
 * machine.h - the machine's parts to one another (hal_machine.h).
 */
#ifndef CAPOS_EXPLORE_MACHINE_H
#define CAPOS_EXPLORE_MACHINE_H

#include "hal.h"

#define MACHINE_PACKAGE_PHYS (MACHINE_MEMORY_BYTES - 0x10000u)

#define REQUIRE(condition)                                                     \
    do {                                                                       \
        if (!(condition)) {                                                    \
            explore_fail("machine", "%s:%d: the core broke: %s", __FILE__,     \
                         __LINE__, #condition);                                \
        }                                                                      \
    } while (0)

/* A program's stack, and what it wants of the CPU. */
struct machine_user {
    struct hal_context *context; /* NULL: nobody's */
    void *at;
    bool wants; /* a gate call, or has_fault */
    bool has_fault;
    uint64_t number;
    uint64_t a0;
    uint64_t a1;
    struct hal_fault fault;
};

extern struct machine_user machine_users[MACHINE_USERS];

/* The program that runs on this CPU leaves it with what it wants. */
void machine_leave(struct machine_user *user);

/* The same, wanting nothing: it can be interrupted here. */
void machine_compute(struct machine_user *user);

/* The one that runs. */
struct machine_user *machine_running(void);

/* Finds a page of the active space as the hardware does; NULL: a fault. */
void *machine_walk(uint64_t va, uint32_t access);

/* This CPU has no stale translation any more. */
void machine_flushed(void);

/* Before frames are freed: nobody can reach them any more. */
void machine_unreachable(uint64_t phys, uint64_t pages);

/* On the way out: what this CPU has unmapped, no other one can reach. */
void machine_left(void);

/* Answers a flush that is wanted of this CPU. */
void machine_answer(void);

/* A new schedule begins: what of the state these files may change. */
void machine_spaces_start(void);
void machine_stale_start(void);

/* A page has changed or gone: other CPUs may go on using it as it was. */
void machine_stale(const struct hal_space *space, uint64_t phys);

/* A frame is mapped: from now on it is a program's. */
void machine_mapped(uint64_t phys);

/* Fails if a page of any space is mapped to these frames. */
void machine_check_unmapped(uint64_t phys, uint64_t pages);

#endif
