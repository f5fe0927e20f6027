/*
 * types.c - writes BASE.gen.h: ids, constants, enums, readers and builders.
 *
 * First everything that has a name (so that order in the schema does not
 * matter), then the accessors of each field, each of them one line over the
 * wire runtime, then what the compiler can check.
 */
#include <string.h>

#include "emit.h"

static const char *const suffixes[] = {
    "",    "bool", "i8",  "i16", "i32", "i64",  "u8",   "u16",
    "u32", "u64",  "f32", "f64", "text", "data", "list", "u16"};

static const char *accessor(const struct type *type)
{
    return type_cap(type) ? "cap" : suffixes[type->kind];
}

static void emit_constant(FILE *file, const struct request *request,
                          const struct node *node)
{
    struct field value;
    struct type type = const_read(request, node, &value);

    if (type.lists || type.kind > SCHEMA_ENUM) {
        fail("%s: a constant of struct or list type is not supported",
             node->title);
    }
    emit_comment(file, "", node_doc(node));
    fprintf(file, "#define %s ", node->upper.text);
    if (type.kind == SCHEMA_TEXT || type.kind == SCHEMA_DATA) {
        emit_string(file, value.text);
    } else if (type.kind == SCHEMA_BOOL) {
        fprintf(file, "%s", value.bits ? "true" : "false");
    } else if (type.kind == SCHEMA_FLOAT32) {
        float number;
        uint32_t bits = (uint32_t)value.bits;

        memcpy(&number, &bits, sizeof(number));
        fprintf(file, "%.9gf", (double)number);
    } else if (type.kind == SCHEMA_FLOAT64) {
        double number;

        memcpy(&number, &value.bits, sizeof(number));
        fprintf(file, "%.17g", number);
    } else {
        fprintf(file, "((%s)0x%llxull)", emit_type(&type).text,
                (unsigned long long)value.bits);
    }
    fprintf(file, "\n");
}

static void emit_enum(FILE *file, const struct node *node)
{
    fprintf(file, "\n");
    emit_comment(file, "", node_doc(node));
    fprintf(file, "enum %s {\n", node->c.text);
    for (uint32_t i = 0; i < enumerant_count(node); i++) {
        const char *doc;
        struct name name = name_snake(enumerant_read(node, i, &doc));
        struct name upper = name_upper(&name);

        emit_comment(file, "    ", doc);
        fprintf(file, "    %s_%s = %u,\n", node->upper.text, upper.text, i);
    }
    fprintf(file, "};\n#define %s_COUNT %uu\n", node->upper.text,
            enumerant_count(node));
}

static void emit_interface(FILE *file, const struct request *request,
                           const struct node *node)
{
    fprintf(file, "\n");
    emit_comment(file, "", node_doc(node));
    fprintf(file, "#define %s_INTERFACE_ID 0x%016llxull\n", node->upper.text,
            (unsigned long long)node->id);
    fprintf(file, "#define %s_METHOD_COUNT %uu\n", node->upper.text,
            method_count(node));
    for (uint32_t i = 0; i < method_count(node); i++) {
        struct method method;
        struct name member;

        method_read(request, node, i, &method);
        member = name_snake(method.name);
        member = name_upper(&member);
        emit_comment(file, "", method.doc);
        fprintf(file, "#define %s_METHOD_%s %uu\n", node->upper.text,
                member.text, i);
        fprintf(file, "#define %s_FLAGS (%s | %s)\n", method.upper.text,
                method.inline_params ? "RING_INLINE" : "0",
                method.inline_results ? "RING_RINLINE" : "0");
    }
}

/* The inline form, said again by the compiler. */
static void emit_assertions(FILE *file, const struct request *request,
                            const struct node *node)
{
    for (uint32_t i = 0; i < method_count(node); i++) {
        struct method method;

        method_read(request, node, i, &method);
        fprintf(file, "_Static_assert((%s_BYTES <= 32 && %s_POINTERS == 0) =="
                "\n    !!(%s_FLAGS & RING_INLINE), \"params\");\n",
                method.params->upper.text, method.params->upper.text,
                method.upper.text);
        fprintf(file, "_Static_assert((%s_BYTES <= 32 && %s_POINTERS == 0) =="
                "\n    !!(%s_FLAGS & RING_RINLINE), \"results\");\n",
                method.results->upper.text, method.results->upper.text,
                method.upper.text);
    }
}

