/*
 * request.c - the CodeGeneratorRequest, read (request.h).
 *
 * Offsets: "capnp compile -ocapnp schema.capnp" prints them. Pointer fields are
 * given by index, data fields in bytes.
 */
#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ring.h"

static const struct node *node_find(const struct request *request, uint64_t id)
{
    for (uint32_t i = 0; i < request->count; i++) {
        if (request->nodes[i].id == id) {
            return &request->nodes[i];
        }
    }
    fail("the request mentions node %016llx without having it",
         (unsigned long long)id);
}

static const char *node_scope_title(const struct node *node)
{
    const char *title = wire_get_text(node->s, 0).bytes;
    const char *colon = strchr(title, ':');

    return colon ? colon + 1 : title;
}

static void node_open(struct node *node, struct wire_struct s)
{
    memset(node, 0, sizeof(*node));
    node->s = s;
    node->id = wire_get_u64(s, 0, 0);
    node->kind = (enum node_kind)wire_get_u16(s, 12, 0);
    node->title = node_scope_title(node);
    if (node->kind == NODE_STRUCT) {
        node->data_words = wire_get_u16(s, 14, 0);
        node->pointers = wire_get_u16(s, 24, 0);
        node->group = wire_get_bool(s, 224, false);
        node->tag_count = wire_get_u16(s, 30, 0);
        node->tag_offset = wire_get_u32(s, 32, 0);
        node->fields = wire_get_list(s, 3, WIRE_COMPOSITE);
    }
}

/* Gives the node its names and its place among the file's nodes. */
static void node_claim(struct request *request, struct node *node,
                       struct name c)
{
    if (node->own) {
        return;
    }
    if (node->kind > NODE_ANNOTATION) {
        fail("%s: unknown kind of declaration", node->title);
    }
    node->own = true;
    node->index = request->counts[node->kind]++;
    node->c = c;
    node->upper = name_upper(&node->c);
}

static void claim_scope(struct request *request, const struct node *scope);

static void claim_groups(struct request *request, const struct node *node)
{
    for (uint32_t i = 0; i < node->fields.count; i++) {
        struct wire_struct s = wire_list_struct(node->fields, i);
        struct node *group;
        struct name name;

        if (wire_get_u16(s, 8, 0) != 1) {
            continue;
        }
        group = (struct node *)node_find(request, wire_get_u64(s, 16, 0));
        name = name_snake(wire_get_text(s, 0).bytes);
        node_claim(request, group, name_join(&node->c, &name));
        claim_groups(request, group);
    }
}

static void claim_parameters(struct request *request, const struct node *node)
{
    static const char *const suffix[] = {"params", "results"};
    struct wire_list methods = wire_get_list(node->s, 3, WIRE_COMPOSITE);

    if (wire_get_list(node->s, 4, WIRE_ANY).count) {
        fail("%s: interfaces do not inherit here: an object with two "
             "interfaces hands out two capabilities",
             node->title);
    }
    for (uint32_t i = 0; i < 2 * methods.count; i++) {
        struct wire_struct s = wire_list_struct(methods, i / 2);
        uint64_t id = wire_get_u64(s, i % 2 ? 16 : 8, 0);
        struct node *type = (struct node *)node_find(request, id);
        struct name name = name_snake(wire_get_text(s, 0).bytes);
        struct name what = name_snake(suffix[i % 2]);

        if (wire_get_u64(type->s, 16, 0) != 0) {
            continue; /* declared somewhere by itself */
        }
        name = name_join(&node->c, &name);
        node_claim(request, type, name_join(&name, &what));
        claim_groups(request, type);
    }
}

/* Claims what is declared in scope, and names it. */
static void claim_scope(struct request *request, const struct node *scope)
{
    struct wire_list nested = wire_get_list(scope->s, 1, WIRE_COMPOSITE);

    for (uint32_t i = 0; i < nested.count; i++) {
        struct wire_struct s = wire_list_struct(nested, i);
        struct node *node =
            (struct node *)node_find(request, wire_get_u64(s, 0, 0));
        struct name name = name_snake(wire_get_text(s, 0).bytes);

        node_claim(request, node, name_join(&scope->c, &name));
        if (node->kind == NODE_INTERFACE) {
            claim_parameters(request, node);
        }
        claim_groups(request, node);
        claim_scope(request, node);
    }
}

