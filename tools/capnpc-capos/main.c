/*
 * main.c - capnpc-capos, a plug-in of the Cap'n Proto compiler:
 *
 *   capnp compile -o./capnpc-capos:OUTDIR --src-prefix=DIR DIR/capos.capnp
 *
 * capnp compiles the schema and pipes a CodeGeneratorRequest into this program,
 * which writes C headers and sources into its working directory (OUTDIR). The
 * same request gives the same bytes.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emit.h"
#include "nearest.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unversioned"
#endif

#define SEGMENTS_MAX 512u
#define REQUEST_BYTES_MAX (64u << 20)
#define REQUEST_BUDGET_WORDS (1ull << 32)

static const char usage[] =
    "Usage: capnp compile -oPATH/capnpc-capos:OUTDIR SCHEMA.capnp\n"
    "\n"
    "A plug-in of the Cap'n Proto compiler. Writes, for SCHEMA.capnp, into\n"
    "the existing folder OUTDIR:\n"
    "\n"
    "  SCHEMA.gen.h             ids, constants, enums, readers and builders\n"
    "  SCHEMA.client.gen.h      typed calls over a transport\n"
    "  SCHEMA.server.gen.h      handler tables and dispatch\n"
    "  SCHEMA.schema.gen.h, .c  the schema as tables to read at run time\n"
    "\n"
    "PATH must contain a slash; capnp takes a bare name for something else.\n"
    "\n"
    "  --help     prints this\n"
    "  --version  prints the version\n";

_Noreturn void fail(const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "capnpc-capos: ");
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
    exit(1);
}

/* Started by hand: answers and returns the exit status. */
static int options(int argc, char **argv)
{
    static const char *const known[] = {"--help", "--version"};
    const char *nearest;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("capnpc-capos (capOS) " PACKAGE_VERSION);
        return 0;
    }
    if (argc == 2 && argv[1][0] == '-') {
        nearest = nearest_match(argv[1], known, 2);
        fprintf(stderr, "capnpc-capos: unknown option %s; %s %s\n", argv[1],
                nearest ? "the nearest is" : "try",
                nearest ? nearest : "--help");
    } else if (argc > 1) {
        fprintf(stderr, "capnpc-capos: takes no arguments: capnp starts it\n");
    } else {
        fputs(usage, stderr);
    }
    return 2;
}

/* All of standard input; the caller frees it. */
static void *read_request(size_t *size_bytes)
{
    size_t capacity = 1u << 16;
    size_t size = 0;
    char *bytes = malloc(capacity);

    while (bytes) {
        size_t got = fread(bytes + size, 1, capacity - size, stdin);

        size += got;
        if (got == 0) {
            break;
        }
        if (size == capacity) {
            char *more;

            if (capacity >= REQUEST_BYTES_MAX) {
                fail("the request is larger than %u bytes", REQUEST_BYTES_MAX);
            }
            capacity *= 2;
            more = realloc(bytes, capacity);
            if (!more) {
                free(bytes);
            }
            bytes = more;
        }
    }
    if (!bytes || ferror(stdin)) {
        fail("cannot read the request");
    }
    *size_bytes = size;
    return bytes;
}

int main(int argc, char **argv)
{
    static struct wire_segment table[SEGMENTS_MAX];
    struct wire_message message;
    struct request request;
    size_t size_bytes;
    size_t used_bytes;
    void *bytes;

    if (argc > 1 || isatty(0)) {
        return options(argc, argv);
    }
    bytes = read_request(&size_bytes);
    if (wire_message_init_framed(&message, table, SEGMENTS_MAX, bytes,
                                 size_bytes, &used_bytes) < 0) {
        free(bytes);
        fail("standard input is not a CodeGeneratorRequest");
    }
    wire_message_limit(&message, REQUEST_BUDGET_WORDS);
    request_open(&request, &message);
    write_types(&request);
    write_client(&request);
    write_server_header(&request);
    write_schema_header(&request);
    write_schema_source(&request);
    request_close(&request);
    free(bytes);
    return 0;
}
