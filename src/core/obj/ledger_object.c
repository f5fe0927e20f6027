/* ledger_object.c - Ledger: what is used, and ledgers below. */
#include "fail.h"
#include "limits.h"
#include "obj/methods.h"
#include "proc/ledger.h"
#include "proc/process.h"
#include "text.h"

/* A limit of a field of 32 bits. */
static uint64_t limit_of(uint32_t asked)
{
    return asked == UINT32_MAX ? LIMIT_HALF : asked;
}

void ledger_limits(const struct ledger *payer,
                   struct process_limits_reader limits,
                   uint64_t out[LEDGER_KINDS])
{
    const uint64_t asked[LEDGER_KINDS] = {
        [LEDGER_PAGES] = process_limits_get_pages(limits),
        [LEDGER_TABLES] = process_limits_get_tables(limits),
        [LEDGER_VIRTUAL] = process_limits_get_virtual(limits),
        [LEDGER_THREADS] = limit_of(process_limits_get_threads(limits)),
        [LEDGER_PROCESSES] = limit_of(process_limits_get_processes(limits)),
        [LEDGER_CAPS] = limit_of(process_limits_get_caps(limits)),
        [LEDGER_RINGS] = process_limits_get_rings(limits),
        [LEDGER_CALLS] = process_limits_get_calls(limits),
        [LEDGER_OBJECTS] = process_limits_get_objects(limits),
        [LEDGER_SCRATCH] = process_limits_get_scratch(limits),
        [LEDGER_LOG_BYTES] = process_limits_get_log_bytes(limits),
        [LEDGER_WEIGHT] = process_limits_get_weight(limits),
    };

    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        uint64_t limit = ledger_limit(payer, kind);

        if (asked[kind] == LIMIT_HALF) {
            out[kind] = (limit - ledger_used(payer, kind)) / 2;
        } else {
            out[kind] = asked[kind] ? asked[kind]
                                    : ledger_default(kind, limit);
        }
    }
}

static int32_t ledger_usage(void *self, struct server_call *call,
                            struct ledger_usage_params_reader params,
                            struct ledger_usage_results_builder results)
{
    const struct ledger *ledger = self;
    struct wire_builder_list list =
        ledger_usage_results_init_entries(results, LEDGER_KINDS);

    (void)call;
    (void)params;
    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        const char *name = ledger_kind_name(kind);
        struct ledger_entry_builder entry =
            ledger_usage_results_entries_build(list, kind);

        ledger_entry_set_name(
            entry, (struct wire_text){name, (uint32_t)text_length(name)});
        ledger_entry_set_used(entry, ledger_used(ledger, kind));
        ledger_entry_set_limit(entry, ledger_limit(ledger, kind));
    }
    return 0;
}

static int32_t ledger_create_below(void *self, struct server_call *call,
                                   struct ledger_create_params_reader params,
                                   struct ledger_create_results_builder results)
{
    struct ledger *parent = self;
    uint64_t limits[LEDGER_KINDS];
    struct ledger *ledger;
    uint32_t index;
    int32_t error;

    ledger_limits(parent, ledger_create_params_get_limits(params), limits);
    error = ledger_create(parent, limits, &ledger);
    if (!error) {
        error = kernel_give_new(call, &ledger->object, &index);
    }
    if (error) {
        return kernel_raise(call, error, "the ledger has not so much left");
    }
    ledger_create_results_set_ledger(results, index);
    return 0;
}

static const struct ledger_server ledger_handlers = {
    .usage = ledger_usage,
    .create = ledger_create_below,
};

int32_t ledger_methods(struct object *object, struct kernel_call *call)
{
    return ledger_dispatch(&ledger_handlers,
                           container_of(object, struct ledger, object),
                           &call->server);
}