static void emit_struct(FILE *file, const struct request *request,
                        const struct node *node)
{
    const char *c = node->c.text;
    const char *upper = node->upper.text;

    fprintf(file, "\n");
    emit_comment(file, "", node_doc(node));
    fprintf(file, "struct %s_reader {\n    struct wire_struct s;\n};\n", c);
    fprintf(file,
            "struct %s_builder {\n    struct wire_builder_struct s;\n};\n", c);
    fprintf(file, "#define %s_DATA_WORDS %uu\n", upper, node->data_words);
    fprintf(file, "#define %s_POINTERS %uu\n", upper, node->pointers);
    fprintf(file, "#define %s_BYTES %uu\n", upper,
            8u * node->data_words + 8u * node->pointers);
    if (node->tag_count == 0) {
        return;
    }
    fprintf(file, "enum %s_which {\n", c);
    for (uint32_t i = 0; i < node->fields.count; i++) {
        struct field field;

        field_read(request, node, i, &field);
        if (field.tag != SCHEMA_NO_TAG) {
            fprintf(file, "    %s_WHICH_%s = %u,\n", upper, field.upper.text,
                    field.tag);
        }
    }
    fprintf(file, "};\n");
}

static void emit_root(FILE *file, const struct node *node)
{
    const char *c = node->c.text;

    if (!node->group) {
        fprintf(file,
                "\nstatic inline struct %s_reader\n"
                "%s_read(struct wire_message *message)\n{\n"
                "    return (struct %s_reader){wire_root(message)};\n}\n",
                c, c, c);
        fprintf(file,
                "\nstatic inline struct %s_builder\n"
                "%s_build(struct wire_builder *builder)\n{\n"
                "    return (struct %s_builder){\n"
                "        wire_builder_root(builder, %u, %u)};\n}\n",
                c, c, c, node->data_words, node->pointers);
    }
    if (node->tag_count) {
        fprintf(file,
                "\nstatic inline enum %s_which\n"
                "%s_which(struct %s_reader r)\n{\n"
                "    return (enum %s_which)wire_get_u16(r.s, %u, 0);\n}\n",
                c, c, c, c, node->tag_offset * 2);
    }
}

/* The opening lines of a getter. */
static void open_get(FILE *file, const struct node *node,
                     const struct field *field, const char *type,
                     const char *verb)
{
    fprintf(file, "static inline %s\n%s_%s_%s(struct %s_reader r)\n{\n", type,
            node->c.text, verb, field->c.text, node->c.text);
}

/* The opening lines of a setter, with the union's tag. */
static void open_set(FILE *file, const struct node *node,
                     const struct field *field, const char *type,
                     const char *verb, const char *more)
{
    fprintf(file, "static inline %s\n%s_%s_%s(struct %s_builder b%s)\n{\n",
            type, node->c.text, verb, field->c.text, node->c.text, more);
    if (field->tag != SCHEMA_NO_TAG) {
        fprintf(file, "    wire_set_u16(b.s, %u, %u, 0);\n",
                node->tag_offset * 2, field->tag);
    }
}

static void emit_data_field(FILE *file, const struct node *node,
                            const struct field *field)
{
    struct name type = emit_type(&field->type);
    uint8_t kind = field->type.kind;
    uint32_t bits = schema_kind_bits(kind);
    uint32_t offset = bits == 1 ? field->offset : field->offset * (bits / 8);
    const char *suffix = suffixes[kind];
    char more[NAME_MAX_BYTES + 16];

    if (kind == SCHEMA_VOID) {
        if (field->tag != SCHEMA_NO_TAG) {
            open_set(file, node, field, "void", "set", "");
            fprintf(file, "}\n");
        }
        return;
    }
    open_get(file, node, field, type.text, "get");
    fprintf(file, "    return (%s)wire_get_%s(r.s, %u, (%s)0x%llxull);\n}\n",
            type.text, suffix, offset,
            kind == SCHEMA_FLOAT32 || kind == SCHEMA_FLOAT64 ? "uint64_t"
                                                             : type.text,
            (unsigned long long)field->bits);
    snprintf(more, sizeof(more), ", %s value", type.text);
    open_set(file, node, field, "void", "set", more);
    fprintf(file, "    wire_set_%s(b.s, %u, %svalue, (%s)0x%llxull);\n}\n",
            suffix, offset, kind == SCHEMA_ENUM ? "(uint16_t)" : "",
            kind == SCHEMA_FLOAT32 || kind == SCHEMA_FLOAT64 ? "uint64_t"
                                                             : type.text,
            (unsigned long long)field->bits);
}

