/*
 * entropy_source.c - EntropySource: random bytes.
 *
 * One generator for everybody, under a lock. Each request adds fresh randomness
 * of the machine before it, and the generator forgets after it (chacha20.h): so
 * nobody learns from what he gets what others got or will get, as long as the
 * machine's source was good once.
 */
#include "chacha20.h"
#include "fail.h"
#include "hal.h"
#include "lock.h"
#include "obj/methods.h"
#include "obj/root.h"

_Static_assert((int)HAL_ENTROPY_GUESSABLE == (int)ENTROPY_QUALITY_GUESSABLE &&
                   (int)HAL_ENTROPY_SEEDED == (int)ENTROPY_QUALITY_SEEDED &&
                   (int)HAL_ENTROPY_HOST == (int)ENTROPY_QUALITY_HOST &&
                   (int)HAL_ENTROPY_HARDWARE == (int)ENTROPY_QUALITY_HARDWARE,
               "hal.h and the schema agree");

static struct entropy_source {
    struct object object;
    struct lock lock; /* LOCK_PARK */
    struct chacha20_random random;
} entropy_source;

static int32_t entropy_source_fill(
    void *self, struct server_call *call,
    struct entropy_source_fill_params_reader params,
    struct entropy_source_fill_results_builder results)
{
    uint32_t bytes = entropy_source_fill_params_get_bytes(params);
    uint8_t fresh[CHACHA20_KEY_BYTES];
    uint8_t *data;

    (void)self;
    if (bytes == 0 || bytes > ENTROPY_BYTES_MAX) {
        return kernel_raise(call, ERR_INVALID, "1 to 4096 bytes at a time");
    }
    data = entropy_source_fill_results_init_data(results, bytes);
    if (!data) {
        return FAIL(ERR_TOO_LARGE, "results exceed their buffer");
    }
    hal_entropy(fresh, sizeof(fresh));
    lock_acquire(&entropy_source.lock);
    chacha20_random_mix(&entropy_source.random, fresh);
    chacha20_random_fill(&entropy_source.random, data, bytes);
    lock_release(&entropy_source.lock);
    return 0;
}

static int32_t entropy_source_quality(
    void *self, struct server_call *call,
    struct entropy_source_quality_params_reader params,
    struct entropy_source_quality_results_builder results)
{
    (void)self;
    (void)call;
    (void)params;
    entropy_source_quality_results_set_quality(
        results, (uint16_t)hal_entropy_source());
    return 0;
}

static const struct entropy_source_server entropy_source_handlers = {
    .fill = entropy_source_fill,
    .quality = entropy_source_quality,
};

static int32_t entropy_source_methods(struct object *object,
                                      struct kernel_call *call)
{
    return entropy_source_dispatch(&entropy_source_handlers, object,
                                   &call->server);
}

static const struct object_type entropy_source_type = {
    .interface_id = ENTROPY_SOURCE_INTERFACE_ID,
    .name = "entropy-source",
    .dispatch = entropy_source_methods,
    .destroy = root_destroy,
};

static void entropy_source_start(const struct root_start *start)
{
    (void)start;
    lock_init(&entropy_source.lock, LOCK_PARK);
}

const struct root entropy_source_root = {
    .name = "entropy",
    .object = &entropy_source.object,
    .type = &entropy_source_type,
    .start = entropy_source_start,
};
