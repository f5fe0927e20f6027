/*
 * main.c - mkboot: packs a manifest message and the files that it names into
 * a boot package, and looks into packages.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capos.gen.h"
#include "cli.h"
#include "file.h"
#include "inspect.h"
#include "pack.h"
#include "package.h"
#include "program.h"

static const char *output;
static const char *root = ".";
static bool list;
static bool check;

static const struct cli_option options[] = {
    {"-o", "FILE", "where to write the package", &output, NULL},
    {"--root", "DIR", "where the paths of the manifest begin (.)", &root,
     NULL},
    {"--list", NULL, "show what is in a package", NULL, &list},
    {"--check", NULL, "check a package", NULL, &check},
};

static const struct cli cli = {
    .program = "mkboot",
    .usage = "[--root DIR] -o FILE MANIFEST.bin | --list PKG | --check PKG",
    .summary = "Packs a manifest (made by mkmanifest) and the files that it "
               "names into a boot\npackage, or looks into one.\n",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .operands_min = 1,
    .operands_max = 1,
};

/* What is being packed: the manifest, then its binaries. */
struct job {
    struct pack_file files[PACKAGE_ENTRIES_MAX];
    uint8_t *bytes[PACKAGE_ENTRIES_MAX]; /* to be freed */
    char names[PACKAGE_ENTRIES_MAX][PACKAGE_NAME_BYTES];
    uint32_t count;
};

/* Takes over bytes; name must be short enough. */
static void job_add(struct job *job, struct wire_text name, uint32_t kind,
                    uint8_t *bytes, size_t size)
{
    uint32_t i = job->count++;

    memcpy(job->names[i], name.bytes, name.length);
    job->bytes[i] = bytes;
    job->files[i] = (struct pack_file){
        .name = job->names[i], .kind = kind, .bytes = bytes, .size = size};
}

static void job_free(struct job *job)
{
    for (uint32_t i = 0; i < job->count; i++) {
        free(job->bytes[i]);
    }
    free(job);
}

/* Reads DIR/path; NULL after a message. */
static uint8_t *read_below(const char *path, size_t *size)
{
    size_t length = strlen(root) + strlen(path) + 2;
    char *full = malloc(length);
    uint8_t *bytes = NULL;

    if (full != NULL) {
        snprintf(full, length, "%s/%s", root, path);
        bytes = file_read(full, size);
    }
    if (bytes == NULL) {
        cli_error(&cli, "%s/%s: %s", root, path, strerror(errno));
    }
    free(full);
    return bytes;
}

static bool add_binary(struct job *job, struct binary_reader binary)
{
    struct wire_text name = binary_get_name(binary);
    enum boot_entry_kind kind = binary_get_kind(binary);
    const char *path = binary_get_path(binary).bytes;
    const char *problem = NULL;
    uint8_t *bytes;
    size_t size;

    if (name.length == 0 || name.length >= PACKAGE_NAME_BYTES ||
        (kind != BOOT_ENTRY_KIND_PROGRAM && kind != BOOT_ENTRY_KIND_DATA)) {
        cli_error(&cli, "the manifest was not made by mkmanifest: bad binary");
        return false;
    }
    bytes = read_below(path, &size);
    if (bytes == NULL) {
        return false;
    }
    if (kind == BOOT_ENTRY_KIND_PROGRAM) {
        problem = program_check(bytes, size);
    }
    if (problem != NULL) {
        cli_error(&cli, "%s/%s: %s", root, path, problem);
        free(bytes);
        return false;
    }
    job_add(job, name, (uint32_t)kind, bytes, size);
    return true;
}

static bool add_binaries(struct job *job, const char *path, uint8_t *manifest,
                         size_t size)
{
    struct wire_message message;
    struct wire_list binaries;

    if (wire_message_init(&message, manifest, size) != 0) {
        cli_error(&cli, "%s: not a manifest message", path);
        return false;
    }
    binaries = system_manifest_get_binaries(system_manifest_read(&message));
    if (binaries.count > PACKAGE_ENTRIES_MAX - 1) {
        cli_error(&cli, "%s: %u binaries are too many", path, binaries.count);
        return false;
    }
    for (uint32_t i = 0; i < binaries.count; i++) {
        if (!add_binary(job, system_manifest_binaries_at(binaries, i))) {
            return false;
        }
    }
    if (wire_message_error(&message)) {
        cli_error(&cli, "%s: malformed manifest message", path);
        return false;
    }
    return true;
}

/* Checks the result as a reader would before anybody sees it. */
static bool write_package(const struct job *job)
{
    char reason[INSPECT_REASON_BYTES];
    size_t size = 0;
    uint8_t *bytes = pack_files(job->files, job->count, &size);
    bool written = false;

    if (bytes == NULL) {
        cli_error(&cli, "no memory for the package");
    } else if (!inspect_check(bytes, size, reason)) {
        cli_error(&cli, "%s", reason);
    } else if (!file_write(output, bytes, size)) {
        cli_error(&cli, "%s: %s", output, strerror(errno));
    } else {
        written = true;
    }
    free(bytes);
    return written;
}

static bool make(const char *path, uint8_t *manifest, size_t size)
{
    struct job *job = calloc(1, sizeof(*job));
    bool made;

    if (job == NULL) {
        free(manifest);
        return false;
    }
    job_add(job, WIRE_TEXT("manifest"), PACKAGE_MANIFEST, manifest, size);
    made = add_binaries(job, path, manifest, size) && write_package(job);
    job_free(job);
    return made;
}

static bool look(const char *path, uint8_t *bytes, size_t size)
{
    char reason[INSPECT_REASON_BYTES];
    bool good = inspect_check(bytes, size, reason);

    if (!good) {
        cli_error(&cli, "%s: %s", path, reason);
    } else if (list) {
        inspect_list(bytes, size);
    } else {
        printf("%s: good\n", path);
    }
    free(bytes);
    return good;
}

int main(int argc, char **argv)
{
    uint32_t count;
    uint8_t *bytes;
    size_t size;
    int status;

    if (!cli_parse(&cli, argc, argv, &count, &status)) {
        return status;
    }
    if ((output != NULL) + list + check != 1) {
        cli_error(&cli, "give one of -o FILE, --list and --check");
        return CLI_USAGE_STATUS;
    }
    bytes = file_read(argv[0], &size);
    if (bytes == NULL) {
        cli_error(&cli, "%s: %s", argv[0], strerror(errno));
        return EXIT_FAILURE;
    }
    if (output != NULL) {
        return make(argv[0], bytes, size) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    return look(argv[0], bytes, size) ? EXIT_SUCCESS : EXIT_FAILURE;
}
