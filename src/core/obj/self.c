/* self.c - making the capabilities of a process to itself. */
#include "obj/self.h"

#include "mem/heap.h"

static const struct {
    const char *name;
    const struct object_type *type;
} self_kinds[SELF_KINDS] = {
    [SELF_MEMORY] = {"self-memory", &virtual_memory_type},
    [SELF_THREADS] = {"self-threads", &thread_control_type},
    [SELF_CAPS] = {"self-caps", &capability_manager_type},
};

struct object *self_create(enum self_kind kind, struct process *process)
{
    struct self *self = heap_alloc(sizeof(*self));

    if (!self) {
        return NULL;
    }
    object_init(&self->object, self_kinds[kind].type);
    object_get(&process->object);
    self->process = process;
    return &self->object;
}

const char *self_name(enum self_kind kind)
{
    return self_kinds[kind].name;
}

struct process *self_process(void *self)
{
    struct process *process = ((struct self *)self)->process;

    return process_state(process) == PROCESS_ALIVE ? process : NULL;
}

void self_destroy(struct object *object)
{
    struct self *self = container_of(object, struct self, object);

    object_put(&self->process->object);
}
