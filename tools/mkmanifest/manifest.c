/*
 * manifest.c - from JSON to the SystemManifest message (manifest.h).
 */
#include "manifest.h"

#include <jansson.h>

#include "capos.schema.gen.h"
#include "check.h"
#include "encode.h"

static json_t *load(struct report *report, const char *json, size_t length)
{
    json_error_t error;
    json_t *root =
        json_loadb(json, length, JSON_REJECT_DUPLICATES, &error);

    if (root == NULL) {
        report_problem(report, "line %d, column %d: %s", error.line,
                       error.column, error.text);
    }
    return root;
}

static void check_message(struct report *report, const void *bytes,
                          size_t size)
{
    struct wire_message message;

    if (wire_message_init(&message, bytes, size) != 0) {
        report_problem(report, "the message is not readable");
        return;
    }
    /* Names are looked up among each other: more than the usual budget. */
    wire_message_limit(&message, UINT64_MAX);
    check_manifest(report, system_manifest_read(&message));
    if (wire_message_error(&message)) {
        report_problem(report, "the message is malformed");
    }
}

size_t manifest_build(struct report *report, const char *json, size_t length,
                      void *buffer, size_t size)
{
    const struct schema_struct *type =
        &capos_schema.structs[SCHEMA_STRUCT_SYSTEM_MANIFEST];
    json_t *root = load(report, json, length);
    struct wire_builder builder;
    int32_t bytes = 0;

    if (root == NULL) {
        return 0;
    }
    wire_builder_init(&builder, buffer, size);
    encode_struct(
        report, &capos_schema, type, root,
        wire_builder_root(&builder, type->data_words, type->pointers));
    json_decref(root);
    if (report->problems == 0) {
        bytes = wire_builder_bytes(&builder);
        if (bytes < 0) {
            report_problem(report, "larger than %zu bytes as a message",
                           size);
        } else {
            check_message(report, buffer, (size_t)bytes);
        }
    }
    return report->problems == 0 ? (size_t)bytes : 0;
}
