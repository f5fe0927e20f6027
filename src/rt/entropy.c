/* entropy.c - random bytes, a call's worth at a time. */
#include "entropy.h"

#include "calls.h"
#include "process.h"
#include "thread.h"

#define ENTROPY_PIECE 256u
#define ENTROPY_MESSAGE_BYTES (ENTROPY_PIECE + 64u)

static int32_t entropy_piece(uint64_t source, void *bytes, uint32_t size)
{
    uint64_t memory[ENTROPY_MESSAGE_BYTES / 8];
    struct entropy_source_fill_results_reader results;
    struct rpc_buffer buffer;
    struct wire_data data;
    int32_t status;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    status = entropy_source_fill(rt(), source, size, &buffer, &results);
    if (status < 0) {
        return status;
    }
    data = entropy_source_fill_results_get_data(results);
    if (data.length != size) {
        return ERR_BAD_MESSAGE;
    }
    __builtin_memcpy(bytes, data.bytes, size);
    return 0;
}

int32_t entropy_fill(void *bytes, size_t size)
{
    uint64_t source = capset_find("entropy", ENTROPY_SOURCE_INTERFACE_ID);
    uint8_t *to = bytes;

    if (source == CAP_NONE) {
        return ERR_NOT_FOUND;
    }
    while (size) {
        uint32_t piece = size < ENTROPY_PIECE ? (uint32_t)size : ENTROPY_PIECE;
        int32_t status = entropy_piece(source, to, piece);

        if (status < 0) {
            return status;
        }
        to += piece;
        size -= piece;
    }
    return 0;
}
