/*
 * model.h - what the capability operations of the kernel mean, executable.
 *
 * Written from doc/authority.md and doc/abi.md, and sharing no code with the
 * kernel: processes with tables and ledgers, objects, revocation nodes, calls and
 * receives are plain arrays, found by searching. There are no locks, no CPUs and
 * no memory: whoever the driver (play.c) lets act does so alone, and the model says
 * which completions every program then finds in its queue, and what all tables
 * hold. Ids of processes are given by the driver; CapIds are predicted: the slots of
 * a table are used again in the order in which they became free.
 *
 * Things are named by their index, from 1 on; 0 is none (for nodes: the root).
 */
#ifndef CAPOS_TESTS_MODEL_H
#define CAPOS_TESTS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "errors.h"
#include "limits.h"

#define MODEL_LIST_MAX 512u
#define MODEL_PROCESSES 1024u
#define MODEL_OBJECTS 8192u
#define MODEL_NODES 8192u
#define MODEL_CALLS 8192u
#define MODEL_SLOTS 512u
#define MODEL_CHUNK 64u
#define MODEL_RECEIVES 4u
#define MODEL_RECORDS 16u /* call records: the depth of the submission queue */
#define MODEL_RECORDS_INIT 64u
#define MODEL_CREDITS 4u
#define MODEL_EXPECTED 256u

/* ------------------------------------------------------------------- things */

enum model_kind {
    MODEL_OTHER, /* whatever the model only passes on */
    MODEL_FACTORY,
    MODEL_SPAWNER,
    MODEL_REVOKERS, /* makes revokers */
    MODEL_ENDPOINT,
    MODEL_FACET,
    MODEL_PROCESS,
    MODEL_REVOKER,
};

enum model_mode { MODEL_COPY, MODEL_MOVE, MODEL_NON_TRANSFERABLE };

enum model_origin {
    MODEL_KERNEL,
    MODEL_SPAWN_GRANT,
    MODEL_IPC_TRANSFER,
    MODEL_RESULT_CAP,
};

enum model_charge { MODEL_CAPS, MODEL_PROCESS_COUNT, MODEL_CHARGES };

struct model_list {
    uint32_t count;
    uint32_t items[MODEL_LIST_MAX];
};

struct model_edge {
    uint32_t object;
    uint32_t node;
    enum model_mode mode;
    enum model_origin origin;
    uint64_t giver;     /* process id */
    uint64_t giver_cap; /* CapId there */
};

struct model_slot {
    uint32_t generation; /* odd: live */
    struct model_edge edge;
};

struct model_table {
    uint32_t slots;
    uint32_t live;
    struct model_slot *at; /* MODEL_SLOTS of them */
    struct model_list free;
    bool closed;
};

struct model_object {
    enum model_kind kind;
    uint32_t holders; /* root slots, and nodes that have not let go */
    bool closed;      /* endpoint, facet, revoker (revoked) */
    struct model_list ready;    /* endpoint: facets that wait, in turn */
    struct model_list receives; /* endpoint: see model_receive_name */
    struct model_list queue;    /* facet: calls */
    struct model_list served;   /* facet: calls in servers' hands */
    uint32_t endpoint;          /* facet */
    uint64_t tag;
    uint32_t limit;
    uint32_t process; /* process handle */
    bool unheld;      /* facet: its server has to be told */
    bool one_shot;
    bool spent;      /* one_shot: its call was delivered */
    bool needs_slot; /* what is first in its queue */
    uint32_t last;   /* endpoint: the facet that was served last */
};

struct model_node {
    uint32_t target;
    uint32_t parent;
    uint32_t revoker; /* 0: derived */
    uint32_t slots;
    uint32_t depth;
    bool revoked;
    bool cut; /* nothing is left of it */
    bool let_go;
};

/* How a capability is to travel, as the program says it. */
struct model_xfer {
    uint64_t cap;
    uint32_t mode;
    uint32_t flags;
};

enum model_call_state { MODEL_DONE, MODEL_QUEUED, MODEL_DELIVERED, MODEL_WAITS };

