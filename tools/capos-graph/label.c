/* label.c - names from the trace and from the schema. */
#include "label.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capos.gen.h"
#include "capos.schema.gen.h"

const char *label_process(char text[LABEL_BYTES], const struct graph *graph,
                          uint64_t id)
{
    const struct graph_process *process = graph_process(graph, id);

    if (id == 0) {
        snprintf(text, LABEL_BYTES, "kernel");
    } else {
        snprintf(text, LABEL_BYTES, "%s (%" PRIu64 ")",
                 process && process->name[0] ? process->name : "?", id);
    }
    return text;
}

const char *label_interface(char text[LABEL_BYTES], uint64_t interface)
{
    const struct schema_interface *known = capos_schema_interface(interface);

    if (known) {
        snprintf(text, LABEL_BYTES, "%s", known->name);
    } else {
        snprintf(text, LABEL_BYTES, "interface %" PRIx64, interface);
    }
    return text;
}

const char *label_object(char text[LABEL_BYTES], const struct graph *graph,
                         const struct graph_object *object)
{
    const struct graph_process *server = graph_server(graph, object);
    uint64_t of = server ? server->id : object->subject;
    char interface[LABEL_BYTES];
    char process[LABEL_BYTES];

    label_interface(interface, object->interface);
    if (of && graph_process(graph, of)) {
        snprintf(text, LABEL_BYTES, "%.40s %" PRIu64 " of %.40s", interface,
                 object->id, label_process(process, graph, of));
    } else {
        snprintf(text, LABEL_BYTES, "%.60s %" PRIu64, interface, object->id);
    }
    return text;
}

const char *label_cap(char text[LABEL_BYTES], uint64_t cap)
{
    snprintf(text, LABEL_BYTES, "%" PRIu32 ".%" PRIu32, (uint32_t)cap,
             (uint32_t)(cap >> 32));
    return text;
}

const char *label_mode(uint8_t mode)
{
    static const char *const names[] = {"copy", "move", "non-transferable"};

    return mode < sizeof(names) / sizeof(names[0]) ? names[mode] : "?";
}

const char *label_origin(uint8_t origin)
{
    static const char *const names[] = {"kernel", "spawn grant",
                                        "ipc transfer", "result"};

    return origin < sizeof(names) / sizeof(names[0]) ? names[origin] : "?";
}

static bool label_is_number(const char *word, uint64_t number)
{
    char *end;

    return word[0] >= '0' && word[0] <= '9' &&
           strtoull(word, &end, 10) == number && *end == '\0';
}

bool label_names_process(const char *word, const struct graph_process *process)
{
    return label_is_number(word, process->id) ||
           strcmp(word, process->name) == 0;
}

bool label_names_object(const char *word, const struct graph_object *object)
{
    char interface[LABEL_BYTES];

    return label_is_number(word, object->id) ||
           strcmp(word, label_interface(interface, object->interface)) == 0;
}
