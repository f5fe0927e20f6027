/*
 * methods.h - the kernel's objects: one file of this folder per interface.
 *
 * For each: <object>_methods, the dispatch function of its type, which runs the
 * generated <interface>_dispatch on its table of handlers, and, for what is made
 * once at boot, <object>_root (root.h).
 */
#ifndef CAPOS_CORE_OBJ_METHODS_H
#define CAPOS_CORE_OBJ_METHODS_H

#include "cap/object.h"
#include "capos.server.gen.h"
#include "ipc/kernel_call.h"
#include "proc/ledger.h"

struct memory;

int32_t endpoint_methods(struct object *object, struct kernel_call *call);
int32_t ledger_methods(struct object *object, struct kernel_call *call);
int32_t process_handle_methods(struct object *object,
                               struct kernel_call *call);
int32_t thread_handle_methods(struct object *object,
                              struct kernel_call *call);

/* HAL_IRQ_TERMINAL: bytes or end of file for who waits to read. */
void console_input(void);

/*
 * Gives the caller a new MemoryObject on the memory, whose reference it takes
 * over, also when it fails. Errors and *index as kernel_give.
 */
int32_t memory_object_give(struct server_call *call, struct memory *memory,
                           uint32_t *index);

/* The memory behind a MemoryObject, or NULL if the object is none. */
struct memory *memory_object_memory(const struct object *object);

/* What limits are meant of a ledger that payer pays: see ledger_default. */
void ledger_limits(const struct ledger *payer,
                   struct process_limits_reader limits,
                   uint64_t out[LEDGER_KINDS]);

/*
 * The Notification, or NULL if the object is none; and setting bits of it, as
 * signal does. No lock of an order above LOCK_PROCESS held.
 */
struct object *notification_object(struct object *object);
void notification_set(struct object *object, uint64_t bits);

/* True if it is one; NULL is none. */
bool session_authority(const struct object *object);

/* The process whose VirtualMemory that is; NULL if it is none, or has ended. */
struct process *virtual_memory_process(struct object *object);

/*
 * Makes the ProcessBuilder of a process, one for each, paid by ledger; one
 * reference. ERR_OVERLOADED, ERR_NO_MEMORY.
 */
int32_t process_builder_create(struct process *process, struct ledger *ledger,
                               struct object **out);

/* HAL_* bits of a Protection; false if it is not one. */
bool protection_bits(uint16_t protection, uint32_t *bits);

#endif
