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
                "    return (struct %s_builder){\n"
                "        server_results(call, &%s_schema,\n"
                "            &%s_schema.interfaces[%u])};\n}\n",
                results, method.c.text, i, results, request->base,
                request->base, node->index);
    }
}

/* Calls the handler, when form and params have been checked, and ends the call. */
static void emit_handle(FILE *file, const struct method *method, bool inlined)
{
    const char *in = inlined ? "        " : "    ";

    fprintf(file,
            "%sif (status == 0) {\n"
            "%s    status = server->%s\n"
            "%s        ? (server->%s)(self, call,\n"
            "%s            (struct %s_reader){%s},\n"
            "%s            (struct %s_builder){\n"
            "%s                %s})\n"
            "%s        : server_unimplemented(call);\n"
            "%s}\n"
            "%sreturn server_finish(call, status);\n",
            in, in, method->member.text, in, method->member.text, in,
            method->params->c.text,
            inlined ? "wire_inline(call->words)" : "call->params_root", in,
            method->results->c.text, in,
            inlined ? "wire_builder_inline(call->rwords)"
                    : "call->results_root", in, in, in);
}

/*
 * A method of which anything travels in memory: on its own, so that the others
 * need not save registers for its sake.
 */
static void emit_in_memory(FILE *file, const struct request *request,
                           const struct node *node,
                           const struct method *method)
{
    fprintf(file,
            "\nstatic __attribute__((unused, noinline)) int32_t\n"
            "%s_in_memory(const struct %s_server *server, void *self,\n"
            "    struct server_call *call)\n{\n"
            "    int32_t status = server_begin(call, &%s_schema,\n"
            "        &%s_schema.interfaces[%u]);\n\n",
            method->c.text, node->c.text, request->base, request->base,
            node->index);
    emit_handle(file, method, false);
    fprintf(file, "}\n");
}

static void emit_dispatch(FILE *file, const struct request *request,
                          const struct node *node)
{
    fprintf(file,
            "\nstatic inline int32_t\n"
            "%s_dispatch(const struct %s_server *server,\n"
            "    void *self, struct server_call *call)\n{\n"
            "    int32_t status;\n\n"
            "    (void)server;\n    (void)self;\n"
            "    switch (call->method) {\n",
            node->c.text, node->c.text);
    for (uint32_t i = 0; i < method_count(node); i++) {
        struct method method;

        method_read(request, node, i, &method);
        fprintf(file, "    case %u:\n", i);
        if (method.inline_params && method.inline_results) {
            fprintf(file, "        status = server_begin_inline(call, %u);\n",
                    method.results->data_words);
            emit_handle(file, &method, true);
        } else {
            fprintf(file,
                    "        return %s_in_memory(server, self, call);\n",
                    method.c.text);
        }
    }
    fprintf(file, "    default:\n        status = ERR_WRONG_METHOD;\n"
                  "        return server_finish(call, status);\n    }\n}\n");
}

static void emit_in_memories(FILE *file, const struct request *request,
                             const struct node *node)
{
    for (uint32_t i = 0; i < method_count(node); i++) {
        struct method method;

        method_read(request, node, i, &method);
        if (!method.inline_params || !method.inline_results) {
            emit_in_memory(file, request, node, &method);
        }
    }
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
        emit_in_memories(output.file, request, node);
        emit_dispatch(output.file, request, node);
        emit_begins(output.file, request, node);
    }
    emit_guard(output.file, request, NULL);
    output_close(&output);
}