static void emit_text_field(FILE *file, const struct node *node,
                            const struct field *field)
{
    bool text = field->type.kind == SCHEMA_TEXT;
    const char *type = text ? "struct wire_text" : "struct wire_data";

    open_get(file, node, field, type, "get");
    if (field->text.bytes) {
        fprintf(file, "    return wire_get_%s_or(r.s, %u,\n        %s(",
                accessor(&field->type), field->offset,
                text ? "WIRE_TEXT" : "WIRE_DATA");
        emit_string(file, field->text);
        fprintf(file, "));\n}\n");
    } else {
        fprintf(file, "    return wire_get_%s(r.s, %u);\n}\n",
                accessor(&field->type), field->offset);
    }
    open_set(file, node, field, "void", "set",
             text ? ", struct wire_text value" : ", struct wire_data value");
    fprintf(file, "    wire_set_%s(b.s, %u, value);\n}\n",
            accessor(&field->type), field->offset);
    if (!text) {
        open_set(file, node, field, "uint8_t *", "init", ", uint32_t length");
        fprintf(file, "    return wire_init_data(b.s, %u, length);\n}\n",
                field->offset);
    }
}

static void emit_cap_field(FILE *file, const struct node *node,
                           const struct field *field)
{
    open_get(file, node, field, "uint32_t", "get");
    fprintf(file, "    return wire_get_cap(r.s, %u);\n}\n", field->offset);
    open_set(file, node, field, "void", "set", ", uint32_t value");
    fprintf(file, "    wire_set_cap(b.s, %u, value);\n}\n", field->offset);
}

static void emit_struct_field(FILE *file, const struct node *node,
                              const struct field *field)
{
    const char *of = field->type.of->c.text;
    bool group = field->type.kind == SCHEMA_GROUP;
    char type[NAME_MAX_BYTES + 24];

    snprintf(type, sizeof(type), "struct %s_reader", of);
    open_get(file, node, field, type, "get");
    if (group) {
        fprintf(file, "    return (%s){r.s};\n}\n", type);
    } else {
        fprintf(file, "    return (%s){wire_get_struct(r.s, %u)};\n}\n", type,
                field->offset);
    }
    snprintf(type, sizeof(type), "struct %s_builder", of);
    open_set(file, node, field, type, "init", "");
    if (group) {
        fprintf(file, "    return (%s){b.s};\n}\n", type);
    } else {
        fprintf(file,
                "    return (%s){\n        wire_init_struct(b.s, %u, %u, %u)};"
                "\n}\n",
                type, field->offset, field->type.of->data_words,
                field->type.of->pointers);
    }
}

/* "wire_init_list(WHERE, ELEMENT, count)", or the same for structs. */
static void emit_init(FILE *file, const struct type *type, uint8_t lists,
                      const char *where)
{
    if (lists == 1 && type->kind == SCHEMA_STRUCT) {
        fprintf(file, "    return wire_init_structs(%s, count, %u, %u);\n}\n",
                where, type->of->data_words, type->of->pointers);
    } else {
        fprintf(file, "    return wire_init_list(%s, %s, count);\n}\n", where,
                emit_element(type, lists));
    }
}

static void emit_list_reading(FILE *file, const struct node *node,
                              const struct field *field)
{
    struct type of = field->type;
    char type[NAME_MAX_BYTES + 24];

    of.lists = 0;
    if (field->type.lists > 1) {
        snprintf(type, sizeof(type), "struct wire_list");
    } else if (of.kind == SCHEMA_STRUCT) {
        snprintf(type, sizeof(type), "struct %s_reader", of.of->c.text);
    } else {
        snprintf(type, sizeof(type), "%s", emit_type(&of).text);
    }
    fprintf(file, "static inline %s\n%s_%s_at(struct wire_list list, "
            "uint32_t i)\n{\n", type, node->c.text, field->c.text);
    if (field->type.lists > 1) {
        fprintf(file, "    return wire_list_list(list, i, %s);\n}\n",
                emit_element(&of, (uint8_t)(field->type.lists - 1)));
    } else if (of.kind == SCHEMA_STRUCT) {
        fprintf(file, "    return (%s){wire_list_struct(list, i)};\n}\n", type);
    } else {
        fprintf(file, "    return %s%s%swire_list_%s(list, i);\n}\n",
                of.kind == SCHEMA_ENUM ? "(" : "",
                of.kind == SCHEMA_ENUM ? type : "",
                of.kind == SCHEMA_ENUM ? ")" : "", accessor(&of));
    }
}

