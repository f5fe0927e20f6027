/* self.c - making the capabilities of a process to itself. */
#include "obj/self.h"

static const struct {
    const char *name;
    const struct object_type *type;
} self_kinds[SELF_KINDS] = {
    [SELF_MEMORY] = {"self-memory", &virtual_memory_type},
    [SELF_THREADS] = {"self-threads", &thread_control_type},
    [SELF_CAPS] = {"self-caps", &capability_manager_type},
};

int32_t self_create(enum self_kind kind, struct process *process,
                    struct ledger *ledger, struct object **out)
{
    int32_t error = object_create(sizeof(struct self), self_kinds[kind].type,
                                  ledger, out);

    if (!error) {
        object_get(&process->object);
        container_of(*out, struct self, object)->process = process;
    }
    return error;
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

uint64_t self_subject(const struct object *object)
{
    return container_of_const(object, struct self, object)->process->id;
}

void self_destroy(struct object *object)
{
    struct self *self = container_of(object, struct self, object);

    object_put(&self->process->object);
}
