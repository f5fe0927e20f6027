/*
 * load.h - what the parts of supervision-storm share.
 *
 * One program in four roles:
 *   supervision-storm.c  the watcher, a step of the plan: kills, and looks at
 *                        what that does to the others (start words are 0)
 *   load.c               a client, and a parent of clients, by start words; and
 *                        the service relay, by the argument "relay"
 *
 * Clients count in a page that the watcher shares with them: one line each.
 */
#ifndef CAPOS_EXAMPLES_LOAD_H
#define CAPOS_EXAMPLES_LOAD_H

#include "capos.h"
#include "spawn.h"
#include "sync.h"

#define MS 1000000ull
#define US 1000ull
#define KILL_CODE 9

enum load_role {
    LOAD_WATCHER = 0,
    LOAD_CLIENT = 1, /* words[1]: its line */
    LOAD_PARENT = 2, /* words[1]: the line of its first client */
};

enum load_service {
    LOAD_ECHO,
    LOAD_RELAY, /* asks echo itself */
    LOAD_SERVICES,
};

#define CLIENTS 2u         /* of the watcher */
#define CLIENTS_OF_PARENT 2u
#define LINES (CLIENTS + CLIENTS_OF_PARENT)

/* What one client has seen; written by it alone. */
struct load_line {
    sync_u32 served[LOAD_SERVICES]; /* calls with the right answer */
    sync_u32 reconnected; /* times that it got another instance */
    sync_u32 wrong;       /* answers that were not right */
    sync_u32 failed;      /* calls that no instance answered */
    sync_u32 unused[3];
};

extern const char *const load_service_names[LOAD_SERVICES];

/* Starts a child in a role, with what clients need. 0 or an ERR_*. */
int32_t load_spawn(struct spawned *spawned, enum load_role role, uint64_t line);

/* The page of lines, mapped; NULL: it could not be. */
struct load_line *load_lines(void);

/* Grants "shared" to children from now on: the watcher's own. */
extern uint64_t load_shared;

/* The roles; each returns an exit code. */
int load_client(uint64_t line);
int load_parent(uint64_t line);
int load_relay(void);

#endif
