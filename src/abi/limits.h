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
#define UNPARK_COUNT_MAX 64u            /* woken by one UNPARK */

#define NAME_BYTES_MAX 31u              /* names of processes, caps, binaries */
#define ARGS_BYTES_MAX 8192u            /* the argument area */
#define STACK_BYTES_DEFAULT (256u * 1024u)
#define STACK_BYTES_MAX (64u * 1024u * 1024u)
#define QUANTUM_NS 1000000u             /* 1 ms at weight 1.0 */

#endif
