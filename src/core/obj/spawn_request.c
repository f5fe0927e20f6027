/* spawn_request.c - what a new process is to be: decoding SpawnRequest. */
#include "obj/spawn_request.h"

#include "text.h"

bool spawn_name(char name[NAME_BYTES_MAX + 1], struct wire_text text)
{
    if (text.length == 0 || text.length > NAME_BYTES_MAX ||
        text_length_max(text.bytes, text.length) != text.length) {
        return false;
    }
    __builtin_memset(name, 0, NAME_BYTES_MAX + 1);
    __builtin_memcpy(name, text.bytes, text.length);
    return true;
}

static bool spawn_granted(const struct spawn *spawn, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++) {
        if (bytes_equal(spawn->names[i], spawn->names[index],
                        NAME_BYTES_MAX + 1)) {
            return true;
        }
    }
    return false;
}

static const char *spawn_decode_grants(struct spawn *spawn,
                                       struct process *caller,
                                       struct spawn_request_reader request)
{
    struct wire_list list = spawn_request_get_grants(request);

    if (list.count > PROCESS_GRANTS_MAX) {
        return "more than 64 grants";
    }
    for (uint32_t i = 0; i < list.count; i++) {
        struct grant_reader grant = spawn_request_grants_at(list, i);

        if (!spawn_name(spawn->names[i], grant_get_name(grant))) {
            return "a grant's name is empty or over 31 bytes";
        }
        if (spawn_granted(spawn, i)) {
            return "two grants have one name";
        }
        spawn->xfers[i] = (struct ring_xfer){.cap = grant_get_cap(grant)};
    }
    spawn->grants = (struct process_grants){
        .from = &caller->caps,
        .xfers = spawn->xfers,
        .names = spawn->names,
        .count = list.count,
    };
    return NULL;
}

/* Who pays: the ledger that the request names, or the caller's. */
static const char *spawn_decode_ledger(struct spawn *spawn,
                                       struct process *caller,
                                       struct spawn_request_reader request)
{
    uint64_t cap = spawn_request_get_ledger(request);
    struct ledger *payer = caller->ledger;

    if (cap) {
        spawn->ledger = cap_get(&caller->caps, cap);
        if (!spawn->ledger || spawn->ledger->type != &ledger_type) {
            return "ledger is no Ledger that the caller holds";
        }
        payer = container_of(spawn->ledger, struct ledger, object);
    }
    ledger_limits(payer, spawn_request_get_limits(request), spawn->limits);
    spawn->request.payer = payer;
    spawn->request.limits = spawn->limits;
    return NULL;
}

/* The session is inherited, unless somebody may say which it is. */
static const char *spawn_decode_session(struct spawn *spawn,
                                        const struct process *caller,
                                        struct spawn_request_reader request)
{
    uint64_t cap = spawn_request_get_session_authority(request);
    uint64_t session = spawn_request_get_session(request);

    if (!cap) {
        spawn->request.session_id = caller->session_id;
        return session ? "a session is given by who has a SessionAuthority"
                       : NULL;
    }
    spawn->request.session_id = session;
    return session_authority(cap_lookup(&caller->caps, cap))
               ? NULL
               : "sessionAuthority is no SessionAuthority that the caller holds";
}

/* What the first thread starts with. */
static const char *spawn_decode_first(struct spawn *spawn,
                                      struct spawn_request_reader request)
{
    struct wire_list words = spawn_request_get_words(request);

    if (words.count > 3) {
        return "more than three words";
    }
    for (uint32_t i = 0; i < words.count; i++) {
        spawn->first.words[i] = spawn_request_words_at(words, i);
    }
    spawn->first.sq_entries = spawn_request_get_sq_entries(request);
    spawn->first.cq_entries = spawn_request_get_cq_entries(request);
    spawn->first.weight = spawn_request_get_weight(request);
    spawn->first.cpu_hint = spawn_request_get_cpu_hint(request);
    spawn->stack_bytes = spawn_request_get_stack_bytes(request);
    return NULL;
}

static const char *spawn_decode_image(struct spawn *spawn,
                                      struct process *caller,
                                      struct spawn_request_reader request)
{
    uint64_t cap = spawn_request_get_image(request);

    if (!cap) {
        return NULL;
    }
    spawn->image = cap_get_through(&caller->caps, cap, &spawn->image_node);
    return spawn->image && memory_object_memory(spawn->image)
               ? NULL
               : "image is no MemoryObject that the caller holds";
}

const char *spawn_decode(struct spawn *spawn, struct process *caller,
                         struct spawn_request_reader request)
{
    struct wire_data args = spawn_request_get_args(request);
    const char *wrong = spawn_decode_image(spawn, caller, request);

    if (wrong) {
        return wrong;
    }
    if (!spawn_name(spawn->name, spawn_request_get_name(request))) {
        return "the name is empty or over 31 bytes";
    }
    if (args.length > ARGS_BYTES_MAX) {
        return "the arguments are over 8192 bytes";
    }
    spawn->args = args.bytes;
    spawn->args_bytes = args.length;
    spawn->request.name = spawn->name;
    spawn->request.parent_id = caller->id;
    spawn->request.parent = caller;
    spawn->request.without_self = spawn_request_get_without_self(request);
    wrong = spawn_decode_first(spawn, request);
    if (!wrong) {
        wrong = spawn_decode_ledger(spawn, caller, request);
    }
    if (!wrong) {
        wrong = spawn_decode_session(spawn, caller, request);
    }
    return wrong ? wrong : spawn_decode_grants(spawn, caller, request);
}

void spawn_release(struct spawn *spawn)
{
    if (spawn->image) {
        object_put(spawn->image);
    }
    if (spawn->ledger) {
        object_put(spawn->ledger);
    }
}
