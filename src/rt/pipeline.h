/*
 * pipeline.h - calls on capabilities that an earlier call has yet to return.
 *
 * The earlier call is submitted and made one with a promise; what it will return
 * is then a target for further calls, all of which may reach the kernel with one
 * entry:
 *
 *     struct promise file;
 *
 *     directory_open_submit(rt(), &open, directory, name, &first);
 *     pipeline_promise(&file, &open);
 *     file_read_submit(rt(), &read, pipeline_cap(&file, 0), 100, &second);
 *     pipeline_target(&read);
 *     status = ring_await(ring_self(), &read);
 *
 * Calls on one promised capability are made in the order of submission. If the
 * earlier call fails they fail, with the kind of its exception or its transport
 * error. The promise can be named until PROMISE_RECORDS further ones were made;
 * the capability itself comes with the earlier call's result, as ever.
 *
 * pipeline_promise and pipeline_target speak of the call that this thread has
 * submitted last, and of no other.
 */
#ifndef CAPOS_RT_PIPELINE_H
#define CAPOS_RT_PIPELINE_H

#include <stdint.h>

#include "transport.h"

struct promise {
    uint32_t sequence;
};

/*
 * Has the call keep a promise. 0, or ERR_NOT_FOUND: it is not the call submitted
 * last (its submission was refused, perhaps), or its results are inline, so that
 * no capability can come with them; nothing was changed.
 */
int32_t pipeline_promise(struct promise *promise, const struct rpc *rpc);

/* The target for a call: the index-th capability of the result. */
uint64_t pipeline_cap(const struct promise *promise, uint32_t index);

/*
 * Says that the call's target came from pipeline_cap. 0, or ERR_NOT_FOUND: it is
 * not the call submitted last; nothing was changed.
 */
int32_t pipeline_target(const struct rpc *rpc);

#endif
