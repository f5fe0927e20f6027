/* usage.c - see usage.h. */
#include "usage.h"

#include "calls.h"
#include "text.h"
#include "thread.h"

#define USAGE_WORDS 512u
#define SETTLE_ROUNDS 100000u

static void kind_fill(struct usage_kind *kind, struct ledger_entry_reader entry)
{
    struct wire_text name = ledger_entry_get_name(entry);
    uint32_t length = name.length < USAGE_NAME_BYTES ? name.length
                                                     : USAGE_NAME_BYTES - 1;

    __builtin_memset(kind->name, 0, sizeof(kind->name));
    __builtin_memcpy(kind->name, name.bytes, length);
    kind->used = ledger_entry_get_used(entry);
    kind->limit = ledger_entry_get_limit(entry);
}

int32_t usage_read(uint64_t ledger, struct usage *usage)
{
    uint64_t memory[USAGE_WORDS];
    struct ledger_usage_results_reader results;
    struct rpc_buffer buffer;
    struct wire_list entries;
    int32_t status;

    usage->count = 0;
    rpc_buffer_init(&buffer, memory, sizeof(memory));
    status = ledger_usage(rt(), ledger, &buffer, &results);
    if (status < 0) {
        return status;
    }
    entries = ledger_usage_results_get_entries(results);
    for (; usage->count < entries.count && usage->count < USAGE_KINDS_MAX;
         usage->count++) {
        kind_fill(&usage->kinds[usage->count],
                  ledger_usage_results_entries_at(entries, usage->count));
    }
    return 0;
}

const struct usage_kind *usage_find(const struct usage *usage,
                                    const char *name)
{
    for (uint32_t i = 0; i < usage->count; i++) {
        if (text_equal(usage->kinds[i].name, name)) {
            return &usage->kinds[i];
        }
    }
    return NULL;
}

uint64_t usage_used(const struct usage *usage, const char *name)
{
    const struct usage_kind *kind = usage_find(usage, name);

    return kind ? kind->used : UINT64_MAX;
}

const char *usage_difference(const struct usage *a, const struct usage *b)
{
    for (uint32_t i = 0; i < a->count; i++) {
        if (a->kinds[i].used != usage_used(b, a->kinds[i].name)) {
            return a->kinds[i].name;
        }
    }
    return NULL;
}

const char *usage_settle(uint64_t ledger, const struct usage *before,
                         struct usage *now)
{
    const char *kind = NULL;

    for (uint32_t i = 0; i < SETTLE_ROUNDS; i++) {
        if (usage_read(ledger, now) < 0) {
            return "unread";
        }
        kind = usage_difference(before, now);
        if (kind == NULL) {
            break;
        }
        ring_yield(ring_self());
    }
    return kind;
}
