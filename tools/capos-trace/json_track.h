/*
 * json_track.h - the tracks of threads and CPUs, and what is open on them.
 *
 * Slices of a track nest and are written in the order of time: B and E need no
 * more memory than what is open. A track never goes back in time, also if CPUs'
 * clocks differ: a record that seems to be earlier than the one before is
 * moved.
 */
#ifndef CAPOS_TOOLS_TRACE_JSON_TRACK_H
#define CAPOS_TOOLS_TRACE_JSON_TRACK_H

#include "json_out.h"
#include "limits.h"
#include "model.h"

#define JSON_LABEL_BYTES 64u
#define JSON_IPI_CPUS LIMIT_CPUS /* bits of an IPI's mask */

enum json_off {
    OFF_NOT = 0, /* it has a CPU */
    OFF_WAITING,
    OFF_READY,
};

struct json_thread {
    struct json_track track;
    uint64_t last_ns;
    bool alive;
    bool ended;
    bool gate; /* entered, not yet back */
    enum json_off off;
    uint32_t cpu; /* that it was last seen on, + 1; 0: it left it */
};

/* The arrow of an ATTENTION that is under way. */
struct json_ipi {
    uint64_t sent_ns;
    uint32_t arrow; /* + 1; 0: none is */
};

/* A CPU's track: a slice for who has it, in that one for being in the kernel. */
struct json_cpu {
    uint64_t last_ns;
    bool open;
    bool starting; /* the slice is that of the start */
    bool kernel;
    uint32_t thread; /* 0: idle, or not known yet */
    struct json_ipi sent[JSON_IPI_CPUS]; /* from it, by the other CPU */
};

/* The arrow of a call. */
struct json_flow {
    uint64_t last_ns; /* of its last step */
    bool open;        /* begun and not ended */
};

struct json {
    struct json_out out;
    const struct model *model;
    struct json_thread *threads; /* as in the model */
    struct json_cpu *cpus;
    struct json_flow *flows; /* for each call */
    uint32_t ipis;           /* arrows of IPIs so far */
    uint64_t cpus_pid;
};

/* Where the CPU's slices go. */
struct json_track json_cpu_track(const struct json *json, uint32_t cpu);

/* The time at which a track that was at *last_ns shows something. */
uint64_t json_advance(uint64_t *last_ns, uint64_t time_ns);

/* Begins and ends the slice of who has the CPU. */
void json_cpu_begin(struct json *json, uint32_t cpu, uint64_t time_ns,
                    const char *name);
void json_cpu_end(struct json *json, uint32_t cpu, uint64_t time_ns);

/*
 * Begins the slice of the kernel, named by the way in, inside of the other one;
 * no effect if it is open. json_cpu_end and json_cpu_user end it.
 */
void json_cpu_kernel(struct json *json, uint32_t cpu, uint64_t time_ns,
                     const char *name);
void json_cpu_user(struct json *json, uint32_t cpu, uint64_t time_ns);

/* Begins a slice on a thread's track; the caller ends the event. */
void json_thread_begin(struct json *json, struct json_thread *thread,
                       uint64_t time_ns, const char *name);

/* The thread, its life begun; NULL: it has ended, or id is 0. */
struct json_thread *json_thread_touch(struct json *json, uint64_t id,
                                      uint64_t time_ns);

/* Shows why the thread is off the CPU. */
void json_thread_off(struct json *json, struct json_thread *thread,
                     uint64_t time_ns, enum json_off off);

/* Ends what is open inside of the life. */
void json_thread_back(struct json *json, struct json_thread *thread,
                      uint64_t time_ns);

/* Ends the life too. */
void json_thread_finish(struct json *json, struct json_thread *thread,
                        uint64_t time_ns);

/* "name, thread 3", as people call it. */
void json_thread_label(const struct json *json, uint32_t id,
                       char label[JSON_LABEL_BYTES]);

/* Begins an instant on the thread's track, or on the CPU's if it has none. */
void json_instant_begin(struct json *json, const struct trace_record *record,
                        uint32_t id, const char *name);

#endif
