/*
 * client.c - writes BASE.client.gen.h: typed calls over a struct transport.
 *
 * The shape of a stub follows from its schema; the comment at the top of the
 * generated header (see convention) is the contract.
 */
#include "emit.h"

static const char convention[] =
    "\n/*\n"
    " * For each method M of interface I, with C names in snake_case:\n"
    " *\n"
    " *   i_m(t, cap, ARGS, [buffer,] OUTS)        calls and waits\n"
    " *   i_m_submit(t, rpc, cap, ARGS, [buffer])  queues the call\n"
    " *   i_m_finish(rpc, [buffer,] OUTS)          reads results, when done\n"
    " *\n"
    " * All return 0 (submit: what the transport returns) or a negative\n"
    " * ERR_*. Set rpc->complete and rpc->context before i_m_submit (NULL\n"
    " * for none); rpc and buffer must stay until rpc->done.\n"
    " *\n"
    " * ARGS   one argument per field of the params, if all are data, Text\n"
    " *        (struct wire_text), Data (struct wire_data) or capabilities\n"
    " *        (struct ring_xfer: xfer_copy(cap), xfer_move(cap)). Otherwise\n"
    " *        none: first call i_m_begin(buffer), fill the builder it\n"
    " *        returns, then submit or call with the same buffer. A\n"
    " *        capability is set there to rpc_buffer_pass(buffer, xfer).\n"
    " * OUTS   one pointer per field of the results, each may be NULL, if\n"
    " *        all are data or capabilities (as uint64_t CapId, 0 for none).\n"
    " *        Otherwise a struct i_m_results_reader *out that reads from\n"
    " *        the buffer; rpc_buffer_cap(buffer, index) has its CapIds.\n"
    " * buffer struct rpc_buffer * (capnp/client.h), where memory of the\n"
    " *        caller is needed: params are built at its start, results\n"
    " *        land behind them. i_m takes it only when sizes are open\n"
    " *        (Text, Data, lists, structs), i_m_submit whenever anything\n"
    " *        travels in memory. I_M_BUFFER_BYTES is the fixed part of what\n"
    " *        it must hold; add the bytes of each Text (+ 1), Data and\n"
    " *        list, rounded up to 8.\n"
    " *\n"
    " * The including program declares, before it includes this file:\n"
    " *   int32_t transport_submit(struct transport *t, struct rpc *rpc);\n"
    " *   int32_t transport_await(struct transport *t, struct rpc *rpc);\n"
    " *   int32_t transport_call(struct transport *t, uint64_t cap,\n"
    " *                          uint16_t method, uint64_t words[4]);\n"
    " */\n";

/* What decides the shape of a method's stubs. */
struct shape {
    struct method method;
    bool built;       /* params through i_m_begin */
    bool open;        /* results through a reader */
    bool sized;       /* params with Text or Data */
    bool sync_buffer; /* i_m takes a buffer */
    bool buffer;      /* i_m_submit takes one */
};

static bool is_void(const struct field *field)
{
    return field->type.lists == 0 && field->type.kind == SCHEMA_VOID;
}

static void shape_params(const struct request *request, struct shape *shape)
{
    const struct node *params = shape->method.params;

    shape->built = params->tag_count != 0;
    for (uint32_t i = 0; i < params->fields.count; i++) {
        struct field field;

        field_read(request, params, i, &field);
        if (type_cap(&field.type)) {
            continue;
        }
        shape->built |= !type_flat(&field.type);
        shape->sized |= !type_data(&field.type);
    }
}

static void shape_results(const struct request *request, struct shape *shape)
{
    const struct node *results = shape->method.results;

    shape->open = results->tag_count != 0;
    for (uint32_t i = 0; i < results->fields.count; i++) {
        struct field field;

        field_read(request, results, i, &field);
        shape->open |= !type_data(&field.type) && !type_cap(&field.type);
    }
}

