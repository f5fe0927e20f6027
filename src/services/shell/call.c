/*
 * call.c - the commands call, methods and release: any method of any capability
 * that the shell holds, typed through the schema's tables.
 *
 * Nothing here knows an interface: message and results are made and read by the
 * tables, in the form, inline or memory, that the method's flags say.
 */
#include "call.h"
#include "shell.h"

#include "capos.schema.gen.h"

static void screen_write(void *context, const char *bytes, uint32_t size)
{
    (void)context;
    con_write(bytes, size);
}

static void methods_show(const struct schema_interface *iface)
{
    struct printer printer;

    printer_init(&printer, screen_write, NULL);
    printer_add(&printer, "interface %s\n", iface->name);
    signature_print_all(&printer, &capos_schema, iface);
    printer_flush(&printer);
}

/* The capability of that name and its interface, or a sentence. */
static bool target_cap(const char *command, struct span name,
                       struct call_target *target)
{
    if (!names_find(name.at, span_bytes(name), &target->cap)) {
        con_print("%s: there is no capability \"%.*s\"; \"caps\" shows what "
                  "this shell has\n",
                  command, (int)span_bytes(name), name.at);
        return false;
    }
    target->iface =
        schema_find_interface(&capos_schema, target->cap.interface_id);
    if (target->iface == NULL) {
        con_print("%s: the interface of %s (0x%llx) is not in the schema of "
                  "this shell\n",
                  command, target->cap.name,
                  (unsigned long long)target->cap.interface_id);
    }
    return target->iface != NULL;
}

static bool target_method(struct span name, struct call_target *target)
{
    const char *nearest;
    int32_t index =
        signature_find(target->iface, name.at, span_bytes(name), &nearest);

    if (index >= 0) {
        target->method = (uint16_t)index;
        return true;
    }
    con_print("call: %s has no method \"%.*s\"%s%s%s\n", target->cap.name,
              (int)span_bytes(name), name.at,
              nearest != NULL ? "; did you mean " : "",
              nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
    methods_show(target->iface);
    return false;
}

/* CAP.METHOD; a name of a capability may itself have dots. */
static bool target_parse(struct span word, struct call_target *target)
{
    const char *dot = word.end;

    while (dot > word.at && dot[-1] != '.') {
        dot--;
    }
    if (dot == word.at) {
        if (target_cap("call", word, target)) {
            con_print("call: which method? \"call %s.METHOD [ARG...]\"\n",
                      target->cap.name);
            methods_show(target->iface);
        }
        return false;
    }
    return target_cap("call", (struct span){word.at, dot - 1}, target) &&
           target_method((struct span){dot, word.end}, target);
}

static struct span word_cut(struct span *rest)
{
    struct span word = *rest;

    while (rest->at < rest->end && *rest->at != ' ' && *rest->at != '\t') {
        rest->at++;
    }
    word.end = rest->at;
    return word;
}

void command_call(uint32_t argc, char **argv)
{
    struct call_target target;
    struct span rest = {NULL, NULL};

    if (argc > 1) {
        rest = (struct span){argv[1], argv[1] + text_length(argv[1])};
    }
    if (argc < 2 || rest.at == rest.end) {
        con_print("call: which method? \"call CAP.METHOD [ARG...]\"; \"methods "
                  "CAP\" lists them\n");
        return;
    }
    if (target_parse(word_cut(&rest), &target)) {
        call_run(&target, rest);
    }
}

/* "methods frames" asks for a capability, "methods FrameAllocator" works too. */
void command_methods(uint32_t argc, char **argv)
{
    struct call_target target;
    struct span name;

    if (argc != 2) {
        con_print("methods: of which capability? \"methods CAP\"\n");
        return;
    }
    for (uint16_t i = 0; i < capos_schema.interface_count; i++) {
        if (text_equal(capos_schema.interfaces[i].name, argv[1])) {
            methods_show(&capos_schema.interfaces[i]);
            return;
        }
    }
    name = (struct span){argv[1], argv[1] + text_length(argv[1])};
    if (target_cap("methods", name, &target)) {
        methods_show(target.iface);
    }
}

void command_release(uint32_t argc, char **argv)
{
    struct named_cap found;

    if (argc != 2) {
        con_print("release: which capability? \"release NAME\"\n");
    } else if (names_release(argv[1])) {
        con_print("released %s\n", argv[1]);
    } else if (names_find(argv[1], (uint32_t)text_length(argv[1]), &found)) {
        con_print("release: the shell was born with %s and needs it; only what "
                  "\"call\" has kept can be released\n",
                  argv[1]);
    } else {
        con_print("release: there is no capability \"%s\"; \"caps\" shows what "
                  "this shell has\n",
                  argv[1]);
    }
}
