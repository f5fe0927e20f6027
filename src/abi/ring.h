/*
 * ring.h - the ring: one submission and one completion queue per thread.
 *
 * Layout, in one run of pages owned by the kernel and mapped read-write into
 * the thread's process:
 *
 *   0    struct ring_header  constants, written by the kernel at creation
 *   64   struct ring_user    one cache line, written by the program only
 *   128  struct ring_kernel  one cache line, written by the kernel only
 *   192  (reserved)
 *   256  sq_entries x struct sqe
 *   ...  cq_entries x struct cqe
 *
 * Indices run freely over 32 bits and are masked on use. Publish with release
 * order, read with acquire order. The kernel keeps private copies of its own
 * indices and reads every SQE once: what a program scribbles here can end in
 * ERR_BAD_RING for itself and in nothing else. doc/abi.md tells it byte by byte.
 */
#ifndef CAPOS_ABI_RING_H
#define CAPOS_ABI_RING_H

#include <stddef.h>
#include <stdint.h>

#define RING_MAGIC 0x676e6952u /* "Ring" */
#define RING_VERSION 1u
#define RING_ENTRIES_OFFSET 256u

enum ring_opcode {
    RING_NOP = 0,
    RING_CALL = 1,
    RING_RECV = 2,
    RING_RETURN = 3,
    RING_RELEASE = 4,
    RING_CANCEL = 5,
    RING_PARK = 6,
    RING_UNPARK = 7,
    RING_CALLER_INFO = 8,
};

/* Flags of an SQE. Bit 0 means the same in a CQE. */
enum ring_sqe_flag {
    RING_INLINE = 1u << 0,    /* params (CALL) or results (RETURN) in words */
    RING_RINLINE = 1u << 1,   /* CALL: results come back in cqe.words */
    RING_QUIET = 1u << 2,     /* NOP, RELEASE, UNPARK: no CQE on success */
    RING_YIELD = 1u << 3,     /* NOP: give up the CPU */
    RING_EXCEPTION = 1u << 4, /* RETURN: the payload is a CapException */
    RING_SHARED = 1u << 5,    /* PARK, UNPARK: key is the memory object */
    RING_PROMISE = 1u << 6,   /* CALL: its result capabilities can be named */
    RING_PROMISED = 1u << 7,  /* CALL: cap is a ring_promised */
};

/* What a RETURN says that ended its call, but not as it was meant. */
enum ring_return {
    RING_RETURN_DROPPED = 1, /* the caller could not take the capabilities */
};

/* Flags of a CQE. Bits 4-7 count the capabilities that came along. */
enum ring_cqe_flag {
    RING_CQE_INLINE = 1u << 0,  /* payload in words */
    RING_CQE_RINLINE = 1u << 1, /* kind CALL: the result must be inline */
};
#define RING_CQE_CAPS_SHIFT 4u

_Static_assert((int)RING_CQE_INLINE == (int)RING_INLINE &&
                   (int)RING_CQE_RINLINE == (int)RING_RINLINE,
               "a call's flags are delivered as they were submitted");

/* Kinds of a CQE. */
enum ring_cqe_kind {
    RING_CQE_COMPLETION = 0,
    RING_CQE_CALL = RING_CALL, /* a call delivered to an armed RECV */
    RING_CQE_UNHELD = RING_RECV, /* told to an armed RECV: a facet is unheld */
};

/* Flags in ring_kernel.flags. */
enum ring_state_flag {
    RING_STATE_CORRUPT = 1u << 0,       /* the ring was found corrupt */
    RING_STATE_NOTIFICATIONS = 1u << 1, /* reserved */
};

struct ring_header {
    uint32_t magic;
    uint32_t version;
    uint32_t size_bytes; /* of the whole ring */
    uint32_t sq_entries; /* powers of two */
    uint32_t cq_entries;
    uint32_t sq_offset;
    uint32_t cq_offset;
    uint32_t reserved[9];
};

struct ring_user {
    uint32_t sq_tail; /* entries published by the program */
    uint32_t cq_head; /* completions consumed by the program */
    uint32_t reserved[14];
};

