/* caller_info.c - references to sessions. */
#include "ipc/caller_info.h"

#include "fail.h"
#include "ipc/call.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "ring/complete.h"
#include "sha256.h"

static uint8_t caller_info_key[SHA256_BLOCK_BYTES];

void caller_info_init(void)
{
    hal_entropy(caller_info_key, sizeof(caller_info_key));
}

/* A full block of key first, so that the state it leaves is as good as secret. */
static uint64_t caller_info_hash(const struct call_source *source)
{
    uint8_t digest[SHA256_BYTES];
    struct sha256 hash;
    uint64_t reference;

    sha256_init(&hash);
    sha256_update(&hash, caller_info_key, sizeof(caller_info_key));
    sha256_update(&hash, &source->endpoint_id, sizeof(source->endpoint_id));
    sha256_update(&hash, &source->session_id, sizeof(source->session_id));
    sha256_final(&hash, digest);
    __builtin_memcpy(&reference, digest, sizeof(reference));
    return reference ? reference : 1;
}

static int32_t caller_info_check(const struct sqe *sqe)
{
    uint64_t all = sqe->flags | sqe->method | sqe->result_len | sqe->result;

    for (uint32_t i = 0; i < 4; i++) {
        all |= sqe->words[i];
    }
    return all ? FAIL(ERR_BAD_FLAGS, "reserved field of CALLER_INFO set") : 0;
}

void caller_info(struct thread *thread, const struct sqe *sqe)
{
    struct cqe entry = {.user_data = sqe->user_data,
                        .flags = RING_CQE_INLINE};
    struct call_source source;
    int32_t error = caller_info_check(sqe);

    if (!error && !call_source_of(thread->process, sqe->cap, &source)) {
        error = FAIL(ERR_CALL_GONE, "CALLER_INFO of a call that is not held");
    }
    if (error) {
        complete_now(thread, sqe->user_data, error);
        return;
    }
    if (source.session_id) {
        entry.words[0] = caller_info_hash(&source);
    }
    complete_entry(thread, &entry);
}
