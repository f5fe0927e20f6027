/* pick.c - an input as decisions (pick.h). */
#include "pick.h"

#include <string.h>

static struct {
    const uint8_t *bytes;
    size_t left;
    uint8_t record[PICK_RECORD_BYTES];
    uint32_t at; /* in the record */
    uint64_t state; /* of the generator */
} input;

void pick_start(const uint8_t *bytes, size_t size)
{
    memset(&input, 0, sizeof(input));
    input.bytes = bytes;
    input.left = size;
    input.at = PICK_RECORD_BYTES;
    input.state = 1;
}

bool pick_next(void)
{
    size_t size = input.left < PICK_RECORD_BYTES ? input.left
                                                 : PICK_RECORD_BYTES;

    if (size == 0) {
        return false;
    }
    memset(input.record, 0, sizeof(input.record));
    memcpy(input.record, input.bytes, size);
    input.bytes += size;
    input.left -= size;
    input.at = 0;
    input.state = 1;
    for (uint32_t i = 0; i < PICK_RECORD_BYTES; i++) {
        input.state = (input.state ^ input.record[i]) * 0x100000001b3ull;
    }
    return true;
}

static uint8_t pick_byte(void)
{
    if (input.at < PICK_RECORD_BYTES) {
        return input.record[input.at++];
    }
    input.state = input.state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint8_t)(input.state >> 56);
}

uint32_t pick(uint32_t below)
{
    uint32_t value = 0;

    if (below <= 1) {
        return 0;
    }
    for (uint32_t rest = below - 1; rest; rest >>= 8) {
        value = value << 8 | pick_byte();
    }
    return value % below;
}

uint64_t pick_bits(void)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < 8; i++) {
        value = value << 8 | pick_byte();
    }
    return value;
}
