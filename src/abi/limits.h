/*
 * limits.h - the limits that kernel and programs share.
 *
 * What a manifest can lower is a default here; what stands as a maximum is
 * fixed by the layout of ids and rings.
 */
#ifndef CAPOS_ABI_LIMITS_H
#define CAPOS_ABI_LIMITS_H

#define PAGE_SIZE 4096u
#define PAGE_SHIFT 12u

#define LIMIT_CPUS 64u
#define LIMIT_PROCESSES 4096u
#define LIMIT_THREADS_PER_PROCESS 1024u
#define LIMIT_THREADS 16384u            /* in the whole system */
#define LIMIT_CAPS_PER_PROCESS (1u << 20)

#define RING_SQ_ENTRIES_DEFAULT 64u
#define RING_CQ_ENTRIES_DEFAULT 128u
#define RING_ENTRIES_MIN 4u
#define RING_ENTRIES_MAX 4096u

#define MESSAGE_CAPS_MAX 8u             /* capabilities in one message */
#define MESSAGE_BYTES_MAX (1u << 20)    /* payload between processes */
#define KERNEL_MESSAGE_BYTES_MAX 16384u /* payload of a kernel object's call */
#define RECV_CREDITS_MAX 64u
#define RECV_RECORDS 4u                 /* armed RECVs per thread */
#define PARK_RECORDS 4u                 /* parked operations per thread */
#define PROMISE_RECORDS 16u             /* promises that a thread's calls made */
#define UNPARK_COUNT_MAX 64u            /* woken by one UNPARK */

#define NAME_BYTES_MAX 31u              /* names of processes, caps, binaries */
#define ARGS_BYTES_MAX 8192u            /* the argument area */
#define STACK_BYTES_DEFAULT (256u * 1024u)
#define STACK_BYTES_MAX (64u * 1024u * 1024u)
#define QUANTUM_NS 1000000u             /* 1 ms at weight 1.0 */

/*
 * What a ledger may hold of each kind where nothing is asked for: this much, but
 * at most one part in LIMIT_DEFAULT_SHARE of the limit of the ledger that pays.
 * Who asks for LIMIT_HALF (in a field of 32 bits: all of them set) gets half of
 * what that ledger has left.
 */
#define LIMIT_HALF 0xffffffffffffffffull
#define LIMIT_DEFAULT_SHARE 8u
#define LIMIT_DEFAULT_PAGES 2048u        /* 8 MiB */
#define LIMIT_DEFAULT_TABLES 128u
#define LIMIT_DEFAULT_VIRTUAL (1u << 17) /* pages: 512 MiB */
#define LIMIT_DEFAULT_THREADS 32u
#define LIMIT_DEFAULT_PROCESSES 32u
#define LIMIT_DEFAULT_CAPS 512u
#define LIMIT_DEFAULT_RINGS 256u         /* pages */
#define LIMIT_DEFAULT_CALLS 2048u
#define LIMIT_DEFAULT_OBJECTS (256u * 1024u)
#define LIMIT_DEFAULT_SCRATCH 32u        /* pages */
#define LIMIT_DEFAULT_LOG_BYTES 8192u
#define LIMIT_DEFAULT_WEIGHT 32768u      /* 32 threads at weight 1.0 */

#define PIPE_BYTES_MIN 512u
#define PIPE_BYTES_DEFAULT 4096u
#define PIPE_BYTES_MAX 65536u
#define PIPE_ATOMIC_BYTES 512u          /* of one write that stay together */
#define PIPE_WAITERS_MAX 64u            /* at each end of a pipe */
_Static_assert(PIPE_ATOMIC_BYTES <= PIPE_BYTES_MIN, "every pipe has the room");

#define LOG_BYTES_MIN 1024u             /* kept of one component's log */
#define LOG_BYTES_DEFAULT 4096u
#define LOG_BYTES_MAX 65536u
#define LOG_TEXT_BYTES_MAX 240u         /* of one record */
#define LOG_SINKS_MAX 256u              /* in the whole system */

#define ENTROPY_BYTES_MAX 4096u         /* at a time */

/* Of scheduling contexts. */
#define CONTEXT_BUDGET_NS_MIN 100000ull
#define CONTEXT_PERIOD_NS_MIN 1000000ull
#define CONTEXT_PERIOD_NS_MAX 100000000000ull /* of a budget, too */
#define CONTEXT_BINDINGS_MAX 256u             /* of one context */
#define CONTEXT_CHAIN_MAX 8u                  /* threads that run on one lent */

#endif
