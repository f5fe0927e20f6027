/*
 * ring-reserved-opcodes - what is not defined is refused.
 *
 * An entry with an unknown or reserved opcode, an undefined flag, or a field
 * that the opcode does not use set to anything but 0 completes with an error.
 * So nobody can come to depend on what happens to be ignored today, and the
 * bits are free for tomorrow.
 */
#include "capos.h"

/* Writes one entry byte by byte as given, and returns how it ended. */
static int32_t try(struct sqe entry)
{
    struct ring_client *client = ring_self();
    struct rpc rpc = {.complete = NULL};
    struct sqe *sqe = ring_reserve(client);

    if (sqe == NULL) {
        return ERR_OVERLOADED;
    }
    entry.user_data = (uintptr_t)&rpc;
    *sqe = entry;
    return ring_await(client, &rpc);
}

static bool opcodes_refused(uint32_t from, uint32_t to)
{
    for (uint32_t opcode = from; opcode <= to; opcode++) {
        if (try((struct sqe){.opcode = (uint8_t)opcode}) != ERR_BAD_OPCODE) {
            return false;
        }
    }
    return true;
}

/* Every single flag outside allowed, one at a time. */
static bool flags_refused(uint8_t opcode, uint8_t allowed)
{
    for (uint32_t bit = 0; bit < 8; bit++) {
        uint8_t flag = (uint8_t)(1u << bit);

        if (!(flag & allowed) &&
            try((struct sqe){.opcode = opcode, .flags = flag}) !=
                ERR_BAD_FLAGS) {
            return false;
        }
    }
    return true;
}

static void check_fields(void)
{
    check(try((struct sqe){.method = 1}) == ERR_BAD_FLAGS, "NOP with method");
    check(try((struct sqe){.result_len = 1}) == ERR_BAD_FLAGS,
          "NOP with a result length");
    check(try((struct sqe){.cap = 1}) == ERR_BAD_FLAGS,
          "NOP with a capability");
    check(try((struct sqe){.result = 8}) == ERR_BAD_FLAGS,
          "NOP with a result address");
    for (uint32_t i = 0; i < 4; i++) {
        struct sqe entry = {.opcode = RING_NOP};

        entry.words[i] = 1;
        check(try(entry) == ERR_BAD_FLAGS, "NOP with word %u", i);
    }
    check(try((struct sqe){.opcode = RING_RELEASE,
                           .cap = 1,
                           .words = {1}}) == ERR_BAD_FLAGS,
          "RELEASE with a word");
    check(try((struct sqe){.opcode = RING_CANCEL,
                           .words = {1, 1}}) == ERR_BAD_FLAGS,
          "CANCEL with a second word");
}

int main(void)
{
    check(opcodes_refused(RING_CALLER_INFO + 1, 255),
          "the unknown opcodes 9 to 255");
    check(flags_refused(RING_NOP, RING_QUIET | RING_YIELD),
          "undefined flags of NOP");
    check(flags_refused(RING_RELEASE, RING_QUIET),
          "undefined flags of RELEASE");
    check(flags_refused(RING_CANCEL, 0), "undefined flags of CANCEL");
    check(flags_refused(RING_CALLER_INFO, 0),
          "undefined flags of CALLER_INFO");
    check_fields();
    check(try((struct sqe){.opcode = RING_NOP}) == 0,
          "a clean NOP still works");
    return check_status();
}
