/* root.c - the life of objects that never end. */
#include "obj/root.h"

#include "fail.h"

#define ROOT_LISTED(object) &object##_root,
static const struct root *const roots[] = {ROOTS(ROOT_LISTED)};

const struct root *root_init(uint32_t number, const struct root_start *start)
{
    const struct root *root = roots[number];

    object_init(root->object, root->type);
    if (root->start) {
        root->start(start);
    }
    object_get(root->object);
    return root;
}

void root_destroy(struct object *object)
{
    ASSERT(sync_load(&object->references) != 0);
}