static void emit_list_building(FILE *file, const struct node *node,
                               const struct field *field)
{
    struct type of = field->type;

    of.lists = 0;
    if (field->type.lists > 1) {
        fprintf(file, "static inline struct wire_builder_list\n%s_%s_init("
                "struct wire_builder_list list, uint32_t i, uint32_t count)"
                "\n{\n", node->c.text, field->c.text);
        emit_init(file, &of, (uint8_t)(field->type.lists - 1),
                  "wire_builder_element(list, i), 0");
    } else if (of.kind == SCHEMA_STRUCT) {
        fprintf(file, "static inline struct %s_builder\n%s_%s_build("
                "struct wire_builder_list list, uint32_t i)\n{\n"
                "    return (struct %s_builder){"
                "wire_builder_element(list, i)};\n}\n",
                of.of->c.text, node->c.text, field->c.text, of.of->c.text);
    } else {
        fprintf(file, "static inline void\n%s_%s_set("
                "struct wire_builder_list list, uint32_t i, %s value)\n{\n"
                "    wire_put_%s(list, i, %svalue);\n}\n",
                node->c.text, field->c.text, emit_type(&of).text,
                accessor(&of), of.kind == SCHEMA_ENUM ? "(uint16_t)" : "");
    }
}

static void emit_list_field(FILE *file, const struct node *node,
                            const struct field *field)
{
    char where[32];

    open_get(file, node, field, "struct wire_list", "get");
    fprintf(file, "    return wire_get_list(r.s, %u, %s);\n}\n", field->offset,
            emit_element(&field->type, field->type.lists));
    open_set(file, node, field, "struct wire_builder_list", "init",
             ", uint32_t count");
    snprintf(where, sizeof(where), "b.s, %u", field->offset);
    emit_init(file, &field->type, field->type.lists, where);
    if (field->type.lists > 1 || field->type.kind != SCHEMA_VOID) {
        emit_list_reading(file, node, field);
        emit_list_building(file, node, field);
    }
}

static void emit_field(FILE *file, const struct node *node,
                       const struct field *field)
{
    const struct type *type = &field->type;

    fprintf(file, "\n");
    emit_comment(file, "", field->doc);
    if (!type_data(type) && type->kind != SCHEMA_GROUP) {
        open_get(file, node, field, "bool", "has");
        fprintf(file, "    return wire_has(r.s, %u);\n}\n", field->offset);
    }
    if (type->lists) {
        emit_list_field(file, node, field);
    } else if (type_data(type)) {
        emit_data_field(file, node, field);
    } else if (type_flat(type)) {
        emit_text_field(file, node, field);
    } else if (type_cap(type)) {
        emit_cap_field(file, node, field);
    } else {
        emit_struct_field(file, node, field);
    }
}

static bool uses_floats(const struct request *request)
{
    const struct node *node;

    for (uint16_t i = 0; (node = request_own(request, NODE_STRUCT, i)); i++) {
        for (uint32_t k = 0; k < node->fields.count; k++) {
            struct field field;

            field_read(request, node, k, &field);
            if (field.type.kind == SCHEMA_FLOAT32 ||
                field.type.kind == SCHEMA_FLOAT64) {
                return true;
            }
        }
    }
    return false;
}

void write_types(const struct request *request)
{
    struct output output;
    const struct node *node;

    output_open(&output, request, "gen.h",
                "interface ids, constants, readers and builders.");
    emit_guard(output.file, request, "TYPES");
    fprintf(output.file, "#include \"capnp/build.h\"\n#include \"ring.h\"\n");
    if (uses_floats(request)) {
        fprintf(output.file, "#include \"capnp/float.h\"\n");
    }
    for (uint16_t i = 0; (node = request_own(request, NODE_ENUM, i)); i++) {
        emit_enum(output.file, node);
    }
    for (uint16_t i = 0; (node = request_own(request, NODE_CONST, i)); i++) {
        emit_constant(output.file, request, node);
    }
    for (uint16_t i = 0; (node = request_own(request, NODE_INTERFACE, i));
         i++) {
        emit_interface(output.file, request, node);
    }
    for (uint16_t i = 0; (node = request_own(request, NODE_STRUCT, i)); i++) {
        emit_struct(output.file, request, node);
    }
    for (uint16_t i = 0; (node = request_own(request, NODE_STRUCT, i)); i++) {
        emit_root(output.file, node);
        for (uint32_t k = 0; k < node->fields.count; k++) {
            struct field field;

            field_read(request, node, k, &field);
            emit_field(output.file, node, &field);
        }
    }
    fprintf(output.file, "\n_Static_assert(sizeof(((struct sqe *)0)->words) == "
            "32, \"inline\");\n");
    for (uint16_t i = 0; (node = request_own(request, NODE_INTERFACE, i));
         i++) {
        emit_assertions(output.file, request, node);
    }
    emit_guard(output.file, request, NULL);
    output_close(&output);
}
