/* pipe.c - bytes through a pipe, a message at a time. */
#include "pipe.h"

#include "calls.h"
#include "thread.h"

#define PIPE_MESSAGE_BYTES (PIPE_READ_BYTES + 64u)

int32_t pipe_write(uint64_t writer, const void *bytes, uint32_t size)
{
    uint64_t memory[PIPE_MESSAGE_BYTES / 8];
    const uint8_t *from = bytes;

    while (size) {
        uint32_t piece = size < PIPE_READ_BYTES ? size : PIPE_READ_BYTES;
        struct rpc_buffer buffer;
        uint32_t written = 0;
        int32_t status;

        rpc_buffer_init(&buffer, memory, sizeof(memory));
        status = pipe_writer_write(rt(), writer,
                                   (struct wire_data){from, piece}, &buffer,
                                   &written);
        if (status < 0) {
            return status;
        }
        from += written;
        size -= written;
    }
    return 0;
}

int32_t pipe_read(uint64_t reader, void *bytes, uint32_t max)
{
    uint64_t memory[PIPE_MESSAGE_BYTES / 8];
    struct pipe_reader_read_results_reader results;
    struct rpc_buffer buffer;
    struct wire_data data;
    int32_t status;

    max = max < PIPE_READ_BYTES ? max : PIPE_READ_BYTES;
    rpc_buffer_init(&buffer, memory, sizeof(memory));
    status = pipe_reader_read(rt(), reader, max, &buffer, &results);
    if (status < 0) {
        return status;
    }
    data = pipe_reader_read_results_get_data(results);
    if (data.length > max) {
        return ERR_BAD_MESSAGE;
    }
    __builtin_memcpy(bytes, data.bytes, data.length);
    return (int32_t)data.length;
}
