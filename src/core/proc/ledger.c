/*
 * ledger.c - quotas by compare and swap (ledger.h).
 *
 * Only what is left is kept in one atomic word, for that decides; what is used
 * is limit - left. Closing takes all that is left out of left and limit and
 * gives it to the parent; a refund does the same when it finds the ledger closed
 * after it has added: of the two, one comes second and takes it along.
 */
#include "proc/ledger.h"

#include "check/inject.h"
#include "container.h"
#include "fail.h"
#include "limits.h"
#include "lock.h"
#include "mem/heap.h"
#include "obj/methods.h"
#include "proc/process.h"

static struct lock ledger_lock; /* LOCK_LEDGER: owners and lists of children */

static const struct {
    const char *name;
    uint64_t limit; /* where none is asked for, at most */
} ledger_kinds[LEDGER_KINDS] = {
    [LEDGER_PAGES] = {"pages", LIMIT_DEFAULT_PAGES},
    [LEDGER_TABLES] = {"tables", LIMIT_DEFAULT_TABLES},
    [LEDGER_VIRTUAL] = {"virtual", LIMIT_DEFAULT_VIRTUAL},
    [LEDGER_THREADS] = {"threads", LIMIT_DEFAULT_THREADS},
    [LEDGER_PROCESSES] = {"processes", LIMIT_DEFAULT_PROCESSES},
    [LEDGER_CAPS] = {"caps", LIMIT_DEFAULT_CAPS},
    [LEDGER_RINGS] = {"rings", LIMIT_DEFAULT_RINGS},
    [LEDGER_CALLS] = {"calls", LIMIT_DEFAULT_CALLS},
    [LEDGER_OBJECTS] = {"objects", LIMIT_DEFAULT_OBJECTS},
    [LEDGER_SCRATCH] = {"scratch", LIMIT_DEFAULT_SCRATCH},
    [LEDGER_LOG_BYTES] = {"logBytes", LIMIT_DEFAULT_LOG_BYTES},
    [LEDGER_WEIGHT] = {"weight", LIMIT_DEFAULT_WEIGHT},
};

const char *ledger_kind_name(enum ledger_kind kind)
{
    return ledger_kinds[kind].name;
}

uint64_t ledger_default(enum ledger_kind kind, uint64_t payer)
{
    uint64_t share = payer / LIMIT_DEFAULT_SHARE;

    return ledger_kinds[kind].limit < share ? ledger_kinds[kind].limit : share;
}

/*
 * What is in frames or in the heap shares the frames; one part in 32 is left for
 * the kernel's own. Heap that is charged in bytes gets twice its frames, because
 * slabs are not always full.
 */
void ledger_machine(uint64_t frames, uint64_t limits[LEDGER_KINDS])
{
    uint64_t part = frames / 32;
    uint64_t bytes = part * PAGE_SIZE;

    limits[LEDGER_PAGES] = part * 16;
    limits[LEDGER_TABLES] = part * 2;
    limits[LEDGER_RINGS] = part * 4;
    limits[LEDGER_SCRATCH] = part;
    limits[LEDGER_OBJECTS] = bytes * 2; /* of 4 parts */
    limits[LEDGER_CALLS] = bytes * 2 / sizeof(struct call);
    limits[LEDGER_CAPS] = bytes / sizeof(struct cap_slot);
    limits[LEDGER_LOG_BYTES] = bytes / 2;
    limits[LEDGER_VIRTUAL] = (uint64_t)LIMIT_PROCESSES << 20;
    limits[LEDGER_THREADS] = LIMIT_THREADS;
    limits[LEDGER_PROCESSES] = LIMIT_PROCESSES;
    limits[LEDGER_WEIGHT] = (uint64_t)LIMIT_THREADS * THREAD_WEIGHT_MAX;
}

void ledger_tree_init(void)
{
    lock_init(&ledger_lock, LOCK_LEDGER);
}

static void ledger_fill(struct ledger *ledger,
                        const uint64_t limits[LEDGER_KINDS])
{
    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        sync_store64(&ledger->left[kind], limits[kind]);
        sync_store64(&ledger->limit[kind], limits[kind]);
    }
    list_init(&ledger->children);
    list_node_init(&ledger->link);
}