static struct shape shape_of(const struct request *request,
                             const struct node *node, uint32_t i)
{
    struct shape shape = {0};

    method_read(request, node, i, &shape.method);
    shape_params(request, &shape);
    shape_results(request, &shape);
    shape.sync_buffer = shape.built || shape.sized || shape.open;
    shape.buffer = shape.sync_buffer || !shape.method.inline_params ||
                   !shape.method.inline_results;
    return shape;
}

/* The C type of a parameter. */
static struct name argument_type(const struct type *type)
{
    struct name passed = {"struct ring_xfer"};

    return type_cap(type) ? passed : emit_type(type);
}

/* Declares or, with types false, passes the arguments. */
static void emit_args(FILE *file, const struct request *request,
                      const struct shape *shape, bool types)
{
    const struct node *params = shape->method.params;

    for (uint32_t i = 0; i < params->fields.count && !shape->built; i++) {
        struct field field;
        struct name type;

        field_read(request, params, i, &field);
        if (is_void(&field)) {
            continue;
        }
        type = argument_type(&field.type);
        fprintf(file, ",\n    %s%s%s", types ? type.text : "",
                types ? " " : "", name_argument(&field.c).text);
    }
}

static void emit_outs(FILE *file, const struct request *request,
                      const struct shape *shape, bool types)
{
    const struct node *results = shape->method.results;

    if (shape->open) {
        fprintf(file, ",\n    %s%s%sout", types ? "struct " : "",
                types ? results->c.text : "", types ? "_reader *" : "");
        return;
    }
    for (uint32_t i = 0; i < results->fields.count; i++) {
        struct field field;
        struct name type;

        field_read(request, results, i, &field);
        if (is_void(&field)) {
            continue;
        }
        type = emit_type(&field.type);
        fprintf(file, ",\n    %s%sout_%s",
                !types                  ? ""
                : type_cap(&field.type) ? "uint64_t"
                                        : type.text,
                types ? " *" : "", field.c.text);
    }
}

static void emit_sets(FILE *file, const struct request *request,
                      const struct shape *shape)
{
    const struct node *params = shape->method.params;

    for (uint32_t i = 0; i < params->fields.count; i++) {
        struct field field;

        field_read(request, params, i, &field);
        if (!is_void(&field)) {
            bool cap = type_cap(&field.type);

            fprintf(file, "    %s_set_%s(p, %s%s%s);\n", params->c.text,
                    field.c.text, cap ? "rpc_buffer_pass(buffer, " : "",
                    name_argument(&field.c).text, cap ? ")" : "");
        }
    }
}

static void emit_sizes(FILE *file, const struct shape *shape)
{
    const struct method *method = &shape->method;
    const char *results = method->results->upper.text;

    if (!shape->buffer) {
        return;
    }
    fprintf(file, "#define %s_BUFFER_BYTES (", method->upper.text);
    if (method->inline_params) {
        fprintf(file, "0");
    } else {
        fprintf(file, "8 + %s_BYTES", method->params->upper.text);
    }
    if (!method->inline_results) {
        fprintf(file, " + \\\n    RPC_RESULTS_BYTES(%s_BYTES)", results);
    }
    fprintf(file, ")\n");
}

static void emit_begin(FILE *file, const struct shape *shape)
{
    const struct method *method = &shape->method;
    const char *params = method->params->c.text;

    if (!shape->built) {
        return;
    }
    fprintf(file,
            "static inline struct %s_builder\n%s_begin("
            "struct rpc_buffer *buffer)\n{\n",
            params, method->c.text);
    if (method->inline_params) {
        fprintf(file,
                "    return (struct %s_builder){\n"
                "        wire_builder_inline(buffer->words)};\n}\n",
                params);
    } else {
        fprintf(file,
                "    return (struct %s_builder){\n"
                "        rpc_buffer_begin(buffer, %u, %u)};\n}\n",
                params, method->params->data_words, method->params->pointers);
    }
}

