/*
 * spawn.h - starting a program of the boot package, and waiting for it.
 *
 * Uses the capabilities "package" (BootPackage) and "spawner"
 * (ProcessSpawner) of the caller's CapSet.
 */
#ifndef CAPOS_RT_SPAWN_H
#define CAPOS_RT_SPAWN_H

#include <stdbool.h>
#include <stdint.h>

#include "calls.h"
#include "exception.h"

struct spawn_grant {
    const char *name;
    uint64_t cap;
};

/* What a child is made of; what is left 0 takes the defaults. */
struct spawn {
    const char *program; /* in the boot package */
    const char *name;    /* for ps and as argv[0]; NULL: program */
    const char *const *args; /* after the name */
    uint32_t arg_count;
    const struct spawn_grant *grants;
    uint32_t grant_count;
    uint64_t words[3];
    bool without_self;
    uint64_t pages_max; /* quotas, see ProcessLimits */
    uint32_t threads_max;
    uint32_t caps_max;
    uint32_t processes_max;
    uint64_t tables_max;
    uint64_t virtual_max;
    uint64_t rings_max;
    uint64_t calls_max;
    uint64_t objects_max;
    uint64_t scratch_max;
    uint64_t log_bytes_max;
    uint64_t weight_max;
    bool generous; /* quotas left 0: half of what the payer has left */
    uint64_t ledger;            /* Ledger that pays; 0: the caller's own */
    uint64_t session_authority; /* SessionAuthority; 0: session is inherited */
    uint64_t session;
};

/* A child, until process is released. */
struct spawned {
    uint64_t process; /* ProcessHandle */
    uint64_t id;
};

/*
 * Starts it. exception may be NULL; it is filled when the error was one.
 * 0; ERR_NOT_FOUND: no such program, or one of the two capabilities is
 * missing; ERR_TOO_LARGE: arguments over ARGS_BYTES_MAX; ERR_OVERLOADED: a
 * quota; ERR_BAD_IMAGE; or what else BootPackage and ProcessSpawner say.
 */
int32_t capos_spawn(const struct spawn *spawn, struct spawned *spawned,
                    struct exception *exception);

/* A process that is built in parts; see ProcessSpawner.create. */
struct spawn_parts {
    uint64_t process; /* ProcessHandle */
    uint64_t memory;  /* its VirtualMemory */
    uint64_t builder; /* ProcessBuilder */
    uint64_t id;
    uint64_t window_base;
    uint64_t window_size;
};

/*
 * Makes an empty process, with the arguments and grants of *spawn; program is
 * its name unless name is, and nothing is loaded. Words are given at its start.
 * Errors as capos_spawn.
 */
int32_t capos_create(const struct spawn *spawn, struct spawn_parts *parts,
                     struct exception *exception);

/* How a child ended; see ProcessHandle.wait. */
struct spawn_end {
    enum exit_kind how;
    int64_t code;
    uint64_t address;
};

/* Waits for the end of a child and releases its handle. 0 or an ERR_*. */
int32_t spawn_wait(struct spawned *spawned, struct spawn_end *end);

/*
 * Describes an end for people: "exited with 3", "killed with 9", "faulted:
 * page fault (vector 14) at image+0x1234". Returns buffer.
 */
const char *spawn_end_text(const struct spawn_end *end, char *buffer,
                           uint32_t size);

/* The name of an exception vector of the CPU, or "exception". */
const char *fault_name(int64_t vector);

#endif