struct ring_kernel {
    uint32_t sq_head; /* entries consumed by the kernel */
    uint32_t cq_tail; /* completions published by the kernel */
    uint32_t flags;   /* enum ring_state_flag */
    uint32_t reserved[13];
};

/*
 * Submission entry. Fields that an opcode does not name must be 0.
 *
 * NOP      flags QUIET, YIELD
 * CALL     cap; method; flags INLINE, RINLINE. Params: words[] if INLINE,
 *          else memory.{params, params_len, ncaps, xfers}. Results: result and
 *          result_len, both 0 with RINLINE. Completes with cqe.result = bytes.
 *          PROMISE (never with RINLINE): later calls of this ring may name what
 *          it will return. PROMISED: cap = ring_promised(sequence, index)
 * RECV     cap (an Endpoint's owner end); recv.{area, slot_bytes, slots, credits}
 * RETURN   cap = call_id; flags INLINE, EXCEPTION; results in words[] if
 *          INLINE, else memory.{params, params_len, ncaps, xfers}; no CQE on
 *          success, RING_RETURN_DROPPED if its capabilities did not arrive.
 *          EXCEPTION: method = kind, result_len = detail code, memory = the
 *          CapException message (params_len 0: none)
 * RELEASE  cap; flag QUIET
 * CANCEL   words[0] = user_data of the operation to cancel; the cancelled one
 *          completes with ERR_CANCELLED
 * PARK     park.{address, expected, timeout_ns}; flag SHARED. Waits if the word
 *          at address holds expected, else ERR_VALUE_CHANGED; completes with 0
 *          when an UNPARK wakes it, or ERR_TIMED_OUT, ERR_CANCELLED
 * UNPARK   park.{address, count}; flags QUIET, SHARED. Wakes up to count (1 to
 *          UNPARK_COUNT_MAX), the longest parked first; completes with how many
 * CALLER_INFO cap = call_id of a call that the process holds. Completes at once
 *          with words[0] = an opaque reference of the caller's session, the same
 *          for every call of that session to this endpoint (0: it has none) and
 *          words[1] = 0, or with ERR_CALL_GONE
 */
struct sqe {
    uint8_t opcode;
    uint8_t flags;
    uint16_t method;
    uint32_t result_len;
    uint64_t cap;
    uint64_t user_data;
    union {
        uint64_t words[4];
        struct {
            uint64_t params; /* address */
            uint32_t params_len;
            uint32_t ncaps; /* transfer descriptors at xfers */
            uint64_t xfers; /* address of struct ring_xfer[ncaps] */
            uint64_t reserved;
        } memory;
        struct {
            uint64_t area; /* address of slots x slot_bytes */
            uint32_t slot_bytes;
            uint32_t slots;
            uint32_t credits; /* 1 to RECV_CREDITS_MAX */
            uint32_t reserved0;
            uint64_t reserved1;
        } recv;
        struct {
            uint64_t address;    /* of an aligned 32-bit word */
            uint32_t expected;   /* PARK: what it must hold; UNPARK: 0 */
            uint32_t count;      /* UNPARK: how many to wake; PARK: 0 */
            uint64_t timeout_ns; /* PARK, as for cap_enter; UNPARK: 0 */
            uint64_t reserved;
        } park;
    };
    uint64_t result; /* address */
};

/*
 * Completion entry.
 *
 * kind COMPLETION: result >= 0 success (bytes, or by opcode), < 0 ERR_*.
 *   A result with capabilities has their CapIds after the payload in memory,
 *   at the payload's length rounded up to 8.
 *   ERR_EXCEPTION and ERR_EXCEPTION_TRUNCATED: words[0] kind (CapException.Kind),
 *   words[1] detail code, words[2] bytes of CapException in the result buffer.
 * kind CALL: user_data of the RECV; method; call_id to return to; tag of the
 *   facet; INLINE: params in words, else words[0] = address of the payload in
 *   the slot, words[1] = bytes, words[2] = address of the slot's CapIds, of
 *   which there are as many as the flags say.
 * kind UNHELD: user_data of the RECV; tag of a facet that nobody holds any more;
 *   call_id to return to (with INLINE), which gives the credit back.
 */
