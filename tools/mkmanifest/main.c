/*
 * main.c - mkmanifest: an evaluated manifest (JSON) becomes the message that
 * kernel and init read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "file.h"
#include "manifest.h"

static const char *output;

static const struct cli_option options[] = {
    {"-o", "FILE", "where to write the message (required)", &output, NULL},
};

static const struct cli cli = {
    .program = "mkmanifest",
    .usage = "-o FILE MANIFEST.json",
    .summary = "Checks an evaluated manifest and writes it as a "
               "SystemManifest message.\n",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .operands_min = 1,
    .operands_max = 1,
};

static bool convert(const char *path, const uint8_t *json, size_t length,
                    void *buffer)
{
    struct report report = {.file = path};
    size_t size = manifest_build(&report, (const char *)json, length, buffer,
                                 MANIFEST_BYTES_MAX);

    if (size == 0) {
        cli_error(&cli, "%s: %u problem(s); nothing written", path,
                  report.problems);
        return false;
    }
    if (!file_write(output, buffer, size)) {
        cli_error(&cli, "%s: %s", output, strerror(errno));
        return false;
    }
    return true;
}

static int run(const char *path)
{
    size_t length;
    uint8_t *json = file_read(path, &length);
    void *buffer = calloc(1, MANIFEST_BYTES_MAX);
    bool converted = false;

    if (json == NULL || buffer == NULL) {
        cli_error(&cli, "%s: %s", path, strerror(errno));
    } else {
        converted = convert(path, json, length, buffer);
    }
    free(json);
    free(buffer);
    return converted ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    uint32_t count;
    int status;

    if (!cli_parse(&cli, argc, argv, &count, &status)) {
        return status;
    }
    if (output == NULL) {
        cli_error(&cli, "where to? Give -o FILE");
        return CLI_USAGE_STATUS;
    }
    return run(argv[0]);
}
