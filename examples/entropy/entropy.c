/*
 * entropy - random bytes from the kernel.
 *
 * In the simulator they come from the seed, so that runs repeat; on a machine
 * from its CPU. Either way no two requests get the same.
 */
#include "capos.h"

#define BYTES 4096u

static uint8_t first[BYTES];
static uint8_t second[BYTES];

static bool equal(const uint8_t *a, const uint8_t *b, uint32_t size)
{
    return __builtin_memcmp(a, b, size) == 0;
}

static uint32_t ones(const uint8_t *bytes, uint32_t size)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < size; i++) {
        for (uint32_t bit = 0; bit < 8; bit++) {
            count += bytes[i] >> bit & 1u;
        }
    }
    return count;
}

/* True if every value of a byte occurs. */
static bool all_values(const uint8_t *bytes, uint32_t size)
{
    bool seen[256] = {false};
    uint32_t values = 0;

    for (uint32_t i = 0; i < size; i++) {
        values += !seen[bytes[i]];
        seen[bytes[i]] = true;
    }
    return values == 256;
}

static void check_bytes(void)
{
    uint32_t set;

    check(entropy_fill(first, BYTES) == 0 && entropy_fill(second, BYTES) == 0,
          "twice %u bytes", BYTES);
    check(!equal(first, second, 32), "which are not the same");
    check(!equal(first, first + BYTES / 2, 32), "nor do they come again");
    set = ones(first, BYTES) + ones(second, BYTES);
    /* 32768 expected; 1000 away is eleven standard deviations. */
    check(set > 31768 && set < 33768, "as many bits are 1 as are 0");
    check(all_values(first, BYTES), "every byte occurs");
    check(!equal(first, process_start()->random, 16),
          "and the start block's are others");
}

static void check_limits(uint64_t source)
{
    uint64_t memory[(BYTES + 64) / 8];
    struct entropy_source_fill_results_reader results;
    struct rpc_buffer buffer;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    check(entropy_source_fill(rt(), source, BYTES, &buffer, &results) >= 0 &&
              entropy_source_fill_results_get_data(results).length == BYTES,
          "%u bytes in one call", BYTES);
    check(entropy_source_fill(rt(), source, BYTES + 1, &buffer, &results) ==
              ERR_EXCEPTION,
          "no more than that");
    check(entropy_source_fill(rt(), source, 0, &buffer, &results) ==
              ERR_EXCEPTION,
          "and no less than one");
    rpc_buffer_init(&buffer, memory, 64);
    check(entropy_source_fill(rt(), source, 256, &buffer, &results) ==
              ERR_TOO_LARGE,
          "nor more than there is room for");
}

int main(void)
{
    uint64_t source = capset_need("entropy", ENTROPY_SOURCE_INTERFACE_ID);
    enum entropy_quality quality = ENTROPY_QUALITY_COUNT;

    check_bytes();
    check_limits(source);
    check(entropy_source_quality(rt(), source, &quality) == 0 &&
              quality < ENTROPY_QUALITY_COUNT,
          "and it says where they come from");
    return check_status();
}
