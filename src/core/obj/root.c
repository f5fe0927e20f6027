/* root.c - the life of objects that never end. */
#include "obj/root.h"

#include "fail.h"

struct object *root_init(struct object *object,
                         const struct object_type *type)
{
    object_init(object, type);
    object_get(object);
    return object;
}

void root_destroy(struct object *object)
{
    ASSERT(sync_load(&object->references) != 0);
}
