/* park.c - words that threads wait on: see park.h. */
#include "ipc/park_table.h"

#include "cap/node.h"
#include "check/inject.h"
#include "fail.h"
#include "hal.h"
#include "mem/memory.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "ring/complete.h"

struct park_bucket park_buckets[1u << PARK_BUCKET_BITS];
uint64_t park_seed;

void park_init(void)
{
    for (uint32_t i = 0; i < 1u << PARK_BUCKET_BITS; i++) {
        lock_init(&park_buckets[i].lock, LOCK_PARK);
        list_init(&park_buckets[i].parks);
    }
    hal_entropy(&park_seed, sizeof(park_seed));
}

/*
 * Locks the bucket that the operation is in. NULL, nothing locked: in none. It
 * may move meanwhile: woken by another CPU, and the record used again.
 */
static struct park_bucket *park_lock(struct park *park)
{
    for (;;) {
        uint32_t number = sync_load(&park->bucket);
        struct park_bucket *bucket;

        if (!number) {
            return NULL;
        }
        bucket = &park_buckets[number - 1];
        lock_acquire(&bucket->lock);
        if (sync_load(&park->bucket) == number) {
            return bucket;
        }
        lock_release(&bucket->lock);
    }
}

/*
 * The key of the word that an entry names. If shared, *memory is the memory of the
 * key and *node what it was mapped through, with references; NULL if private, or
 * through the root.
 */
static int32_t park_key_of(struct thread *thread, const struct sqe *sqe,
                           struct park_key *key, struct memory **memory,
                           struct revocation_node **node)
{
    int32_t error;

    *memory = NULL;
    *node = NULL;
    *key = (struct park_key){thread->process, sqe->park.address};
    if (sqe->park.address % sizeof(uint32_t)) {
        return FAIL(ERR_BAD_BUFFER, "the word is not aligned");
    }
    if (!(sqe->flags & RING_SHARED)) {
        return 0;
    }
    error = space_locate(&thread->process->space, sqe->park.address, memory,
                         &key->offset, node);
    key->owner = *memory;
    return error;
}

/* Reads the word of a shared key: the frame is there as long as the memory. */
static uint32_t park_read_shared(const struct park *park)
{
    uint64_t run_pages;
    uint64_t phys = memory_phys(park->memory, park->key.offset >> PAGE_SHIFT,
                                &run_pages);
    const char *page = hal_phys_pointer(phys);

    return sync_load_shared(
        (const uint32_t *)(page + park->key.offset % PAGE_SIZE));
}

/* Reads the word of a private key. The space is locked: it stays mapped. */
static int32_t park_read_private(const struct park *park, uint32_t *value)
{
    struct hal_space *space = &park->thread->process->space.hal;
    size_t bytes = sizeof(uint32_t);
    const uint32_t *word = hal_user_view(space, park->key.offset, HAL_READ,
                                         &bytes);

    if (!word || bytes < sizeof(uint32_t)) {
        return FAIL(ERR_BAD_BUFFER, "the word is not readable");
    }
    *value = sync_load_shared(word);
    return 0;
}

/* Lets go of a node, if there is one. No bucket locked. */
static void park_put_node(struct revocation_node *node)
{
    if (node) {
        object_put(&node->object);
    }
}

/*
 * Takes a parked operation out and completes it. Bucket locked. Returns the node
 * that it has let go of, for park_put_node.
 */
static struct revocation_node *park_finish(struct park *park, int32_t result)
{
    struct cqe entry = {.user_data = park->user_data, .result = result};
    struct memory *memory = park->memory;
    struct revocation_node *node = park->node;

    list_remove(&park->link);
    if (node) {
        node_leave(node, &park->node_link);
        park->node = NULL;
    }
    /* If it fires at this moment, it will find the record free, or not due. */
    (void)timer_stop(&park->timeout);
    sync_store(&park->bucket, 0);
    complete_later(park->thread, &entry);
    if (memory) {
        memory_put(memory);
    }
    return node;
}