void ledger_init(struct ledger *ledger, const uint64_t limits[LEDGER_KINDS])
{
    *ledger = (struct ledger){.parent = NULL};
    object_init(&ledger->object, &ledger_type);
    ledger_fill(ledger, limits);
}

/* Charges all kinds to the parent, or none. */
static int32_t ledger_take(struct ledger *parent,
                           const uint64_t limits[LEDGER_KINDS])
{
    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        int32_t error = ledger_charge(parent, kind, limits[kind]);

        if (error) {
            while (kind-- != 0) {
                ledger_refund(parent, kind, limits[kind]);
            }
            return error;
        }
    }
    return 0;
}

/* Stands below its parent, which gave the limits, from now on. */
static int32_t ledger_link(struct ledger *ledger, struct ledger *parent)
{
    bool closed;

    ledger->parent = parent;
    ledger->depth = parent->depth + 1;
    lock_acquire(&ledger_lock);
    closed = sync_load(&parent->closed);
    if (!closed) {
        list_push_back(&parent->children, &ledger->link);
    }
    lock_release(&ledger_lock);
    return closed ? FAIL(ERR_DISCONNECTED, "who pays has ended") : 0;
}

int32_t ledger_create(struct ledger *parent,
                      const uint64_t limits[LEDGER_KINDS],
                      struct ledger **out)
{
    struct object *object;
    struct ledger *ledger;
    int32_t error;

    if (parent && parent->depth + 1 >= LEDGER_DEPTH_MAX) {
        return FAIL(ERR_OVERLOADED, "LEDGER_DEPTH_MAX ledgers are above");
    }
    error = object_create(sizeof(*ledger), &ledger_type, parent, &object);
    if (error) {
        return error;
    }
    ledger = container_of(object, struct ledger, object);
    error = parent ? ledger_take(parent, limits) : 0;
    if (error) {
        list_init(&ledger->children);
        list_node_init(&ledger->link);
        object_put(object);
        return error;
    }
    ledger_fill(ledger, limits);
    error = parent ? ledger_link(ledger, parent) : 0;
    if (error) {
        object_put(object);
        return error;
    }
    *out = ledger;
    return 0;
}

struct ledger *ledger_get(struct ledger *ledger)
{
    object_get(&ledger->object);
    return ledger;
}

void ledger_put(struct ledger *ledger)
{
    object_put(&ledger->object);
}

int32_t ledger_charge(struct ledger *ledger, enum ledger_kind kind,
                      uint64_t amount)
{
    uint64_t left = sync_load64(&ledger->left[kind]);

    if (amount && inject_refuses(INJECT_CHARGE)) {
        return FAIL(ERR_OVERLOADED, ledger_kinds[kind].name);
    }
    do {
        if (amount > left) {
            return FAIL(ERR_OVERLOADED, ledger_kinds[kind].name);
        }
    } while (!sync_cas64(&ledger->left[kind], &left, left - amount));
    return 0;
}

/* Takes what is left out of a closed ledger. */
static uint64_t ledger_sweep(struct ledger *ledger, enum ledger_kind kind)
{
    uint64_t left = sync_load64(&ledger->left[kind]);

    while (left && !sync_cas64(&ledger->left[kind], &left, 0)) {
    }
    if (left) {
        /* Adding the two's complement subtracts. */
        (void)sync_add64(&ledger->limit[kind], 0 - left);
    }
    return left;
}

void ledger_refund(struct ledger *ledger, enum ledger_kind kind,
                   uint64_t amount)
{
    while (amount && ledger) {
        uint64_t limit = sync_load64(&ledger->limit[kind]);
        uint64_t before = sync_add64(&ledger->left[kind], amount);

        ASSERT(amount <= limit && before <= limit - amount);
        if (!sync_load(&ledger->closed)) {
            return;
        }
        amount = ledger_sweep(ledger, kind);
        ledger = ledger->parent;
    }
}

