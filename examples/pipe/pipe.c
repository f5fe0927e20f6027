/*
 * pipe - a bounded stream of bytes between two ends.
 *
 * Who reads from an empty pipe waits, who writes to a full one waits; nothing is
 * lost, whoever is cancelled or gives up. When the last writer is gone the
 * reader gets the rest and then the end; when the last reader is gone writers
 * are told.
 */
#include "capos.h"

#define BULK_BYTES 100000u
#define MEMORY_WORDS ((4096u + 64u) / 8u)

struct ends {
    uint64_t reader;
    uint64_t writer;
};

/* A call in flight, with the memory of its message. */
struct started {
    struct rpc rpc;
    struct rpc_buffer buffer;
    uint64_t memory[MEMORY_WORDS];
};

static uint8_t bytes[4096];

static struct ends fresh(uint32_t size)
{
    uint64_t factory = capset_need("pipes", PIPE_FACTORY_INTERFACE_ID);
    struct ends ends = {CAP_NONE, CAP_NONE};

    check(pipe_factory_create(rt(), factory, size, &ends.reader,
                              &ends.writer) == 0,
          "a pipe of %u bytes", size);
    return ends;
}

static void write_begin(struct started *started, uint64_t writer,
                        const void *from, uint32_t size)
{
    started->rpc.complete = NULL;
    rpc_buffer_init(&started->buffer, started->memory,
                    sizeof(started->memory));
    pipe_writer_write_submit(rt(), &started->rpc, writer,
                             (struct wire_data){from, size}, &started->buffer);
    ring_poll(ring_self());
}

static void read_begin(struct started *started, uint64_t reader, uint32_t max)
{
    started->rpc.complete = NULL;
    rpc_buffer_init(&started->buffer, started->memory,
                    sizeof(started->memory));
    pipe_reader_read_submit(rt(), &started->rpc, reader, max,
                            &started->buffer);
    ring_poll(ring_self());
}

/* Bytes written, or the error. */
static int32_t write_end(struct started *started)
{
    uint32_t written = 0;
    int32_t status = transport_await(rt(), &started->rpc);

    if (status >= 0) {
        status = pipe_writer_write_finish(&started->rpc, &written);
    }
    return status < 0 ? status : (int32_t)written;
}

/* Bytes read, the first of which is *first; or the error. */
static int32_t read_end(struct started *started, uint8_t *first)
{
    struct pipe_reader_read_results_reader results;
    struct wire_data data;
    int32_t status = transport_await(rt(), &started->rpc);

    if (status >= 0) {
        status = pipe_reader_read_finish(&started->rpc, &started->buffer,
                                         &results);
    }
    if (status < 0) {
        return status;
    }
    data = pipe_reader_read_results_get_data(results);
    *first = data.length ? data.bytes[0] : 0;
    return (int32_t)data.length;
}

static void give_up(struct ends *ends)
{
    cap_release(ends->reader);
    cap_release(ends->writer);
}

static void check_order(void)
{
    struct ends ends = fresh(0);
    uint8_t got[16] = {0};

    check(pipe_write(ends.writer, "hello, ", 7) == 0 &&
              pipe_write(ends.writer, "world", 5) == 0,
          "two writes");
    check(pipe_read(ends.reader, got, 5) == 5 &&
              pipe_read(ends.reader, got + 5, 11) == 7 &&
              __builtin_memcmp(got, "hello, world", 12) == 0,
          "come out in order, cut where the reader likes");
    give_up(&ends);
}

static struct started one, two, three;

static void check_reader_waits(void)
{
    struct ends ends = fresh(512);
    uint8_t first = 0;

    read_begin(&one, ends.reader, 100);
    read_begin(&two, ends.reader, 100);
    check(!one.rpc.done && !two.rpc.done, "two reads of an empty pipe wait");
    check(ring_cancel(ring_self(), &one.rpc) == 0 &&
              one.rpc.status == ERR_CANCELLED,
          "the first gives up");
    check(pipe_write(ends.writer, "x", 1) == 0 &&
              read_end(&two, &first) == 1 && first == 'x',
          "the second gets the byte");
    give_up(&ends);
}