static void request_base(struct request *request)
{
    const char *path = wire_get_text(request->file, 0).bytes;
    const char *slash = strrchr(path, '/');
    const char *dot;

    path = slash ? slash + 1 : path;
    dot = strrchr(path, '.');
    snprintf(request->source, sizeof(request->source), "%s", path);
    snprintf(request->base, sizeof(request->base), "%.*s",
             dot ? (int)(dot - path) : (int)strlen(path), path);
    for (char *at = request->base; *at; at++) {
        *at = strchr("-.+ ", *at) ? '_' : *at;
    }
}

static void request_nodes(struct request *request, struct wire_struct root)
{
    struct wire_list nodes = wire_get_list(root, 0, WIRE_COMPOSITE);
    struct wire_list docs = wire_get_list(root, 3, WIRE_COMPOSITE);

    request->count = nodes.count;
    request->nodes = calloc(nodes.count + 1u, sizeof(struct node));
    if (!request->nodes) {
        fail("out of memory");
    }
    for (uint32_t i = 0; i < nodes.count; i++) {
        struct node *node = &request->nodes[i];

        node_open(node, wire_list_struct(nodes, i));
        for (uint32_t k = 0; k < docs.count; k++) {
            struct wire_struct info = wire_list_struct(docs, k);

            if (wire_get_u64(info, 0, 0) == node->id) {
                node->docs = info;
            }
        }
    }
}

void request_open(struct request *request, struct wire_message *message)
{
    struct wire_struct root = wire_root(message);
    struct wire_list files = wire_get_list(root, 1, WIRE_COMPOSITE);

    memset(request, 0, sizeof(*request));
    if (files.count != 1) {
        fail("give one schema file at a time, not %u", files.count);
    }
    request->file = wire_list_struct(files, 0);
    if (wire_get_list(request->file, 1, WIRE_ANY).count) {
        fail("imports are not supported: declare everything in one file");
    }
    request_base(request);
    request_nodes(request, root);
    claim_scope(request, node_find(request, wire_get_u64(request->file, 0, 0)));
    if (wire_message_error(message)) {
        request_close(request);
        fail("the request is malformed");
    }
}

void request_close(struct request *request)
{
    free(request->nodes);
    request->nodes = NULL;
}

const struct node *request_own(const struct request *request,
                               enum node_kind kind, uint16_t index)
{
    for (uint32_t i = 0; i < request->count; i++) {
        const struct node *node = &request->nodes[i];

        if (node->own && node->kind == kind && node->index == index) {
            return node;
        }
    }
    return NULL;
}

static struct type type_read(const struct request *request,
                             struct wire_struct s)
{
    struct type type = {0};

    while (wire_get_u16(s, 0, 0) == 14) {
        type.lists++;
        s = wire_get_struct(s, 0);
    }
    type.kind = (uint8_t)wire_get_u16(s, 0, 0);
    if (type.kind == SCHEMA_ENUM || type.kind == SCHEMA_STRUCT ||
        type.kind == SCHEMA_INTERFACE) {
        type.of = node_find(request, wire_get_u64(s, 8, 0));
        if (!type.of->own) {
            fail("%s is declared in another file", type.of->title);
        }
    }
    if (type.kind > SCHEMA_ANY_POINTER) {
        fail("the schema uses a type of a newer Cap'n Proto (%u)", type.kind);
    }
    return type;
}

/* The default value of a field, or the value of a constant. */
static void value_read(struct wire_struct s, struct field *field)
{
    uint32_t bits = schema_kind_bits(field->type.kind);

    field->text = (struct wire_text){NULL, 0};
    field->bits = 0;
    if (field->type.lists || (field->type.of && bits == 0)) {
        return;
    }
    if (field->type.kind == SCHEMA_TEXT) {
        field->text = wire_get_text_or(s, 0, field->text);
    } else if (field->type.kind == SCHEMA_DATA) {
        struct wire_data data = wire_get_data(s, 0);

        field->text = (struct wire_text){(const char *)data.bytes, data.length};
    } else if (bits == 1) {
        field->bits = wire_get_bool(s, 16, false);
    } else if (bits == 8) {
        field->bits = wire_get_u8(s, 2, 0);
    } else if (bits == 16) {
        field->bits = wire_get_u16(s, 2, 0);
    } else if (bits == 32) {
        field->bits = wire_get_u32(s, 4, 0);
    } else if (bits == 64) {
        field->bits = wire_get_u64(s, 8, 0);
    }
    if (field->text.length == 0) {
        field->text.bytes = NULL;
    }
}

