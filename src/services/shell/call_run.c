/*
 * call_run.c - one call by the tables: params, call, results or exception.
 *
 * Capabilities in the results are kept under the name of their field; those
 * that no field refers to are given back at once.
 */
#include "call.h"
#include "exception.h"
#include "input.h"

#include "capos.schema.gen.h"

/*
 * Params, and results behind them; the kernel takes no larger result buffer. The
 * shell has one thread and runs one command.
 */
static uint64_t call_memory[KERNEL_MESSAGE_BYTES_MAX / 8];

/* One call, from params to results. */
struct calling {
    const struct call_target *target;
    const struct schema_method *method;
    struct rpc rpc;
    struct rpc_buffer buffer;
    struct printer printer;
    uint32_t kept; /* bit i: capability i was taken */
};

static void screen_write(void *context, const char *bytes, uint32_t size)
{
    (void)context;
    con_write(bytes, size);
}

static uint64_t cap_by_name(struct span name)
{
    struct named_cap found;

    return names_find(name.at, span_bytes(name), &found) ? found.cap
                                                         : CAP_NONE;
}

/* Fills the rpc; false if the arguments do not fit the method. */
static bool params_build(struct calling *calling, struct span arguments)
{
    const struct schema_struct *type =
        &capos_schema.structs[calling->method->params];
    struct value_builder builder = {.schema = &capos_schema,
                                    .cap_find = cap_by_name};
    bool inlined = calling->method->flags & RING_INLINE;
    struct wire_builder_struct out;

    rpc_prepare(&calling->rpc, calling->target->cap.cap,
                calling->target->method, (uint8_t)calling->method->flags);
    if (inlined) {
        out = wire_builder_inline(calling->rpc.words);
    } else {
        out = rpc_buffer_begin(&calling->buffer, type->data_words,
                               type->pointers);
    }
    if (!value_build(&builder, type, arguments, out)) {
        con_print("call: %s\n", builder.error);
        printer_add(&calling->printer, "  ");
        signature_print(&calling->printer, &capos_schema, calling->method);
        printer_put(&calling->printer, '\n');
        return false;
    }
    if (inlined) {
        rpc_buffer_results(&calling->buffer, &calling->rpc, 0);
    } else if (rpc_buffer_params(&calling->buffer, &calling->rpc) < 0) {
        con_print("call: the arguments need more than %u bytes\n",
                  (uint32_t)sizeof(call_memory));
        return false;
    }
    return true;
}

/* What a capability really offers; the schema's word if that is not known. */
static uint64_t interface_of(uint64_t cap, const struct schema_field *field)
{
    uint64_t self = capset_find("self-caps", CAPABILITY_MANAGER_INTERFACE_ID);
    struct capability_manager_list_results_reader results;
    uint64_t memory[64];
    struct rpc_buffer buffer;
    struct wire_list list;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    if (self != CAP_NONE &&
        capability_manager_list(rt(), self, (uint32_t)cap, &buffer,
                                &results) >= 0) {
        struct cap_entry_reader entry;

        list = capability_manager_list_results_get_entries(results);
        entry = capability_manager_list_results_entries_at(list, 0);
        if (cap_entry_get_cap(entry) == cap) {
            return cap_entry_get_interface_id(entry);
        }
    }
    return field->kind == SCHEMA_INTERFACE
               ? capos_schema.interfaces[field->index].id
               : 0;
}

static void cap_print(struct value_printer *values,
                      const struct schema_field *field, uint32_t index)
{
    struct calling *calling = values->context;
    uint64_t cap = rpc_buffer_cap(&calling->buffer, index);
    const struct schema_interface *iface;
    const char *name = NULL;
    uint64_t id;

    if (cap == CAP_NONE) {
        printer_add(values->printer, "<no capability>");
        return;
    }
    id = interface_of(cap, field);
    iface = schema_find_interface(&capos_schema, id);
    if (!(calling->kept & 1u << index)) {
        name = names_keep(field->name, cap, id);
        calling->kept |= name != NULL ? 1u << index : 0;
    }
    printer_add(values->printer, "<cap %u.%u %s>", (uint32_t)cap,
                (uint32_t)(cap >> 32), iface != NULL ? iface->name : "?");
    if (name == NULL) {
        printer_add(values->printer, ", given back: %u are kept already; "
                    "\"release NAME\" gives one up", NAMES_KEPT_MAX);
    } else {
        printer_add(values->printer, ", kept as %s", name);
    }
}