/* Puts the params where the call's form wants them. */
static void emit_params(FILE *file, const struct request *request,
                        const struct shape *shape)
{
    const struct method *method = &shape->method;

    if (shape->built && method->inline_params) {
        fprintf(file, "    __builtin_memcpy(rpc->words, buffer->words, "
                      "sizeof(rpc->words));\n");
    } else if (!shape->built) {
        emit_sets(file, request, shape);
    }
    if (!method->inline_params) {
        fprintf(file,
                "    status = rpc_buffer_params(buffer, rpc);\n"
                "    if (status < 0) {\n        return status;\n    }\n");
    } else if (!method->inline_results) {
        fprintf(file, "    rpc_buffer_results(buffer, rpc, 0);\n");
    }
}

static void emit_submit(FILE *file, const struct request *request,
                        const struct node *node, const struct shape *shape)
{
    const struct method *method = &shape->method;
    struct name member = name_snake(method->name);

    fprintf(file,
            "static inline int32_t %s_submit(struct transport *t,\n"
            "    struct rpc *rpc, uint64_t cap",
            method->c.text);
    emit_args(file, request, shape, true);
    fprintf(file, "%s)\n{\n",
            shape->buffer ? ",\n    struct rpc_buffer *buffer" : "");
    if (!shape->built) {
        fprintf(file, "    struct %s_builder p = {\n        ",
                method->params->c.text);
        if (method->inline_params) {
            fprintf(file, "wire_builder_inline(rpc->words)};\n");
        } else {
            fprintf(file, "rpc_buffer_begin(buffer, %u, %u)};\n",
                    method->params->data_words, method->params->pointers);
        }
    }
    if (!method->inline_params) {
        fprintf(file, "    int32_t status;\n");
    }
    fprintf(file, "\n    rpc_prepare(rpc, cap, %s_METHOD_%s, %s_FLAGS);\n",
            node->upper.text, name_upper(&member).text, method->upper.text);
    emit_params(file, request, shape);
    if (!shape->built) {
        fprintf(file, "    (void)p;\n");
    }
    if (shape->buffer && method->inline_params && method->inline_results) {
        fprintf(file, "    (void)buffer;\n");
    }
    fprintf(file, "    return transport_submit(t, rpc);\n}\n");
}

static void emit_reads(FILE *file, const struct request *request,
                       const struct shape *shape)
{
    const struct node *results = shape->method.results;

    for (uint32_t i = 0; i < results->fields.count; i++) {
        struct field field;
        bool cap;

        field_read(request, results, i, &field);
        if (is_void(&field)) {
            continue;
        }
        cap = type_cap(&field.type);
        fprintf(file,
                "    if (out_%s) {\n        *out_%s = %s%s_get_%s(r)%s;\n"
                "    }\n",
                field.c.text, field.c.text, cap ? "rpc_cap(rpc, " : "",
                results->c.text, field.c.text, cap ? ")" : "");
    }
}

static void emit_finish(FILE *file, const struct request *request,
                        const struct shape *shape)
{
    const struct method *method = &shape->method;

    fprintf(file, "static inline int32_t %s_finish(const struct rpc *rpc%s",
            method->c.text, shape->open ? ",\n    struct rpc_buffer *buffer"
                                        : "");
    emit_outs(file, request, shape, true);
    fprintf(file, ")\n{\n");
    if (shape->open) {
        fprintf(file, "    return %s(buffer, rpc, &out->s);\n}\n",
                method->inline_results ? "rpc_buffer_open_inline"
                                       : "rpc_buffer_open");
        return;
    }
    fprintf(file, "    struct %s_reader r;\n", method->results->c.text);
    if (method->inline_results) {
        fprintf(file,
                "\n    if (rpc->status < 0) {\n        return rpc->status;\n"
                "    }\n    r.s = wire_inline(rpc->rwords);\n");
        emit_reads(file, request, shape);
        fprintf(file, "    (void)r;\n    return 0;\n}\n");
    } else {
        fprintf(file,
                "    struct wire_message message;\n"
                "    int32_t status = rpc_results(rpc, &message, &r.s);\n\n"
                "    if (status < 0) {\n        return status;\n    }\n");
        emit_reads(file, request, shape);
        fprintf(file, "    return wire_message_error(&message) ? "
                      "ERR_BAD_MESSAGE : 0;\n}\n");
    }
}