static const char *doc_text(struct wire_struct s, uint32_t index)
{
    struct wire_text text = wire_get_text(s, index);

    return text.length ? text.bytes : NULL;
}

static const char *member_doc(const struct node *node, uint32_t i)
{
    struct wire_list members = wire_get_list(node->docs, 1, WIRE_COMPOSITE);

    return doc_text(wire_list_struct(members, i), 0);
}

const char *node_doc(const struct node *node)
{
    return doc_text(node->docs, 0);
}

void field_read(const struct request *request, const struct node *node,
                uint32_t i, struct field *field)
{
    struct wire_struct s = wire_list_struct(node->fields, i);

    memset(field, 0, sizeof(*field));
    field->name = wire_get_text(s, 0).bytes;
    field->c = name_snake(field->name);
    field->upper = name_upper(&field->c);
    field->doc = member_doc(node, i);
    field->tag = wire_get_u16(s, 2, 0xffff);
    if (wire_get_u16(s, 8, 0) == 1) {
        field->type.kind = SCHEMA_GROUP;
        field->type.of = node_find(request, wire_get_u64(s, 16, 0));
        return;
    }
    field->offset = wire_get_u32(s, 4, 0);
    field->type = type_read(request, wire_get_struct(s, 2));
    value_read(wire_get_struct(s, 3), field);
    if (wire_get_bool(s, 128, false) && field->type.kind != SCHEMA_TEXT &&
        field->type.kind != SCHEMA_DATA && !type_data(&field->type)) {
        fail("%s.%s: a default for a struct or list is not supported",
             node->title, field->name);
    }
}

uint32_t method_count(const struct node *node)
{
    return wire_get_list(node->s, 3, WIRE_COMPOSITE).count;
}

static bool fits_inline(const struct node *type)
{
    return type->pointers == 0 && type->data_words <= 4;
}

void method_read(const struct request *request, const struct node *node,
                 uint32_t i, struct method *method)
{
    struct wire_list methods = wire_get_list(node->s, 3, WIRE_COMPOSITE);
    struct wire_struct s = wire_list_struct(methods, i);
    struct name name;

    method->name = wire_get_text(s, 0).bytes;
    name = name_snake(method->name);
    method->c = name_join(&node->c, &name);
    method->upper = name_upper(&method->c);
    method->member = name_argument(&name);
    method->doc = member_doc(node, i);
    method->params = node_find(request, wire_get_u64(s, 8, 0));
    method->results = node_find(request, wire_get_u64(s, 16, 0));
    if (!method->params->own || !method->results->own) {
        fail("%s.%s: streaming and imported types are not supported",
             node->title, method->name);
    }
    method->inline_params = fits_inline(method->params);
    method->inline_results = fits_inline(method->results);
}

struct type const_read(const struct request *request, const struct node *node,
                       struct field *value)
{
    memset(value, 0, sizeof(*value));
    value->type = type_read(request, wire_get_struct(node->s, 3));
    value_read(wire_get_struct(node->s, 4), value);
    return value->type;
}

uint32_t enumerant_count(const struct node *node)
{
    return wire_get_list(node->s, 3, WIRE_COMPOSITE).count;
}

const char *enumerant_read(const struct node *node, uint32_t i,
                           const char **doc)
{
    struct wire_list list = wire_get_list(node->s, 3, WIRE_COMPOSITE);

    *doc = member_doc(node, i);
    return wire_get_text(wire_list_struct(list, i), 0).bytes;
}

bool type_data(const struct type *type)
{
    return type->lists == 0 && (type->kind == SCHEMA_VOID ||
                                schema_kind_bits(type->kind) != 0);
}

bool type_flat(const struct type *type)
{
    return type->lists == 0 &&
           (type_data(type) || type->kind == SCHEMA_TEXT ||
            type->kind == SCHEMA_DATA);
}

bool type_cap(const struct type *type)
{
    return type->lists == 0 && (type->kind == SCHEMA_INTERFACE ||
                                type->kind == SCHEMA_ANY_POINTER);
}