struct model_call {
    enum model_call_state state;
    uint32_t caller;
    uint32_t record;
    uint64_t user_data;
    uint32_t object; /* facet, or the process that is waited for */
    uint32_t node;   /* that it was made through */
    bool in_words;   /* params */
    bool out_words;  /* result */
    uint64_t word;   /* what its params begin with */
    uint32_t xfer_count;
    struct model_xfer xfers[MESSAGE_CAPS_MAX];
    uint32_t server;  /* DELIVERED */
    uint32_t receive; /* its credit's; 0: that is gone */
    bool notice;      /* no call: a facet became unheld */
};

struct model_receive {
    uint32_t endpoint; /* 0: the record is free */
    uint32_t node; /* that it was armed through, until that is cut */
    uint64_t user_data;
    uint32_t free;          /* credits */
    struct model_list busy; /* calls that have the others, ended or not */
    bool ending;
};

/* A completion that a program must find in its queue. */
struct model_cqe {
    uint64_t user_data;
    bool delivered; /* a call for a server; else a completion */
    bool notice;
    int32_t result; /* 0: any success */
    int32_t detail; /* of an exception */
    bool in_words;
    bool out_words;
    uint64_t tag;
    uint64_t word;
    uint32_t call; /* delivered */
    uint32_t cap_count;
    uint64_t caps[MESSAGE_CAPS_MAX];
};

struct model_ledger {
    uint64_t used[MODEL_CHARGES];
    uint64_t limit[MODEL_CHARGES];
};

struct model_process {
    bool alive;
    uint64_t id; /* of the kernel */
    uint32_t parent;
    uint32_t object;
    struct model_table table;
    struct model_ledger ledger;
    struct model_list records;   /* free ones */
    struct model_list delivered; /* calls, in the order of delivery */
    struct model_list waiters;   /* calls of those who wait for its end */
    struct model_receive receives[MODEL_RECEIVES];
    uint32_t expected;
    struct model_cqe expect[MODEL_EXPECTED];
    uint64_t end_how;
    int64_t end_code;
    uint64_t known[4]; /* CapIds: endpoints, spawner, image, revokers */
};

extern struct model_process *model_processes;
extern struct model_object *model_objects;
extern struct model_node *model_nodes;
extern struct model_call *model_calls;
extern uint32_t model_process_count; /* the highest index */
extern uint32_t model_object_count;
extern uint32_t model_node_count;
extern uint32_t model_call_count;

/* Empties the world. */
void model_reset(void);

/* Stops: the model itself is wrong, or too small. */
void model_must(bool condition, const char *what);

/* -------------------------------------------------------------- lists, tables */

void model_push(struct model_list *list, uint32_t item);
void model_push_front(struct model_list *list, uint32_t item);
uint32_t model_pop(struct model_list *list); /* 0: empty */
bool model_remove(struct model_list *list, uint32_t item);

uint32_t model_object_new(enum model_kind kind);
uint32_t model_process_new(uint64_t id, uint32_t parent);

/* What a live, unrevoked capability says; NULL: there is none. */
const struct model_edge *model_find(uint32_t process, uint64_t cap);
/* The same of one that may be revoked. */
const struct model_edge *model_held(uint32_t process, uint64_t cap);

/* Gives a capability: charges, holds. An error changes nothing. */
int32_t model_insert(uint32_t process, const struct model_edge *edge,
                     uint64_t *cap);
int32_t model_release(uint32_t process, uint64_t cap);

/* Passes count capabilities on, or none; *caps are the new CapIds. */
int32_t model_transfer(uint32_t from, uint32_t to,
                       const struct model_xfer *xfers, uint32_t count,
                       enum model_origin origin, uint64_t *caps);
/* True if that error is for want of room at the receiver. */
bool model_no_room(int32_t error);

int32_t model_charge(struct model_ledger *ledger, enum model_charge kind,
                     uint64_t amount);
void model_refund(struct model_ledger *ledger, enum model_charge kind,
                  uint64_t amount);

