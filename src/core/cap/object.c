/* object.c - reference and holder counts of kernel objects. */
#include "cap/object.h"

#include "fail.h"
#include "ipc/facet.h"

static sync_u64 object_ids;

void object_init(struct object *object, const struct object_type *type)
{
    object->type = type;
    atomic_init(&object->references, 1);
    atomic_init(&object->holders, 0);
    object->id = sync_add64(&object_ids, 1) + 1;
}

void object_hold(struct object *object)
{
    object_get(object);
    (void)sync_add(&object->holders, 1);
}

void object_unhold(struct object *object)
{
    uint32_t before = sync_sub(&object->holders, 1);

    ASSERT(before != 0);
    if (before == 1 && object->type->unheld) {
        object->type->unheld(object);
    }
    object_put(object);
}

uint64_t object_interface(const struct object *object)
{
    if (object->type == &facet_type) {
        return facet_of_const(object)->interface_id;
    }
    return object->type->interface_id;
}
