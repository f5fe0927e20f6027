/*
 * start.h - the gate, and the read-only block that a thread starts with.
 *
 * A thread begins at its entry point with rdi = address of its start block and
 * rsp = top of its stack, aligned as after a call (rsp % 16 == 8). Everything
 * else it knows about the world stands in the block.
 */
#ifndef CAPOS_ABI_START_H
#define CAPOS_ABI_START_H

#include <stddef.h>
#include <stdint.h>

#define START_MAGIC 0x74726174u /* "tart" */
#define START_VERSION_MAJOR 1u  /* a program refuses a larger one */
#define START_VERSION_MINOR 0u

/*
 * The gate: the only way into the kernel. System V calling convention; all
 * caller-saved and all xmm registers are dead afterwards; MXCSR and the x87
 * control word are the thread's own.
 *
 *   gate(GATE_ENTER, min_complete, timeout_ns)
 *     Consumes what the submission queue holds, then waits until min_complete
 *     completions are available or timeout_ns have passed (0 polls, UINT64_MAX
 *     waits for ever). Returns the number available, or ERR_TIMED_OUT when it
 *     waited in vain, or ERR_BAD_RING.
 *   gate(GATE_EXIT, code, 0)
 *     Ends the process; does not return.
 *   Every other number: ERR_BAD_CALL. Number 2 is reserved for upcalls.
 */
typedef int64_t gate_fn(uint64_t number, uint64_t a0, uint64_t a1);

enum gate_number {
    GATE_ENTER = 0,
    GATE_EXIT = 1,
    GATE_UPCALL = 2, /* reserved: ERR_BAD_CALL */
};

#define TIMEOUT_POLL 0ull
#define TIMEOUT_NEVER UINT64_MAX

struct start_block {
    uint32_t magic;
    uint16_t version_major;
    uint16_t version_minor;
    uint32_t size_bytes; /* of this block */
    uint32_t flags;      /* 0 */
    uint64_t gate;       /* gate_fn * */
    uint64_t upcall;     /* reserved, 0 */
    uint64_t ring;       /* struct ring_header * */
    uint32_t sq_entries;
    uint32_t cq_entries;
    uint64_t capset; /* struct capset_entry * */
    uint32_t capset_count;
    uint32_t reserved0;
    uint64_t process_id;
    uint64_t thread_id;
    uint64_t session_id; /* 0: none */
    uint64_t image_base;
    uint64_t image_size;
    uint64_t window_base;
    uint64_t window_size;
    uint64_t stack_low; /* first mapped byte */
    uint64_t stack_high;
    uint64_t args; /* NUL-separated: name, arguments */
    uint64_t args_len;
    uint64_t words[3]; /* argument words of the creator */
    uint8_t random[16];
    uint64_t time_page; /* struct time_page * (time_page.h) */
    uint64_t reserved1[4];
};

_Static_assert(sizeof(struct start_block) == 232, "abi");
_Static_assert(offsetof(struct start_block, gate) == 16, "abi");
_Static_assert(offsetof(struct start_block, ring) == 32, "abi");
_Static_assert(offsetof(struct start_block, capset) == 48, "abi");
_Static_assert(offsetof(struct start_block, process_id) == 64, "abi");
_Static_assert(offsetof(struct start_block, image_base) == 88, "abi");
_Static_assert(offsetof(struct start_block, args) == 136, "abi");
_Static_assert(offsetof(struct start_block, random) == 176, "abi");
_Static_assert(offsetof(struct start_block, time_page) == 192, "abi");

#endif