static void check_writer_waits(void)
{
    struct ends ends = fresh(512);
    uint8_t first = 0;

    bytes[0] = 'a';
    check(pipe_write(ends.writer, bytes, 512) == 0, "the pipe is full");
    bytes[0] = 'b';
    write_begin(&one, ends.writer, bytes, 300);
    bytes[0] = 'c';
    write_begin(&two, ends.writer, bytes, 300);
    bytes[0] = 'd';
    write_begin(&three, ends.writer, bytes, 100);
    check(!one.rpc.done && !two.rpc.done && !three.rpc.done,
          "three writes wait");
    check(ring_cancel(ring_self(), &two.rpc) == 0 &&
              two.rpc.status == ERR_CANCELLED,
          "the second gives up");
    check(pipe_read(ends.reader, bytes, 512) == 512 && bytes[0] == 'a',
          "what was there comes out");
    check(write_end(&one) == 300 && write_end(&three) == 100,
          "the others go in whole");
    read_begin(&two, ends.reader, 300);
    check(read_end(&two, &first) == 300 && first == 'b', "in order");
    read_begin(&two, ends.reader, 300);
    check(read_end(&two, &first) == 100 && first == 'd',
          "and nothing of the one that gave up");
    give_up(&ends);
}

static void check_long_write(void)
{
    struct ends ends = fresh(1024);

    write_begin(&one, ends.writer, bytes, 3000);
    check(write_end(&one) == 1024, "of a long write goes in what fits");
    write_begin(&one, ends.writer, bytes, 0);
    check(write_end(&one) == 0, "and nothing of nothing");
    give_up(&ends);
}

static void check_end_of_file(void)
{
    struct ends ends = fresh(512);

    (void)pipe_write(ends.writer, bytes, 512);
    write_begin(&one, ends.writer, bytes, 10);
    cap_release(ends.writer);
    check(pipe_read(ends.reader, bytes, 512) == 512 &&
              write_end(&one) == 10,
          "with the writer gone its last write still goes in");
    check(pipe_read(ends.reader, bytes, 512) == 10, "and comes out");
    check(pipe_read(ends.reader, bytes, 512) == 0 &&
              pipe_read(ends.reader, bytes, 512) == 0,
          "then there is the end");
    cap_release(ends.reader);
}

static void check_end_while_waiting(void)
{
    struct ends ends = fresh(512);
    uint8_t first = 1;

    read_begin(&one, ends.reader, 100);
    cap_release(ends.writer);
    check(read_end(&one, &first) == 0, "who waits gets the end, too");
    cap_release(ends.reader);
}

static void check_disconnected(void)
{
    struct ends ends = fresh(512);

    (void)pipe_write(ends.writer, bytes, 512);
    write_begin(&one, ends.writer, bytes, 10);
    cap_release(ends.reader);
    check(write_end(&one) == ERR_DISCONNECTED,
          "without a reader who waits to write is told");
    check(pipe_write(ends.writer, bytes, 1) == ERR_EXCEPTION ||
              pipe_write(ends.writer, bytes, 1) == ERR_EXCEPTION_TRUNCATED,
          "and who would");
    cap_release(ends.writer);
}

static uint8_t pattern(uint32_t i)
{
    return (uint8_t)(i * 7 + i / 251);
}

/* Writes the pattern in pieces of changing size, then closes its end. */
static void produce(void *argument)
{
    uint64_t writer = *(uint64_t *)argument;
    uint8_t piece[700];
    uint32_t done = 0;

    while (done < BULK_BYTES) {
        uint32_t size = done % 699 + 1;

        size = size < BULK_BYTES - done ? size : BULK_BYTES - done;
        for (uint32_t i = 0; i < size; i++) {
            piece[i] = pattern(done + i);
        }
        if (pipe_write(writer, piece, size) < 0) {
            break;
        }
        done += size;
    }
    cap_release(writer);
}

static void check_bulk(void)
{
    struct ends ends = fresh(777);
    struct thread *thread;
    uint32_t done = 0;
    uint32_t wrong = 0;
    int32_t got;

    check(thread_start(&thread, produce, &ends.writer) == 0,
          "another thread writes %u bytes", BULK_BYTES);
    while ((got = pipe_read(ends.reader, bytes, done % 900 + 1)) > 0) {
        for (int32_t i = 0; i < got; i++) {
            wrong += bytes[i] != pattern(done + (uint32_t)i);
        }
        done += (uint32_t)got;
    }
    check(got == 0 && done == BULK_BYTES && wrong == 0,
          "all of them arrive, in order, and then the end");
    check(thread_join(thread, NULL) == 0, "it has ended");
    cap_release(ends.reader);
}

static void check_sizes(void)
{
    uint64_t factory = capset_need("pipes", PIPE_FACTORY_INTERFACE_ID);
    struct ends ends;

    check(pipe_factory_create(rt(), factory, 511, &ends.reader,
                              &ends.writer) < 0 &&
              pipe_factory_create(rt(), factory, 65537, &ends.reader,
                                  &ends.writer) < 0,
          "smaller and larger ones are refused");
}

int main(void)
{
    check_order();
    check_reader_waits();
    check_writer_waits();
    check_long_write();
    check_end_of_file();
    check_end_while_waiting();
    check_disconnected();
    check_bulk();
    check_sizes();
    return check_status();
}
