/* json_out.c - the letters of the Chrome trace event format. */
#include "json_out.h"

#include <inttypes.h>

static void json_text(struct json_out *json, const char *text)
{
    fputc('"', json->out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            fputc('\\', json->out);
        }
        fputc(*text >= ' ' && *text <= '~' ? *text : '?', json->out);
    }
    fputc('"', json->out);
}

void json_open(struct json_out *json, FILE *out, uint64_t seed)
{
    *json = (struct json_out){.out = out};
    fprintf(out, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"producer\":"
            "\"capos-trace\",\"seed\":\"%" PRIu64 "\"},\n\"traceEvents\":[",
            seed);
}

void json_close(struct json_out *json)
{
    fputs("\n]}\n", json->out);
}

void json_event_begin(struct json_out *json, char phase,
                      struct json_track track, uint64_t time_ns,
                      const char *name)
{
    fprintf(json->out, "%s\n{\"ph\":\"%c\",\"pid\":%" PRIu64 ",\"tid\":%" PRIu64
            ",\"ts\":%" PRIu64 ".%03u", json->any ? "," : "", phase, track.pid,
            track.tid, time_ns / 1000, (unsigned)(time_ns % 1000));
    if (name != NULL) {
        json_field(json, "name", name);
    }
    json->any = true;
    json->args = false;
}

void json_event_end(struct json_out *json)
{
    fputs(json->args ? "}}" : "}", json->out);
}

void json_field(struct json_out *json, const char *key, const char *text)
{
    fprintf(json->out, ",\"%s\":", key);
    json_text(json, text);
}

void json_id(struct json_out *json, uint64_t id)
{
    fprintf(json->out, ",\"id\":\"0x%" PRIx64 "\"", id);
}

static void json_arg(struct json_out *json, const char *key)
{
    fprintf(json->out, "%s\"%s\":", json->args ? "," : ",\"args\":{", key);
    json->args = true;
}

void json_arg_text(struct json_out *json, const char *key, const char *text)
{
    json_arg(json, key);
    json_text(json, text);
}

void json_arg_number(struct json_out *json, const char *key, int64_t number)
{
    json_arg(json, key);
    fprintf(json->out, "%" PRId64, number);
}

void json_arg_hex(struct json_out *json, const char *key, uint64_t number)
{
    json_arg(json, key);
    fprintf(json->out, "\"%" PRIx64 "\"", number);
}
