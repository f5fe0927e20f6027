/* object.c - reference and holder counts of kernel objects. */
#include "cap/object.h"

#include "check/census.h"
#include "container.h"
#include "fail.h"
#include "ipc/facet.h"
#include "mem/heap.h"
#include "proc/ledger.h"

static sync_u64 object_ids;

void object_init(struct object *object, const struct object_type *type)
{
    if (VARIANT_CHECKS) {
        list_node_init(&object->census);
    }
    object->type = type;
    atomic_init(&object->references, 1);
    atomic_init(&object->holders, 0);
    object->id = sync_add64(&object_ids, 1) + 1;
    object->ledger = NULL;
    object->bytes = 0;
}

int32_t object_create(size_t bytes, const struct object_type *type,
                      struct ledger *ledger, struct object **out)
{
    struct object *object;
    void *memory;
    int32_t error = ledger_alloc(ledger, bytes, &memory);

    if (error) {
        return error;
    }
    object = memory;
    object_init(object, type);
    object->ledger = ledger ? ledger_get(ledger) : NULL;
    object->bytes = (uint32_t)bytes;
    census_join(&census.objects, &object->census);
    *out = object;
    return 0;
}

static void object_free(struct retired *retired)
{
    struct object *object = container_of(retired, struct object, retired);

    if (object->type->free) {
        object->type->free(object);
    } else {
        heap_free(object);
    }
}

/*
 * What it was charged goes back now, not when its memory does: nobody can use it
 * any more, and who made room must find it at once, however many CPUs there are.
 */
void object_end(struct object *object)
{
    struct ledger *ledger = object->ledger;

    if (object->type->destroy) {
        object->type->destroy(object);
    }
    if (ledger) {
        ledger_refund(ledger, LEDGER_OBJECTS, object->bytes);
    }
    census_leave(&object->census);
    retire(&object->retired, object_free);
    if (ledger) {
        ledger_put(ledger);
    }
}

bool object_try_hold(struct object *object)
{
    if (!object_count(&object->holders)) {
        return false;
    }
    object_get(object); /* the slots that hold it have references */
    return true;
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
