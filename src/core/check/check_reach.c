/* check_reach.c - calls in flight, receives and mappings of one process: A1. */
#include "check/authority_check.h"
#include "ipc/endpoint.h"
#include "ipc/facet.h"
#include "mem/region.h"
#include "proc/process.h"

static void check_call(const struct process *process, const struct call *call)
{
    const struct object *object = sync_load_pointer(&call->object);
    const struct process *server = call->server;
    uint32_t state = sync_load(&call->state);
    uint64_t id = sync_load64(&call->id);

    if (state == CALL_FREE) {
        return;
    }
    authority_must(!object || sync_load(&object->references) != 0,
                   "a call's object is gone", process->id, id);
    authority_must(!call->node ||
                       (sync_load(&call->node->object.references) != 0 &&
                        list_linked(&call->node_link)),
                   "a call's node is gone or does not know it", process->id,
                   id);
    if (state == CALL_QUEUED || state == CALL_DELIVERED) {
        authority_must(object && object->type == &facet_type,
                       "a call waits for what is no facet", process->id, id);
    }
    if (state == CALL_DELIVERED) {
        authority_must(server && process_state(server) != PROCESS_ENDED &&
                           !sync_load_pointer(&call->receive) ==
                               list_linked(&call->link) &&
                           list_linked(&call->facet_link),
                       "a call is in the hands of nobody", process->id, id);
    }
}

static void check_receive(const struct process *process,
                          const struct receive *receive)
{
    const struct endpoint *endpoint = sync_load_pointer(&receive->endpoint);

    const struct revocation_node *node = sync_load_pointer(&receive->node);

    authority_must(!endpoint || sync_load(&endpoint->object.references) != 0,
                   "a receive's endpoint is gone", process->id, 0);
    authority_must(!node || (endpoint &&
                             sync_load(&node->object.references) != 0 &&
                             list_linked(&receive->node_link)),
                   "a receive's node is gone or does not know it",
                   process->id, 0);
}

static void check_park(const struct process *process, const struct park *park)
{
    const struct revocation_node *node =
        sync_load(&park->bucket) ? park->node : NULL;

    authority_must(!node || (park->memory &&
                             sync_load(&node->object.references) != 0 &&
                             list_linked(&park->node_link)),
                   "a parked operation's node is gone or does not know it",
                   process->id, 0);
}

static void check_thread(const struct process *process,
                         const struct thread *thread)
{
    authority_must(sync_load(&thread->object.references) != 0,
                   "a thread is gone", process->id, thread->id);
    if (sync_load(&thread->state) == THREAD_ENDED) {
        return; /* it is being taken apart */
    }
    authority_looks += thread->call_count;
    for (uint32_t i = 0; i < thread->call_count; i++) {
        check_call(process, &thread->calls[i]);
    }
    for (uint32_t i = 0; i < RECV_RECORDS; i++) {
        check_receive(process, &thread->receives[i]);
    }
    for (uint32_t i = 0; i < PARK_RECORDS; i++) {
        check_park(process, &thread->parks[i]);
    }
}

static void check_region(const struct process *process,
                         const struct region *region)
{
    const struct revocation_node *node = region->node;

    authority_must(!region->next || region_end(region) <= region->next->va,
                   "two regions overlap", process->id, region->va);
    authority_must(!region->memory ||
                       sync_load(&region->memory->references) != 0,
                   "a mapping's memory is gone", process->id, region->va);
    authority_must(!node || (sync_load(&node->object.references) != 0 &&
                             list_linked(&region->node_link)),
                   "a mapping's node is gone or does not know it",
                   process->id, region->va);
}

void check_reach(struct process *process)
{
    for (struct list_node *node = list_first(&process->threads); node;
         node = list_next(&process->threads, node)) {
        check_thread(process, container_of(node, struct thread, link));
    }
    if (process->space_made && process_state(process) == PROCESS_ALIVE) {
        for (const struct region *region = process->space.regions; region;
             region = region->next) {
            check_region(process, region);
        }
    }
}