struct cqe {
    uint64_t user_data;
    uint8_t kind;
    uint8_t flags;
    uint16_t method;
    int32_t result;
    uint64_t call_id;
    uint64_t tag;
    uint64_t words[4];
};

/* How a capability travels with a message. */
enum ring_xfer_mode {
    RING_XFER_COPY = 0,
    RING_XFER_MOVE = 1, /* the sender has it no more, once it has arrived */
};

/* What its receiver may not do with it, though the sender may. */
enum ring_xfer_flag {
    RING_XFER_MOVE_ONLY = 1u << 0,        /* copy it on */
    RING_XFER_NON_TRANSFERABLE = 1u << 1, /* pass it on at all */
};

/*
 * A capability in a message: a transfer descriptor. Read when the message is
 * copied (a call's: when it is delivered), all of a message or none. Of a
 * capability that is moved no other descriptor of the message may speak.
 */
struct ring_xfer {
    uint64_t cap;
    uint32_t mode;  /* enum ring_xfer_mode */
    uint32_t flags; /* enum ring_xfer_flag */
};

/* What a RECV slot holds: capabilities first, then the payload. */
#define RING_SLOT_HEADER_BYTES 64u

_Static_assert(sizeof(struct ring_header) == 64, "one cache line");
_Static_assert(sizeof(struct ring_user) == 64, "one cache line");
_Static_assert(sizeof(struct ring_kernel) == 64, "one cache line");
_Static_assert(sizeof(struct sqe) == 64, "one cache line");
_Static_assert(offsetof(struct sqe, flags) == 1, "abi");
_Static_assert(offsetof(struct sqe, method) == 2, "abi");
_Static_assert(offsetof(struct sqe, result_len) == 4, "abi");
_Static_assert(offsetof(struct sqe, cap) == 8, "abi");
_Static_assert(offsetof(struct sqe, user_data) == 16, "abi");
_Static_assert(offsetof(struct sqe, words) == 24, "abi");
_Static_assert(offsetof(struct sqe, memory.xfers) == 40, "abi");
_Static_assert(offsetof(struct sqe, recv.credits) == 40, "abi");
_Static_assert(offsetof(struct sqe, park.address) == 24, "abi");
_Static_assert(offsetof(struct sqe, park.expected) == 32, "abi");
_Static_assert(offsetof(struct sqe, park.count) == 36, "abi");
_Static_assert(offsetof(struct sqe, park.timeout_ns) == 40, "abi");
_Static_assert(offsetof(struct sqe, park.reserved) == 48, "abi");
_Static_assert(offsetof(struct sqe, result) == 56, "abi");
_Static_assert(sizeof(struct cqe) == 64, "one cache line");
_Static_assert(offsetof(struct cqe, kind) == 8, "abi");
_Static_assert(offsetof(struct cqe, flags) == 9, "abi");
_Static_assert(offsetof(struct cqe, method) == 10, "abi");
_Static_assert(offsetof(struct cqe, result) == 12, "abi");
_Static_assert(offsetof(struct cqe, call_id) == 16, "abi");
_Static_assert(offsetof(struct cqe, tag) == 24, "abi");
_Static_assert(offsetof(struct cqe, words) == 32, "abi");
_Static_assert(sizeof(struct ring_xfer) == 16, "abi");

static inline struct ring_user *ring_user_line(struct ring_header *ring)
{
    return (struct ring_user *)((char *)ring + 64);
}

static inline struct ring_kernel *ring_kernel_line(struct ring_header *ring)
{
    return (struct ring_kernel *)((char *)ring + 128);
}

/*
 * The target of a CALL with PROMISED: the index-th capability that the result of
 * an earlier CALL with PROMISE brings; sequence is the value of the submission
 * queue's tail before that one was added.
 */
static inline uint64_t ring_promised(uint32_t sequence, uint32_t index)
{
    return (uint64_t)sequence << 32 | index;
}

/* Bytes of a ring with these depths, before rounding up to pages. */
static inline uint32_t ring_bytes(uint32_t sq_entries, uint32_t cq_entries)
{
    return RING_ENTRIES_OFFSET + 64u * (sq_entries + cq_entries);
}

#endif
