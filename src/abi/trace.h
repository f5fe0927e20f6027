/*
 * trace.h - the records of a trace.
 *
 * A trace file is one struct trace_file, then records. Records name objects by
 * id and addresses relative to their window, so a trace is the same at another
 * base, under Valgrind and after a rebuild. Little-endian.
 */
#ifndef CAPOS_ABI_TRACE_H
#define CAPOS_ABI_TRACE_H

#include <stdint.h>

#define TRACE_MAGIC 0x63617254736f7061ull
#define TRACE_VERSION 1u

/*     kind            name       a                      b               */
#define TRACE_KINDS(X)                                                         \
    X(TRACE_BOOT, 1, "boot")       /* package bytes        free frames      */ \
    X(TRACE_SYSCALL, 2, "syscall") /* gate number          argument 0       */ \
    X(TRACE_RESUME, 3, "resume")   /* thread resumed       0                */ \
    X(TRACE_SQE, 4, "sqe")         /* opcode | flags << 8 | method << 16  cap */ \
    X(TRACE_CQE, 5, "cqe")         /* user_data            result           */ \
    X(TRACE_CALL, 6, "call")       /* interface id         method           */ \
    X(TRACE_DELIVER, 7, "deliver") /* call id              receiver thread  */ \
    X(TRACE_RETURN, 8, "return")   /* call id              result           */ \
    X(TRACE_TICK, 9, "tick")       /* 0                    0                */ \
    X(TRACE_IRQ, 10, "irq")        /* line                 0                */ \
    X(TRACE_FAULT, 11, "fault")    /* vector               address          */ \
    X(TRACE_SPAWN, 12, "spawn")    /* process id           parent id        */ \
    X(TRACE_EXIT, 13, "exit")      /* process id           code             */ \
    X(TRACE_THREAD, 14, "thread")  /* thread id            process id       */ \
    X(TRACE_ERROR, 15, "error")    /* ERR_*                line number      */ \
    X(TRACE_PREEMPTED, 16, "preempted") /* host timer: not reproducible     */

enum trace_kind {
#define TRACE_KIND_VALUE(id, value, name) id = (value),
    TRACE_KINDS(TRACE_KIND_VALUE)
#undef TRACE_KIND_VALUE
};

struct trace_file {
    uint64_t magic;
    uint32_t version;
    uint32_t record_bytes;
    uint64_t seed;
    uint64_t reserved;
};

struct trace_record {
    uint64_t time_ns;
    uint16_t kind;
    uint16_t cpu;
    uint32_t thread; /* current thread's id, 0: none */
    uint64_t a;
    uint64_t b;
};

_Static_assert(sizeof(struct trace_file) == 32, "format");
_Static_assert(sizeof(struct trace_record) == 32, "format");

#endif
