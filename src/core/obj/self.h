/*
 * self.h - the capabilities that a process has to itself: VirtualMemory,
 * ThreadControl, CapabilityManager. Whoever else is granted one acts on that
 * process; when it has ended they get disconnected.
 */
#ifndef CAPOS_CORE_OBJ_SELF_H
#define CAPOS_CORE_OBJ_SELF_H

#include "cap/object.h"
#include "proc/process.h"

enum self_kind {
    SELF_MEMORY = 0,
    SELF_THREADS,
    SELF_CAPS,
    SELF_KINDS,
};

struct self {
    struct object object;
    struct process *process; /* one reference */
};

extern const struct object_type virtual_memory_type;
extern const struct object_type thread_control_type;
extern const struct object_type capability_manager_type;

/*
 * One reference for the caller; ledger pays for it. ERR_OVERLOADED,
 * ERR_NO_MEMORY.
 */
int32_t self_create(enum self_kind kind, struct process *process,
                    struct ledger *ledger, struct object **out);

/* The name in the CapSet. */
const char *self_name(enum self_kind kind);

/*
 * The process that the object acts on; NULL if it is ending or has ended. It may
 * begin to end at any time: what acts on it must be refused then.
 */
struct process *self_process(void *self);

/* The destroy and subject functions of all three types. */
void self_destroy(struct object *object);
uint64_t self_subject(const struct object *object);

#endif
