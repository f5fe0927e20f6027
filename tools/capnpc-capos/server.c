/*
 * server.c - writes BASE.server.gen.h: for every interface a table of handlers
 * and the function that dispatches a call to them (server.h). It is inline: where
 * the table is constant, as it usually is, handlers are called directly.
 */
#include "emit.h"

static void emit_handlers(FILE *file, const struct request *request,
                          const struct node *node)
{
    fprintf(file, "\n");
    emit_comment(file, "", node_doc(node));
    fprintf(file, "struct %s_server {\n", node->c.text);
    for (uint32_t i = 0; i < method_count(node); i++) {
        struct method method;

        method_read(request, node, i, &method);
        emit_comment(file, "    ", method.doc);
        fprintf(file,
                "    int32_t (*%s)(void *self, struct server_call *call,\n"
                "        struct %s_reader params,\n"
                "        struct %s_builder results);\n",
                method.member.text, method.params->c.text,
                method.results->c.text);
    }
    if (method_count(node) == 0) {
        fprintf(file, "    int unused;\n");
    }
    fprintf(file, "};\n");
}

static void emit_begins(FILE *file, const struct request *request,
                        const struct node *node)
{
    for (uint32_t i = 0; i < method_count(node); i++) {
        struct method method;
        const char *results;

        method_read(request, node, i, &method);
        results = method.results->c.text;
        fprintf(file,
                "\nstatic inline struct %s_builder\n"
                "%s_results_begin(struct server_call *call)\n{\n"
                "    call->method = %u;\n"
                "    call->flags = %s_FLAGS;\n"
                "    return (struct %s_builder){\n"
                "        server_results(call, %s_FLAGS, %u, %u)};\n}\n",
                results, method.c.text, i, method.upper.text, results,
                method.upper.text, method.results->data_words,
                method.results->pointers);
    }
}

/* How a field is checked in place (check.h); NULL: it takes a walk. */
static const char *field_check(const struct field *field)
{
    struct schema_field of = {.kind = field->type.kind};

    if (field->type.lists > 0) {
        return schema_field_element(&of, field->type.lists) < WIRE_POINTER
                   ? "list"
                   : NULL;
    }
    switch (field->type.kind) {
    case SCHEMA_TEXT:
        return "text";
    case SCHEMA_DATA:
        return "data";
    case SCHEMA_INTERFACE:
        return "cap";
    case SCHEMA_ANY_POINTER:
        return "any";
    default:
        return NULL;
    }
}

/* True if the params are checked in place, without a walk over the schema. */
static bool checked_in_place(const struct request *request,
                             const struct node *params)
{
    bool in_place = params->tag_count == 0;

    for (uint32_t i = 0; i < params->fields.count; i++) {
        struct field field;

        field_read(request, params, i, &field);
        in_place &= type_data(&field.type) || field_check(&field) != NULL;
    }
    return in_place;
}

static void emit_check_field(FILE *file, const struct field *field)
{
    fprintf(file, "wire_check_%s(params, %u", field_check(field),
            field->offset);
    if (field->type.lists > 0) {
        fprintf(file, ", %s", emit_element(&field->type, field->type.lists));
    }
    fprintf(file, ")");
}

/* What must be true of params in memory before a handler sees them. */
static void emit_check(FILE *file, const struct request *request,
                       const struct node *params)
{
    const char *before = "    if (status == 0 &&\n        !(";
    const char *first = before;

    if (!checked_in_place(request, params)) {
        fprintf(file, "%sserver_check(call, &%s_schema, %u, params)", before,
                request->base, params->index);
        before = NULL;
    }
    for (uint32_t i = 0; i < params->fields.count && before; i++) {
        struct field field;

        field_read(request, params, i, &field);
        if (!type_data(&field.type)) {
            fprintf(file, "%s", before);
            emit_check_field(file, &field);
            before = " &&\n          ";
        }
    }
    if (before != first) {
        fprintf(file, ")) {\n        status = ERR_BAD_MESSAGE;\n    }\n");
    }
}

