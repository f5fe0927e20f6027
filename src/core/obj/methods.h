/*
 * methods.h - the kernel's objects: one file of this folder per interface.
 *
 * For each: <object>_methods, the dispatch function of its type, which runs the
 * generated <interface>_dispatch on its table of handlers, and, for what is made
 * once at boot, <object>_root, which returns it with the caller's reference.
 */
#ifndef CAPOS_CORE_OBJ_METHODS_H
#define CAPOS_CORE_OBJ_METHODS_H

#include "cap/object.h"
#include "capos.server.gen.h"
#include "ipc/kernel_call.h"

struct memory;
struct package;

int32_t endpoint_methods(struct object *object, struct kernel_call *call);
int32_t process_handle_methods(struct object *object,
                               struct kernel_call *call);
int32_t thread_handle_methods(struct object *object,
                              struct kernel_call *call);

struct object *boot_package_root(const struct package *package,
                                 uint64_t phys);
struct object *console_root(void);
struct object *endpoint_factory_root(void);
struct object *frame_allocator_root(void);
struct object *log_reader_root(void);
struct object *notification_factory_root(void);
struct object *power_control_root(void);
struct object *process_spawner_root(void);
struct object *system_info_root(const char *machine);
struct object *timer_root(void);
struct object *trace_control_root(void);

/* HAL_IRQ_TERMINAL: bytes or end of file for who waits to read. */
void console_input(void);

/*
 * A MemoryObject on the memory, whose reference it takes over, also when it
 * fails. NULL: no memory.
 */
struct object *memory_object_create(struct memory *memory);

/* The memory behind a MemoryObject, or NULL if the object is none. */
struct memory *memory_object_memory(const struct object *object);

/* HAL_* bits of a Protection; false if it is not one. */
bool protection_bits(uint16_t protection, uint32_t *bits);

#endif