uint64_t ledger_used(const struct ledger *ledger, enum ledger_kind kind)
{
    uint64_t left = sync_load64(&ledger->left[kind]);
    uint64_t limit = sync_load64(&ledger->limit[kind]);

    /* Another CPU may be sweeping between the two. */
    return left < limit ? limit - left : 0;
}

uint64_t ledger_limit(const struct ledger *ledger, enum ledger_kind kind)
{
    return sync_load64(&ledger->limit[kind]);
}

uint64_t ledger_used_itself(struct ledger *ledger, enum ledger_kind kind)
{
    uint64_t used;
    uint64_t below = 0;

    lock_acquire(&ledger_lock);
    used = ledger_used(ledger, kind);
    for (struct list_node *node = list_first(&ledger->children); node;
         node = list_next(&ledger->children, node)) {
        below += ledger_limit(container_of(node, struct ledger, link), kind);
    }
    lock_release(&ledger_lock);
    /* Another CPU may have taken some back meanwhile. */
    return used > below ? used - below : 0;
}

int32_t ledger_alloc(struct ledger *ledger, size_t bytes, void **out)
{
    int32_t error =
        ledger ? ledger_charge(ledger, LEDGER_OBJECTS, bytes) : 0;

    if (error) {
        return error;
    }
    *out = heap_alloc(bytes);
    if (!*out) {
        ledger_refund(ledger, LEDGER_OBJECTS, bytes);
        return FAIL(ERR_NO_MEMORY, "the heap is exhausted");
    }
    return 0;
}

void ledger_free(struct ledger *ledger, size_t bytes, void *block)
{
    heap_free(block);
    ledger_refund(ledger, LEDGER_OBJECTS, bytes);
}

int32_t ledger_own(struct ledger *ledger, struct process *owner)
{
    bool closed;

    lock_acquire(&ledger_lock);
    closed = sync_load(&ledger->closed);
    if (!closed || !owner) {
        ledger->owner = owner;
    }
    lock_release(&ledger_lock);
    return closed && owner ? FAIL(ERR_DISCONNECTED, "who pays has ended") : 0;
}

static void ledger_return_left(struct ledger *ledger)
{
    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        ledger_refund(ledger->parent, kind, ledger_sweep(ledger, kind));
    }
}

void ledger_close(struct ledger *ledger)
{
    lock_acquire(&ledger_lock);
    sync_store(&ledger->closed, true);
    list_remove(&ledger->link); /* its parent's list is of open ones */
    lock_release(&ledger_lock);
    ledger_return_left(ledger);
}

bool ledger_close_below(struct ledger *ledger, struct process **owner)
{
    struct list_node *first;
    struct list_node *grandchild;
    struct ledger *child = NULL;

    *owner = NULL;
    lock_acquire(&ledger_lock);
    first = list_first(&ledger->children);
    if (first) {
        child = container_of(first, struct ledger, link);
        list_remove(first);
        while ((grandchild = list_first(&child->children))) {
            list_remove(grandchild);
            list_push_back(&ledger->children, grandchild);
        }
        sync_store(&child->closed, true);
        if (child->owner && object_try_get(&child->owner->object)) {
            *owner = child->owner;
        }
        /* One whose last reference goes now returns all it has by itself. */
        child = object_try_get(&child->object) ? child : NULL;
    }
    lock_release(&ledger_lock);
    if (child) {
        ledger_return_left(child);
        ledger_put(child);
    }
    return first != NULL;
}

static void ledger_destroy(struct object *object)
{
    struct ledger *ledger = container_of(object, struct ledger, object);

    lock_acquire(&ledger_lock);
    ASSERT(list_empty(&ledger->children));
    list_remove(&ledger->link);
    lock_release(&ledger_lock);
    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        ASSERT(ledger_used(ledger, kind) == 0);
    }
    ledger_return_left(ledger);
}

const struct object_type ledger_type = {
    .interface_id = LEDGER_INTERFACE_ID,
    .name = "ledger",
    .dispatch = ledger_methods,
    .destroy = ledger_destroy,
};