static int32_t results_open(struct calling *calling, struct wire_struct *root)
{
    if (calling->method->flags & RING_RINLINE) {
        *root = wire_inline(calling->rpc.rwords);
        return calling->rpc.status < 0 ? calling->rpc.status : 0;
    }
    return rpc_buffer_open(&calling->buffer, &calling->rpc, root);
}

static void results_show(struct calling *calling)
{
    const struct schema_struct *type =
        &capos_schema.structs[calling->method->results];
    struct value_printer values = {.printer = &calling->printer,
                                   .schema = &capos_schema,
                                   .cap_print = cap_print,
                                   .context = calling};
    struct wire_struct root;
    int32_t status = results_open(calling, &root);

    if (status < 0) {
        con_fail("call", status);
        return;
    }
    value_print(&values, type, root, 0);
    if (type->field_count == 0) {
        printer_add(&calling->printer, "done\n");
    }
    if (root.message != NULL && wire_message_error(root.message)) {
        printer_add(&calling->printer, "call: a part of the results was not "
                    "well-formed and is not shown\n");
    }
    for (uint32_t i = 0; i < calling->buffer.ncaps; i++) {
        if (!(calling->kept & 1u << i)) {
            cap_release(calling->buffer.caps[i]);
        }
    }
}

static const char *kind_name(enum cap_exception_kind kind)
{
    const struct schema_struct *type =
        schema_find_struct(&capos_schema, WIRE_TEXT("CapException"));
    const struct schema_enum *kinds = &capos_schema.enums[type->fields[0].index];

    return (uint32_t)kind < kinds->count ? kinds->names[kind] : "?";
}

static void exception_show(struct calling *calling)
{
    struct exception exception;
    struct printer *printer = &calling->printer;

    exception_read(&calling->rpc, &exception);
    printer_add(printer, "exception from %s.%s\n  kind = %s\n",
                calling->target->cap.name, calling->method->name,
                kind_name(exception.kind));
    if (exception.detail < 0) {
        printer_add(printer, "  detail = %s: %s; %s\n",
                    error_name(exception.detail),
                    error_sentence(exception.detail),
                    error_remedy(exception.detail));
    } else {
        printer_add(printer, "  detail = %d\n", exception.detail);
    }
    if (exception.reason[0] != '\0') {
        printer_add(printer, "  reason = ");
        printer_quote(printer, exception.reason,
                      (uint32_t)text_length(exception.reason));
        printer_put(printer, '\n');
    }
}

static void outcome_show(struct calling *calling)
{
    int32_t status = calling->rpc.status;

    if (status == ERR_EXCEPTION || status == ERR_EXCEPTION_TRUNCATED) {
        exception_show(calling);
    } else if (status < 0) {
        con_print("call: %s.%s: %s: %s; %s\n", calling->target->cap.name,
                  calling->method->name, error_name(status),
                  error_sentence(status), error_remedy(status));
    } else {
        results_show(calling);
    }
}

void call_run(const struct call_target *target, struct span arguments)
{
    struct calling calling = {
        .target = target, .method = &target->iface->methods[target->method]};
    int32_t status;

    printer_init(&calling.printer, screen_write, NULL);
    rpc_buffer_init(&calling.buffer, call_memory, sizeof(call_memory));
    if (params_build(&calling, arguments)) {
        status = transport_submit(rt(), &calling.rpc);
        if (status < 0) {
            con_fail("call", status);
            return;
        }
        input_await(&calling.rpc,
                    target->cap.interface_id != CONSOLE_INTERFACE_ID);
        outcome_show(&calling);
    }
    printer_flush(&calling.printer);
}