/* Calls the handler, if form and params have passed, and ends the call. */
static void emit_handle(FILE *file, const struct method *method,
                        const char *params, const char *results)
{
    fprintf(file,
            "    if (status == 0) {\n"
            "        status = server->%s\n"
            "            ? (server->%s)(self, call,\n"
            "                (struct %s_reader){%s},\n"
            "                (struct %s_builder){%s})\n"
            "            : server_unimplemented(call);\n"
            "    }\n"
            "    return server_finish_%s(call, status);\n}\n",
            method->member.text, method->member.text, method->params->c.text,
            params, method->results->c.text, results,
            method->inline_results ? "inline" : "memory");
}

/* The body for a method of which anything travels in memory. */
static void emit_in_memory(FILE *file, const struct request *request,
                           const struct method *method)
{
    fprintf(file,
            "    struct wire_builder_struct results = {.builder = NULL};\n"
            "    struct wire_struct params;\n"
            "    int32_t status = server_open(call, %s_FLAGS, &params);\n\n",
            method->upper.text);
    if (!method->inline_params) {
        emit_check(file, request, method->params);
    }
    fprintf(file,
            "    if (status == 0) {\n"
            "        results = server_results(call, %s_FLAGS, %u, %u);\n",
            method->upper.text, method->results->data_words,
            method->results->pointers);
    if (!method->inline_results) {
        fprintf(file, "        status = call->builder.error ? ERR_TOO_LARGE "
                      ": 0;\n");
    }
    fprintf(file, "    }\n");
    emit_handle(file, method, "params", "results");
}

/*
 * What serves one method: on its own, so that none saves registers for the sake
 * of another.
 */
static void emit_serve(FILE *file, const struct request *request,
                       const struct node *node, const struct method *method)
{
    fprintf(file,
            "\nstatic __attribute__((unused, noinline)) int32_t\n"
            "%s_serve(const struct %s_server *server, void *self,\n"
            "    struct server_call *call)\n{\n",
            method->c.text, node->c.text);
    if (method->inline_params && method->inline_results) {
        fprintf(file,
                "    int32_t status = server_begin_inline(call, %u);\n\n",
                method->results->data_words);
        emit_handle(file, method, "wire_inline(call->words)",
                    "wire_builder_inline(call->rwords)");
    } else {
        emit_in_memory(file, request, method);
    }
}

static void emit_dispatch(FILE *file, const struct request *request,
                          const struct node *node)
{
    for (uint32_t i = 0; i < method_count(node); i++) {
        struct method method;

        method_read(request, node, i, &method);
        emit_serve(file, request, node, &method);
    }
    fprintf(file,
            "\nstatic inline int32_t\n"
            "%s_dispatch(const struct %s_server *server,\n"
            "    void *self, struct server_call *call)\n{\n"
            "    (void)server;\n    (void)self;\n"
            "    switch (call->method) {\n",
            node->c.text, node->c.text);
    for (uint32_t i = 0; i < method_count(node); i++) {
        struct method method;

        method_read(request, node, i, &method);
        fprintf(file, "    case %u:\n"
                      "        return %s_serve(server, self, call);\n",
                i, method.c.text);
    }
    fprintf(file, "    default:\n        return server_finish(call, "
                  "ERR_WRONG_METHOD);\n    }\n}\n");
}

void write_server_header(const struct request *request)
{
    struct output output;
    const struct node *node;

    output_open(&output, request, "server.gen.h",
                "handler tables and dispatch; conventions in capnp/server.h.");
    emit_guard(output.file, request, "SERVER");
    fprintf(output.file,
            "#include \"%s.gen.h\"\n#include \"%s.schema.gen.h\"\n"
            "#include \"capnp/server.h\"\n#include \"errors.h\"\n",
            request->base, request->base);
    for (uint16_t i = 0; (node = request_own(request, NODE_INTERFACE, i));
         i++) {
        emit_handlers(output.file, request, node);
        emit_dispatch(output.file, request, node);
        emit_begins(output.file, request, node);
    }
    emit_guard(output.file, request, NULL);
    output_close(&output);
}