/*
 * The timer fired. Meanwhile the operation may have been woken and the record
 * used again: the deadline of the new one has not come.
 */
static void park_timed_out(struct timer *timer)
{
    struct park *park = container_of(timer, struct park, timeout);
    struct park_bucket *bucket = park_lock(park);
    struct revocation_node *node = NULL;

    if (!bucket) {
        return;
    }
    if (park->timeout.deadline_ns <= hal_time_now()) {
        node = park_finish(park, ERR_TIMED_OUT);
    }
    lock_release(&bucket->lock);
    park_put_node(node);
}

void park_records_init(struct thread *thread)
{
    for (uint32_t i = 0; i < PARK_RECORDS; i++) {
        list_node_init(&thread->parks[i].link);
        list_node_init(&thread->parks[i].node_link);
        thread->parks[i].thread = thread;
        thread->parks[i].timeout.fire = park_timed_out;
    }
}

/* Compares and queues. The space and the bucket locked. */
static int32_t park_queue(struct park *park, uint32_t number,
                          struct revocation_node *node, const struct sqe *sqe)
{
    uint64_t timeout_ns = sqe->park.timeout_ns;
    uint64_t now_ns = hal_time_now();
    uint32_t value = 0;
    int32_t error = 0;

    if (park->memory) {
        value = park_read_shared(park);
    } else {
        error = park_read_private(park, &value);
    }
    if (error) {
        return error;
    }
    if (value != sqe->park.expected) {
        return ERR_VALUE_CHANGED; /* an outcome like others: not traced */
    }
    if (timeout_ns == 0) {
        return ERR_TIMED_OUT;
    }
    if (node && node_add_park(node, park)) {
        return FAIL(ERR_BAD_BUFFER, "the memory is being revoked");
    }
    park->timeout.deadline_ns = UINT64_MAX;
    if (timeout_ns < UINT64_MAX - now_ns) {
        timer_start(&park->timeout, now_ns + timeout_ns);
    }
    ring_promise(&park->thread->queue, 1);
    park_stand(park, number);
    return 0;
}

static int32_t park_start(struct thread *thread, const struct sqe *sqe)
{
    struct space *space = &thread->process->space;
    struct park *park =
        inject_refuses_alone(INJECT_SLOT) ? NULL : park_record(thread);
    struct revocation_node *node;
    uint32_t number;
    int32_t error;

    if ((sqe->flags & ~RING_SHARED) || sqe->cap || sqe->method ||
        sqe->result_len || sqe->result || sqe->park.count ||
        sqe->park.reserved) {
        return FAIL(ERR_BAD_FLAGS, "reserved field of PARK set");
    }
    if (!park) {
        return FAIL(ERR_OVERLOADED, "PARK_RECORDS operations are parked");
    }
    error = park_key_of(thread, sqe, &park->key, &park->memory, &node);
    if (error) {
        return error;
    }
    park->user_data = sqe->user_data;
    number = park_hash(&park->key);
    lock_acquire(&space->lock);
    lock_acquire(&park_buckets[number].lock);
    error = park_queue(park, number, node, sqe);
    lock_release(&park_buckets[number].lock);
    lock_release(&space->lock);
    if (error && park->memory) {
        memory_put(park->memory);
    }
    park_put_node(node); /* one that is parked has its own reference */
    return error;
}

void park_wait(struct thread *thread, const struct sqe *sqe)
{
    int32_t error = park_start(thread, sqe);

    if (error) {
        complete_now(thread, sqe->user_data, error);
    }
}

static bool park_matches(const struct park *park, const struct park_key *key)
{
    return park->key.offset == key->offset && park->key.owner == key->owner &&
           sync_load(&park->thread->state) != THREAD_ENDED;
}

