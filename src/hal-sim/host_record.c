/*
 * host_record.c - writes recordings (sim_replay.h).
 *
 * --record FILE, or by itself when the input is a terminal: then into the
 * person's cache directory, where the recording before it is kept too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "host_files.h"
#include "host_version.h"
#include "sha256.h"
#include "sim.h"
#include "sim_replay.h"

static const char zeros[8];
static int record_file = -1;

/* $XDG_CACHE_HOME/capos or $HOME/.cache/capos, made; false: cannot be. */
static bool cache_directory(char *path, size_t bytes)
{
    const char *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    int length;

    if (cache != NULL && cache[0] == '/') {
        length = snprintf(path, bytes, "%s", cache);
    } else if (home != NULL && home[0] == '/') {
        length = snprintf(path, bytes, "%s/.cache", home);
    } else {
        return false;
    }
    if (length < 0 || (size_t)length + sizeof("/capos") > bytes) {
        return false;
    }
    mkdir(path, 0700);
    memcpy(path + length, "/capos", sizeof("/capos"));
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/* The file of a run at a terminal; -1: none can be made, which is no error. */
static int open_last(void)
{
    char directory[REPLAY_PATH_BYTES];
    char last[REPLAY_PATH_BYTES + 32];
    char before[REPLAY_PATH_BYTES + 32];

    if (!cache_directory(directory, sizeof(directory))) {
        return -1;
    }
    snprintf(last, sizeof(last), "%s/last.replay", directory);
    snprintf(before, sizeof(before), "%s/previous.replay", directory);
    rename(last, before);
    return open(last, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

/* Writes words, filled up to 8 bytes. */
static bool write_padded(const void *bytes, size_t size)
{
    return host_file_write(record_file, bytes, size) &&
           host_file_write(record_file, zeros, -size % 8);
}

static bool write_command(char **words)
{
    size_t size = 0;
    bool good = true;

    for (uint32_t i = 0; words[i] != NULL; i++) {
        size += strlen(words[i]) + 1;
        good &= host_file_write(record_file, words[i], strlen(words[i]) + 1);
    }
    return good && host_file_write(record_file, zeros, -size % 8);
}

static void describe(struct replay_head *head, const void *package,
                     uint64_t bytes, char **words)
{
    *head = (struct replay_head){
        .magic = REPLAY_MAGIC,
        .version = REPLAY_VERSION,
        .head_bytes = sizeof(*head),
        .seed = sim_options.seed,
        .memory_bytes = sim_options.memory_bytes,
        .package_bytes = bytes,
        .flags = (sim_options.strict ? REPLAY_STRICT : 0) |
                 (sim_options.live ? REPLAY_LIVE : 0),
        .cpus = sim_options.cpus,
        .switch_in = sim_options.switch_in,
        .priorities = sim_options.priorities,
        .epoch_s = sim_options.epoch_s,
    };
    for (uint32_t i = 0; words[i] != NULL; i++) {
        head->command_bytes += (uint32_t)strlen(words[i]) + 1;
    }
    sha256_bytes(package, bytes, head->package_sha256);
    snprintf(head->release, sizeof(head->release), "%s", HOST_VERSION);
    snprintf(head->commit, sizeof(head->commit), "%s", HOST_COMMIT);
    snprintf(head->build, sizeof(head->build), "%s", HOST_BUILD);

    char *path = realpath(sim_options.package != NULL ? sim_options.package
                                                      : "", NULL);

    if (path != NULL && strlen(path) < sizeof(head->package)) {
        memcpy(head->package, path, strlen(path));
    }
    free(path);
}

bool host_record_start(const void *package, uint64_t bytes, char **words)
{
    const char *path = sim_options.record_path;
    struct replay_head head;

    if (path != NULL) {
        record_file =
            open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    } else if (sim_options.record_last) {
        record_file = open_last();
    }
    if (record_file < 0) {
        if (path != NULL) {
            fprintf(stderr, "capos-sim: %s: %s\n", path, strerror(errno));
        }
        return path == NULL;
    }
    describe(&head, package, bytes, words);
    if (host_file_write(record_file, &head, sizeof(head)) &&
        write_command(words)) {
        return true;
    }
    fprintf(stderr, "capos-sim: the recording cannot be written: %s\n",
            strerror(errno));
    close(record_file);
    record_file = -1;
    return path == NULL;
}

void host_record(enum replay_kind kind, uint32_t flags, uint32_t value,
                 const void *bytes)
{
    struct replay_event event = {
        .step = host_steps(),
        .time_ns = hal_time_now(),
        .kind = (uint16_t)kind,
        .flags = (uint16_t)flags,
        .value = value,
    };

    if (record_file < 0) {
        return;
    }
    sim_fs_host();
    if (!host_file_write(record_file, &event, sizeof(event)) ||
        (bytes != NULL && !write_padded(bytes, value))) {
        close(record_file); /* what is there stays good */
        record_file = -1;
    }
}
