/*
 * unit.h - a service of the manifest while the system runs.
 *
 * States are those of ServiceInfo in capos.capnp. A unit has a process exactly
 * in the states starting and ready; then its end is awaited, and the endpoints
 * of its exports are there. Its timer runs exactly in the state backoff.
 *
 * Completions set flags of their struct rpc only; units_poll acts on them.
 */
#ifndef CAPOS_INIT_UNIT_H
#define CAPOS_INIT_UNIT_H

#include "manifest.h"
#include "needs.h"
#include "policy.h"
#include "spawn.h"

#define UNIT_EXPORTS_MAX 8u

/* What somebody asked for while the process was there. */
enum unit_wish {
    UNIT_WISH_NONE,
    UNIT_WISH_STOP,
    UNIT_WISH_RESTART,
};

struct unit {
    struct service_reader service;
    const char *name;
    uint16_t number;
    bool step; /* waited for: part of the plan */
    enum service_info_state state;
    enum unit_wish wish;
    struct needs needs;
    struct policy policy;
    struct policy_history history;
    uint32_t instance; /* number of the present or last one, from 1 on */
    uint32_t restarts;
    uint64_t backoff_ns;
    struct spawned spawned;
    struct rpc wait;
    struct rpc timer;
    uint64_t exports[UNIT_EXPORTS_MAX]; /* owner ends, in manifest order */
    struct spawn_end end;
    bool started; /* end says how it ended; else it could not be started */
};

extern struct unit *units;
extern uint32_t unit_count;

/*
 * Makes the units of the manifest. False: a sentence was printed.
 */
bool units_load(const struct manifest *manifest);

/* The unit of that name, or NULL. */
struct unit *unit_find(struct wire_text name);

/* True while it has a process. */
static inline bool unit_runs(const struct unit *unit)
{
    return unit->state == SERVICE_INFO_STATE_STARTING ||
           unit->state == SERVICE_INFO_STATE_READY;
}

/* True if it will not run again unless somebody asks for it. */
static inline bool unit_over(const struct unit *unit)
{
    return unit->state == SERVICE_INFO_STATE_ENDED ||
           unit->state == SERVICE_INFO_STATE_GIVEN_UP ||
           unit->state == SERVICE_INFO_STATE_STOPPED;
}

/* True if its last end was the expected one. */
bool unit_good(const struct unit *unit);

/* True if it waits for something that is over. */
bool unit_blocked(const struct unit *unit);

/* Its turn has come: it and what it needs start as soon as they can. */
void unit_want(struct unit *unit);

/* Ends and starts it again, without back-off. */
void unit_restart(struct unit *unit);

/* Ends it, for good. */
void unit_stop(struct unit *unit);

/* The owner end of an export of a unit that runs; CAP_NONE: no such export. */
uint64_t unit_export(const struct unit *unit, struct wire_text name,
                     uint64_t *interface_id);

/* Starts the process of a unit (unit_start.c); false: could not, and said so. */
bool unit_start(struct unit *unit);

/* True if it waits, and nothing that it needs is missing. */
bool unit_startable(const struct unit *unit);

/* Starts one that is startable; its policy decides if that fails. */
void unit_begin(struct unit *unit);

/* Begins what is startable and no step; true if there was anything. */
bool units_settle(void);

/* Acts on what has ended or come; true if anything had. */
bool units_poll(void);

/* True if units_poll has something to do. */
bool units_due(void);

#endif