/* Wakes up to count of a key; returns how many. */
static uint32_t park_wake_key(const struct park_key *key, uint32_t count)
{
    struct park_bucket *bucket = &park_buckets[park_hash(key)];
    struct list_node *node;
    uint32_t woken = 0;

    lock_acquire(&bucket->lock);
    node = list_first(&bucket->parks);
    while (node && woken < count) {
        struct park *park = container_of(node, struct park, link);

        node = list_next(&bucket->parks, node);
        if (park_matches(park, key)) {
            struct revocation_node *through = park_finish(park, 0);

            woken++;
            if (through) {
                lock_release(&bucket->lock);
                park_put_node(through);
                lock_acquire(&bucket->lock);
                node = list_first(&bucket->parks);
            }
        }
    }
    lock_release(&bucket->lock);
    return woken;
}

int32_t park_wake(struct thread *thread, const struct sqe *sqe)
{
    struct revocation_node *node;
    struct park_key key;
    struct memory *memory;
    uint32_t woken;
    int32_t error;

    if ((sqe->flags & ~(RING_SHARED | RING_QUIET)) || sqe->cap ||
        sqe->method || sqe->result_len || sqe->result || sqe->park.expected ||
        sqe->park.timeout_ns || sqe->park.reserved) {
        return FAIL(ERR_BAD_FLAGS, "reserved field of UNPARK set");
    }
    if (sqe->park.count == 0 || sqe->park.count > UNPARK_COUNT_MAX) {
        return FAIL(ERR_INVALID, "count is not 1 to UNPARK_COUNT_MAX");
    }
    error = park_key_of(thread, sqe, &key, &memory, &node);
    if (error) {
        return error;
    }
    woken = park_wake_key(&key, sqe->park.count);
    if (memory) {
        memory_put(memory);
    }
    park_put_node(node);
    return (int32_t)woken;
}

/* The word at an address, for writing; NULL: none. Space locked. */
static uint32_t *park_word(struct process *process, uint64_t address)
{
    size_t bytes = sizeof(uint32_t);

    return address % sizeof(uint32_t)
               ? NULL
               : hal_user_view(&process->space.hal, address, HAL_WRITE,
                               &bytes);
}

void park_clear(struct process *process, uint64_t address)
{
    struct park_key key = {process, address};
    uint32_t *word;

    lock_acquire(&process->space.lock);
    word = park_word(process, address);
    if (word) {
        sync_store_shared(word, 0);
    }
    lock_release(&process->space.lock);
    if (word) {
        (void)park_wake_key(&key, UNPARK_COUNT_MAX);
    }
}

bool park_clearable(struct process *process, uint64_t address)
{
    bool there;

    lock_acquire(&process->space.lock);
    there = park_word(process, address) != NULL;
    lock_release(&process->space.lock);
    return there;
}

/* Ends an operation; false: it has ended already. */
static bool park_end(struct park *park, int32_t result)
{
    struct park_bucket *bucket = park_lock(park);
    struct revocation_node *node;

    if (!bucket) {
        return false;
    }
    node = park_finish(park, result);
    lock_release(&bucket->lock);
    park_put_node(node);
    return true;
}

bool park_revoke(struct park *park, const struct revocation_node *node)
{
    struct park_bucket *bucket = park_lock(park);
    struct revocation_node *left = NULL;

    if (!bucket) {
        return false;
    }
    if (park->node == node) {
        left = park_finish(park, ERR_DISCONNECTED);
    }
    lock_release(&bucket->lock);
    park_put_node(left);
    return true;
}

bool park_cancel(struct thread *thread, uint64_t user_data)
{
    for (uint32_t i = 0; i < PARK_RECORDS; i++) {
        struct park *park = &thread->parks[i];

        if (sync_load(&park->bucket) && park->user_data == user_data &&
            park_end(park, ERR_CANCELLED)) {
            return true;
        }
    }
    return false;
}

void park_drop(struct thread *thread)
{
    for (uint32_t i = 0; i < PARK_RECORDS; i++) {
        (void)park_end(&thread->parks[i], ERR_CANCELLED);
    }
}
