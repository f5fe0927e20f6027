/*
 * trace.h - the records of a trace.
 *
 * A trace file is one struct trace_file, then records. Records name objects by
 * id and addresses relative to their window, so a trace is the same at another
 * base, under Valgrind and after a rebuild. Little-endian.
 *
 * A CPU is in the kernel from SYSCALL, TICK, IRQ or FAULT to LEAVE. A CALL is
 * followed, for the same thread, by TARGET and then by ANSWER if a kernel object
 * completed it at once, or by BEGIN, after which the call goes by its id:
 * DELIVER, RETURN. A CALL that was refused has neither, only its CQE. A process
 * has as many NAMEs as its name has pieces of 8 bytes, the last one filled up
 * with NUL.
 *
 * Records of several CPUs stand in the order in which they were made; a CPU's
 * own times never go back. An IPI of kind ATTENTION is followed, on each CPU that
 * it names, by an IRQ of that line, several by at least one; a FLUSH by nothing,
 * for it is answered before its CPU goes on. A trace that begins in the middle
 * of a run first names what lives: SPAWN and NAME of each process, THREAD and
 * WAIT or WAKE of each thread, CPU of each CPU, and the authority of all.
 *
 * Authority (doc/authority.md): a capability that comes into a table is EDGE with
 * EDGE_TO, EDGE_FROM, EDGE_HOW and, if the object is about a process or is a
 * facet of an endpoint, EDGE_ABOUT with that one's id, which the CPU makes
 * without another record of its own between them; EDGE_END when it leaves the
 * table. A revocation node is
 * NODE with NODE_OF, in the same way, then NODE_CUT when it is revoked, and
 * NODE_END when nothing refers to it any more. An edge through a node that was
 * cut is no authority. A trace that begins in the middle may name nodes more than
 * once. Values of mode and origin: CapEntry in capos.capnp.
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
    X(TRACE_IRQ, 10, "irq")        /* enum trace_line      0                */ \
    X(TRACE_FAULT, 11, "fault")    /* vector               address          */ \
    X(TRACE_SPAWN, 12, "spawn")    /* process id           parent id        */ \
    X(TRACE_EXIT, 13, "exit")      /* process id           code             */ \
    X(TRACE_THREAD, 14, "thread")  /* thread id            process id       */ \
    X(TRACE_ERROR, 15, "error")    /* ERR_*                line number      */ \
    X(TRACE_PREEMPTED, 16, "preempted") /* host timer: not reproducible     */ \
    X(TRACE_LEAVE, 17, "leave")    /* thread the CPU goes on with, 0: none */  \
    X(TRACE_WAKE, 18, "wake")      /* thread made ready    0                */ \
    X(TRACE_NAME, 19, "name")      /* process id           8 bytes of name  */ \
    X(TRACE_TARGET, 20, "target")  /* object called        its endpoint, 0  */ \
    X(TRACE_BEGIN, 21, "begin")    /* call id              0                */ \
    X(TRACE_ANSWER, 22, "answer")  /* 0                    result           */ \
    X(TRACE_END, 23, "end")        /* thread id            process id       */ \
    X(TRACE_WAIT, 24, "wait")      /* thread               0                */ \
    X(TRACE_IPI, 25, "ipi")        /* CPUs, one bit each   enum trace_ipi   */ \
    X(TRACE_CPU, 26, "cpu")        /* CPU that has started its thread, 0    */ \
    X(TRACE_STEAL, 27, "steal")    /* thread               CPU it came from */ \
    X(TRACE_EDGE, 28, "edge")      /* process id           CapId            */ \
    X(TRACE_EDGE_TO, 29, "edge-to") /* object id           its interface id */ \
    X(TRACE_EDGE_FROM, 30, "edge-from") /* giver's process id  its CapId    */ \
    X(TRACE_EDGE_HOW, 31, "edge-how") /* mode | origin << 8  node, 0: root  */ \
    X(TRACE_EDGE_END, 32, "edge-end") /* process id        CapId            */ \
    X(TRACE_NODE, 33, "node")      /* node                 above it, 0: root */ \
    X(TRACE_NODE_OF, 34, "node-of") /* node's object       revoker, 0: none */ \
    X(TRACE_NODE_CUT, 35, "node-cut") /* node              0                */ \
    X(TRACE_NODE_END, 36, "node-end") /* node              0                */ \
    X(TRACE_EDGE_ABOUT, 37, "edge-about") /* object id  process or endpoint */ \
    X(TRACE_DEPLETED, 38, "depleted") /* scheduling context  ns left, or owed */ \
    X(TRACE_REPLENISH, 39, "replenish") /* scheduling context  ns left      */ \
    X(TRACE_LEND, 40, "lend")      /* thread lent to       sched. context   */

enum trace_kind {
#define TRACE_KIND_VALUE(id, value, name) id = (value),
    TRACE_KINDS(TRACE_KIND_VALUE)
#undef TRACE_KIND_VALUE
};

/* Interrupt lines. */
enum trace_line {
    TRACE_LINE_TERMINAL = 0,
    TRACE_LINE_ATTENTION = 1, /* another CPU's IPI */
};

/* Why a CPU interrupts others. */
enum trace_ipi {
    TRACE_IPI_ATTENTION = 0,
    TRACE_IPI_FLUSH = 1,
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