/* A holder more or less; the last one has consequences (model_unheld). */
void model_hold(uint32_t object);
void model_unhold(uint32_t object);
void model_unheld(uint32_t object);

/* ------------------------------------------------------------------- the rest */

/* A completion for a process; nothing if that has ended. */
struct model_cqe *model_expect(uint32_t process, uint64_t user_data,
                               int32_t result);

/* The free place for what a kernel object returns, below the node it went by. */
int32_t model_give(uint32_t process, uint32_t node, uint32_t object,
                   uint64_t *cap);

/* What a kernel object answers: an exception, or a capability. */
void model_refuse(uint32_t process, uint64_t user_data, int32_t error);
void model_answer_cap(uint32_t process, uint64_t user_data, int32_t error,
                      uint64_t cap);

/* Nodes (model_node.c). */
uint32_t model_node_new(uint32_t parent, uint32_t target, uint32_t revoker);
bool model_node_revoked(uint32_t node);
void model_node_unslot(uint32_t node);
bool model_node_below(uint32_t node, uint32_t above);
void model_attach(uint32_t process, uint64_t revoker, uint64_t cap,
                  uint64_t user_data);
void model_revoke(uint32_t process, uint64_t revoker, uint64_t user_data);

/* What a factory makes, which has the factory's node (model_node.c). */
void model_make(uint32_t process, uint64_t factory, enum model_kind kind,
                uint64_t user_data);

/* Endpoints and facets (model_facet.c). */
void model_mint(uint32_t process, uint64_t endpoint, uint64_t tag,
                uint32_t limit, bool one_shot, uint64_t user_data);
void model_close(uint32_t process, uint64_t endpoint, uint64_t tag,
                 uint64_t user_data);
void model_endpoint_unheld(uint32_t endpoint);
void model_facet_unheld(uint32_t facet);
void model_facet_close(uint32_t facet);
bool model_facet_exists(uint32_t facet);
/* Has a facet stand in line while something of it waits, or leave it. */
void model_facet_stand(uint32_t facet);

/* Calls and receives (model_ipc.c). */
void model_recv(uint32_t process, uint64_t endpoint, uint32_t credits,
                uint64_t user_data);
/* The call's index, or 0: it was refused. */
uint32_t model_call(uint32_t process, uint64_t cap,
                    const struct model_call *asked);
void model_return(uint32_t process, uint32_t call, bool in_words,
                  uint64_t word, const struct model_xfer *xfers,
                  uint32_t count, uint64_t user_data);
/* The same with an exception without a message, of kind and detail 0. */
void model_raise(uint32_t process, uint32_t call, uint64_t user_data);
void model_cancel(uint32_t process, uint64_t wanted, uint64_t user_data);
void model_call_end(uint32_t call, int32_t result);
/* Takes it out of wherever it stands; its credit stays with the server. */
void model_call_take(uint32_t call);
void model_call_withdraw(uint32_t call, int32_t result);
struct model_receive *model_receive_at(uint32_t name);
/* Takes no more calls. */
void model_receive_disarm(uint32_t process, uint32_t record);
void model_receive_drop(uint32_t process, uint32_t record);
/* A node is cut: what was armed through it ends, with the calls that it took. */
void model_receives_cut(uint32_t node);
void model_deliver_waiting(uint32_t endpoint);

/* Processes (model_process.c). */
struct model_spawn {
    uint64_t spawner;
    uint64_t image;
    uint32_t count;
    struct model_xfer grants[MESSAGE_CAPS_MAX];
    uint64_t limits[MODEL_CHARGES];
    uint64_t user_data;
};

/* Returns the new process, or 0; id is what the kernel will call it. */
uint32_t model_spawn(uint32_t process, const struct model_spawn *asked,
                     uint64_t id);
void model_kill(uint32_t process, uint64_t handle, int64_t code,
                uint64_t user_data);
uint32_t model_wait(uint32_t process, uint64_t handle, uint64_t user_data);
void model_exit(uint32_t process, int64_t code);

#endif