/* The synchronous stub of a method that needs no memory at all. */
static void emit_call_inline(FILE *file, const struct request *request,
                             const struct node *node,
                             const struct shape *shape)
{
    const struct method *method = &shape->method;
    struct name member = name_snake(method->name);

    fprintf(file, ")\n{\n    uint64_t words[4];\n"
                  "    struct %s_builder p = {wire_builder_inline(words)};\n"
                  "    struct %s_reader r;\n    int32_t status;\n\n",
            method->params->c.text, method->results->c.text);
    emit_sets(file, request, shape);
    fprintf(file,
            "    (void)p;\n"
            "    status = transport_call(t, cap, %s_METHOD_%s, words);\n"
            "    if (status < 0) {\n        return status;\n    }\n"
            "    r.s = wire_inline(words);\n",
            node->upper.text, name_upper(&member).text);
    emit_reads(file, request, shape);
    fprintf(file, "    (void)r;\n    return 0;\n}\n");
}

static void emit_call(FILE *file, const struct request *request,
                      const struct node *node, const struct shape *shape)
{
    const struct method *method = &shape->method;
    bool own = shape->buffer && !shape->sync_buffer;

    emit_comment(file, "", method->doc);
    fprintf(file, "static inline int32_t %s(struct transport *t, uint64_t cap",
            method->c.text);
    emit_args(file, request, shape, true);
    fprintf(file, "%s",
            shape->sync_buffer ? ",\n    struct rpc_buffer *buffer" : "");
    emit_outs(file, request, shape, true);
    if (!shape->buffer) {
        emit_call_inline(file, request, node, shape);
        return;
    }
    fprintf(file, ")\n{\n    struct rpc rpc;\n    int32_t status;\n");
    if (own) {
        fprintf(file,
                "    uint64_t memory[(%s_BUFFER_BYTES) / 8];\n"
                "    struct rpc_buffer scratch;\n    struct rpc_buffer *buffer "
                "= &scratch;\n",
                method->upper.text);
        fprintf(file, "\n    rpc_buffer_init(buffer, memory, sizeof(memory));"
                      "\n    rpc.complete = NULL;\n");
    } else {
        fprintf(file, "\n    rpc.complete = NULL;\n");
    }
    fprintf(file,
            "    rpc.context = NULL;\n"
            "    status = %s_submit(t, &rpc, cap",
            method->c.text);
    emit_args(file, request, shape, false);
    fprintf(file, "%s);\n", shape->buffer ? ", buffer" : "");
    fprintf(file,
            "    if (status >= 0) {\n"
            "        status = transport_await(t, &rpc);\n    }\n"
            "    if (status < 0) {\n        return status;\n    }\n"
            "    return %s_finish(&rpc%s",
            method->c.text, shape->open ? ", buffer" : "");
    emit_outs(file, request, shape, false);
    fprintf(file, ");\n}\n");
}

void write_client(const struct request *request)
{
    struct output output;
    const struct node *node;

    output_open(&output, request, "client.gen.h",
                "typed calls over a transport.");
    fprintf(output.file, "%s", convention);
    emit_guard(output.file, request, "CLIENT");
    fprintf(output.file,
            "#include \"%s.gen.h\"\n#include \"capnp/client.h\"\n",
            request->base);
    for (uint16_t i = 0; (node = request_own(request, NODE_INTERFACE, i));
         i++) {
        fprintf(output.file, "\n");
        emit_comment(output.file, "", node_doc(node));
        for (uint32_t k = 0; k < method_count(node); k++) {
            struct shape shape = shape_of(request, node, k);

            fprintf(output.file, "\n");
            emit_sizes(output.file, &shape);
            emit_begin(output.file, &shape);
            emit_submit(output.file, request, node, &shape);
            emit_finish(output.file, request, &shape);
            emit_call(output.file, request, node, &shape);
        }
    }
    emit_guard(output.file, request, NULL);
    output_close(&output);
}
