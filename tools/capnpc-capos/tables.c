/*
 * tables.c - writes BASE.schema.gen.h and .c: the schema as constant tables
 * (capnp/schema.h).
 */
#include "emit.h"

void write_schema_header(const struct request *request)
{
    struct output output;
    const char *base = request->base;

    output_open(&output, request, "schema.gen.h",
                "the schema as tables to read at run time.");
    emit_guard(output.file, request, "SCHEMA");
    fprintf(output.file,
            "#include \"capnp/schema.h\"\n\n"
            "extern const struct schema %s_schema;\n\n"
            "/* The interface with that id, or NULL. */\n"
            "static inline const struct schema_interface *\n"
            "%s_schema_interface(uint64_t id)\n{\n"
            "    return schema_find_interface(&%s_schema, id);\n}\n\n"
            "/* The method's name, or \"?\". */\n"
            "static inline const char *%s_schema_method_name(uint64_t id,\n"
            "    uint16_t method)\n{\n"
            "    return schema_find_method_name(&%s_schema, id, method);\n"
            "}\n\n"
            "/* Indices into the tables. */\n",
            base, base, base, base, base);
    for (uint32_t i = 0; i < request->count; i++) {
        const struct node *node = &request->nodes[i];
        const char *what = node->kind == NODE_STRUCT      ? "STRUCT"
                           : node->kind == NODE_ENUM      ? "ENUM"
                           : node->kind == NODE_INTERFACE ? "INTERFACE"
                                                          : NULL;

        if (node->own && what) {
            fprintf(output.file, "#define SCHEMA_%s_%s %uu\n", what,
                    node->upper.text, node->index);
        }
    }
    emit_guard(output.file, request, NULL);
    output_close(&output);
}

static void emit_field_row(FILE *file, const struct field *field)
{
    uint32_t bits = field->type.lists ? 0 : schema_kind_bits(field->type.kind);
    bool has_index = field->type.of != NULL;

    fprintf(file, "    {\"%s\", ", field->name);
    if (field->text.bytes) {
        emit_string(file, field->text);
        fprintf(file, ", %u,", field->text.length);
    } else {
        fprintf(file, "0, 0x%llxull,", (unsigned long long)field->bits);
    }
    fprintf(file, " %u, %u, %u, %u, %u},\n",
            bits ? field->offset * bits : field->offset, field->tag,
            has_index ? field->type.of->index : SCHEMA_NO_INDEX,
            field->type.kind, field->type.lists);
}

static void emit_fields(FILE *file, const struct request *request,
                        const struct node *node)
{
    if (node->fields.count == 0) {
        return;
    }
    fprintf(file, "\nstatic const struct schema_field fields_%s[] = {\n",
            node->c.text);
    for (uint32_t i = 0; i < node->fields.count; i++) {
        struct field field;

        field_read(request, node, i, &field);
        emit_field_row(file, &field);
    }
    fprintf(file, "};\n");
}

static void emit_struct_rows(FILE *file, const struct request *request)
{
    const struct node *node;

    for (uint16_t i = 0; (node = request_own(request, NODE_STRUCT, i)); i++) {
        emit_fields(file, request, node);
    }
    fprintf(file, "\nstatic const struct schema_struct structs[] = {\n");
    for (uint16_t i = 0; (node = request_own(request, NODE_STRUCT, i)); i++) {
        fprintf(file, "    {\"%s\", 0x%016llxull, %s%s, %u, %u, %u, %u, %u},\n",
                node->title, (unsigned long long)node->id,
                node->fields.count ? "fields_" : "",
                node->fields.count ? node->c.text : "0", node->tag_offset * 16,
                node->fields.count, node->tag_count, node->data_words,
                node->pointers);
    }
    fprintf(file, "};\n");
}

static void emit_enum_rows(FILE *file, const struct request *request)
{
    const struct node *node;

    for (uint16_t i = 0; (node = request_own(request, NODE_ENUM, i)); i++) {
        fprintf(file, "\nstatic const char *const names_%s[] = {\n",
                node->c.text);
        for (uint32_t k = 0; k < enumerant_count(node); k++) {
            const char *doc;

            fprintf(file, "    \"%s\",\n", enumerant_read(node, k, &doc));
        }
        fprintf(file, "};\n");
    }
    fprintf(file, "\nstatic const struct schema_enum enums[] = {\n");
    for (uint16_t i = 0; (node = request_own(request, NODE_ENUM, i)); i++) {
        fprintf(file, "    {\"%s\", 0x%016llxull, names_%s, %u},\n",
                node->title, (unsigned long long)node->id, node->c.text,
                enumerant_count(node));
    }
    fprintf(file, "};\n");
}

static void emit_interface_rows(FILE *file, const struct request *request)
{
    const struct node *node;

    for (uint16_t i = 0; (node = request_own(request, NODE_INTERFACE, i));
         i++) {
        if (method_count(node) == 0) {
            continue;
        }
        fprintf(file, "\nstatic const struct schema_method methods_%s[] = {\n",
                node->c.text);
        for (uint32_t k = 0; k < method_count(node); k++) {
            struct method method;

            method_read(request, node, k, &method);
            fprintf(file, "    {\"%s\", %u, %u, %s | %s},\n", method.name,
                    method.params->index, method.results->index,
                    method.inline_params ? "RING_INLINE" : "0",
                    method.inline_results ? "RING_RINLINE" : "0");
        }
        fprintf(file, "};\n");
    }
    fprintf(file, "\nstatic const struct schema_interface interfaces[] = {\n");
    for (uint16_t i = 0; (node = request_own(request, NODE_INTERFACE, i));
         i++) {
        fprintf(file, "    {\"%s\", 0x%016llxull, %s%s, %u},\n", node->title,
                (unsigned long long)node->id,
                method_count(node) ? "methods_" : "",
                method_count(node) ? node->c.text : "0", method_count(node));
    }
    fprintf(file, "};\n");
}

/* C has no empty arrays: an empty table is a null pointer. */
static void emit_table(FILE *file, const struct request *request,
                       enum node_kind kind,
                       void (*rows)(FILE *, const struct request *))
{
    if (request->counts[kind]) {
        rows(file, request);
    }
}

void write_schema_source(const struct request *request)
{
    const uint16_t *counts = request->counts;
    struct output output;

    output_open(&output, request, "schema.gen.c",
                "the schema as tables to read at run time.");
    fprintf(output.file, "#include \"%s.schema.gen.h\"\n#include \"ring.h\"\n",
            request->base);
    emit_table(output.file, request, NODE_STRUCT, emit_struct_rows);
    emit_table(output.file, request, NODE_ENUM, emit_enum_rows);
    emit_table(output.file, request, NODE_INTERFACE, emit_interface_rows);
    fprintf(output.file,
            "\nconst struct schema %s_schema = {\n"
            "    %s, %s, %s, %u, %u, %u};\n",
            request->base, counts[NODE_INTERFACE] ? "interfaces" : "0",
            counts[NODE_STRUCT] ? "structs" : "0",
            counts[NODE_ENUM] ? "enums" : "0", counts[NODE_INTERFACE],
            counts[NODE_STRUCT], counts[NODE_ENUM]);
    output_close(&output);
}
