/*
 * server.c - writes BASE.server.gen.h and .c: for every interface a table of
 * handlers and the function that dispatches a call to them (server.h).
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
    fprintf(file,
            "};\n\nint32_t %s_dispatch(const struct %s_server *server,\n"
            "    void *self, struct server_call *call);\n",
            node->c.text, node->c.text);
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

void write_server_header(const struct request *request)
{
    struct output output;
    const struct node *node;

    output_open(&output, request, "server.gen.h",
                "handler tables and dispatch; conventions in capnp/server.h.");
    emit_guard(output.file, request, "SERVER");
    fprintf(output.file,
            "#include \"%s.gen.h\"\n#include \"%s.schema.gen.h\"\n"
            "#include \"capnp/server.h\"\n",
            request->base, request->base);
    for (uint16_t i = 0; (node = request_own(request, NODE_INTERFACE, i));
         i++) {
        emit_handlers(output.file, request, node);
        emit_begins(output.file, request, node);
    }
    emit_guard(output.file, request, NULL);
    output_close(&output);
}

/* Checks form and params of one method; the inline ones without the schema. */
static void emit_begin(FILE *file, const struct request *request,
                       const struct node *node, const struct method *method)
{
    if (method->inline_params && method->inline_results) {
        fprintf(file, "        status = server_begin_inline(call, %u);\n",
                method->results->data_words);
    } else {
        fprintf(file,
                "        status = server_begin(call, &%s_schema,\n"
                "            &%s_schema.interfaces[%u]);\n",
                request->base, request->base, node->index);
    }
}

static void emit_dispatch(FILE *file, const struct request *request,
                          const struct node *node)
{
    fprintf(file,
            "\nint32_t %s_dispatch(const struct %s_server *server,\n"
            "    void *self, struct server_call *call)\n{\n"
            "    int32_t status = ERR_WRONG_METHOD;\n\n"
            "    switch (call->method) {\n",
            node->c.text, node->c.text);
    for (uint32_t i = 0; i < method_count(node); i++) {
        struct method method;
        bool inlined;

        method_read(request, node, i, &method);
        fprintf(file, "    case %u:\n", i);
        emit_begin(file, request, node, &method);
        inlined = method.inline_params && method.inline_results;
        fprintf(file,
                "        if (status == 0) {\n"
                "            status = server->%s\n"
                "                ? server->%s(self, call,\n"
                "                    (struct %s_reader){%s},\n"
                "                    (struct %s_builder){\n"
                "                        %s})\n"
                "                : server_unimplemented(call);\n"
                "        }\n"
                "        break;\n",
                method.member.text, method.member.text,
                method.params->c.text,
                inlined ? "wire_inline(call->words)" : "call->params_root",
                method.results->c.text,
                inlined ? "wire_builder_inline(call->rwords)"
                        : "call->results_root");
    }
    fprintf(file, "    default:\n        (void)server;\n        (void)self;\n"
                  "        break;\n    }\n"
                  "    return server_finish(call, status);\n}\n");
}

void write_server_source(const struct request *request)
{
    struct output output;
    const struct node *node;

    output_open(&output, request, "server.gen.c",
                "dispatch of calls to handlers.");
    fprintf(output.file,
            "#include \"%s.server.gen.h\"\n#include \"errors.h\"\n",
            request->base);
    for (uint16_t i = 0; (node = request_own(request, NODE_INTERFACE, i));
         i++) {
        emit_dispatch(output.file, request, node);
    }
    output_close(&output);
}
