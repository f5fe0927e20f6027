/*
 * host_replay.c - reads recordings (sim_replay.h) and hands out their events.
 *
 * Everything in the file is checked before the machine starts; a half event at
 * its end is that of a run that was killed, and left out. From then on `next`
 * is the first event that has not happened yet.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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

#define FILE_BYTES_MAX (256ull << 20)
#define STATUS_DIVERGED 1

static const struct replay_head *head;
static const char *next; /* an event, or the end */
static const char *end;

static bool refuse(const char *why)
{
    fprintf(stderr, "capos-sim: %s: %s\n", sim_options.replay_path, why);
    return false;
}

/* --------------------------------------------------------------- the file */

static bool input(const struct replay_event *event)
{
    return event->kind == REPLAY_INPUT_IDLE ||
           event->kind == REPLAY_INPUT_ENTRY;
}

/* Bytes of an event in the file. */
static uint64_t event_size(const struct replay_event *event)
{
    uint64_t bytes = input(event) ? event->value : 0;

    return sizeof(*event) + ((bytes + 7) & ~7ull);
}

/* The event at place if all of it is there, else NULL. */
static const struct replay_event *event_at(const char *place)
{
    const struct replay_event *event = (const void *)place;

    if ((uint64_t)(end - place) < sizeof(*event) ||
        (uint64_t)(end - place) < event_size(event)) {
        return NULL;
    }
    return event;
}

static bool check_head(uint64_t size)
{
    if (size < sizeof(*head) || head->magic != REPLAY_MAGIC) {
        return refuse("is no recording of capos-sim");
    }
    if (head->version != REPLAY_VERSION || head->head_bytes != sizeof(*head)) {
        return refuse("a recording of another version of capos-sim");
    }
    if (memchr(head->release, 0, sizeof(head->release)) == NULL ||
        memchr(head->commit, 0, sizeof(head->commit)) == NULL ||
        memchr(head->build, 0, sizeof(head->build)) == NULL ||
        memchr(head->package, 0, sizeof(head->package)) == NULL ||
        head->command_bytes > size - sizeof(*head) ||
        !host_options_memory_good(head->memory_bytes) || head->cpus == 0 ||
        head->cpus > LIMIT_CPUS) {
        return refuse("is damaged");
    }
    if ((head->switch_in != 0) != (sim_options.switch_in != 0)) {
        return refuse(head->switch_in != 0
                          ? "was recorded by capos-sim-explore: take that"
                          : "was recorded by capos-sim: take that");
    }
    return true;
}

/* Every event is of a known kind, fits the machine, and none goes back. */
static bool check_events(void)
{
    const struct replay_event *event;
    uint64_t step = 0;
    bool warned = false;

    for (const char *at = next; (event = event_at(at)) != NULL;
         at += event_size(event)) {
        if (event->kind < REPLAY_INPUT_IDLE || event->kind > REPLAY_OFF ||
            event->step < step ||
            (input(event) && event->value > SIM_INPUT_BYTES)) {
            return refuse("is damaged");
        }
        step = event->step;
        if (event->kind == REPLAY_PREEMPTED && !warned) {
            warned = true;
            fprintf(stderr,
                    "capos-sim: %s: the host preempted a program at step "
                    "%" PRIu64 ": what follows may not repeat\n",
                    sim_options.replay_path, step);
        }
    }
    return true;
}

static bool check_release(void)
{
    if (strcmp(head->release, HOST_VERSION) != 0) {
        fprintf(stderr,
                "capos-sim: %s: recorded by capOS %s, this is %s\n",
                sim_options.replay_path, head->release, HOST_VERSION);
        return false;
    }
    if (strcmp(head->commit, HOST_COMMIT) != 0) {
        fprintf(stderr,
                "capos-sim: note: recorded by commit %s (%s), this is %s: "
                "the run may differ\n",
                head->commit, head->build, HOST_COMMIT);
    }
    return true;
}

static char *read_all(uint64_t *size)
{
    int file = open(sim_options.replay_path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    char *bytes = NULL;
    ssize_t got = 1;

    *size = 0;
    if (file < 0 || fstat(file, &status) != 0) {
        refuse(strerror(errno));
    } else if (!S_ISREG(status.st_mode) ||
               (uint64_t)status.st_size > FILE_BYTES_MAX) {
        refuse("is no recording of capos-sim");
    } else {
        bytes = malloc((size_t)status.st_size + 1);
    }
    while (bytes != NULL && *size < (uint64_t)status.st_size && got > 0) {
        got = read(file, bytes + *size, (size_t)status.st_size - *size);
        *size += got > 0 ? (uint64_t)got : 0;
    }
    if (file >= 0) {
        close(file);
    }
    return bytes;
}

bool host_replay_open(void)
{
    uint64_t size;
    char *bytes = read_all(&size);

    if (bytes == NULL) {
        return false;
    }
    head = (const void *)bytes;
    end = bytes + size;
    if (!check_head(size) || !check_release()) {
        return false;
    }
    uint64_t skip = sizeof(*head) + ((head->command_bytes + 7ull) & ~7ull);

    next = skip < size ? bytes + skip : end;
    sim_options.seed = head->seed;
    sim_options.cpus = head->cpus;
    sim_options.switch_in = head->switch_in;
    sim_options.priorities = head->priorities;
    sim_options.epoch_s = head->epoch_s;
    sim_options.memory_bytes = head->memory_bytes;
    sim_options.strict = (head->flags & REPLAY_STRICT) != 0;
    sim_options.live = false;
    if (head->package_bytes == 0) {
        sim_options.package = NULL;
    } else if (sim_options.package == NULL) {
        sim_options.package = head->package;
    }
    return check_events();
}

bool host_replay_check(const void *package, uint64_t bytes)
{
    uint8_t hash[SHA256_BYTES];

    sha256_bytes(package, bytes, hash);
    if (bytes == head->package_bytes &&
        memcmp(hash, head->package_sha256, sizeof(hash)) == 0) {
        return true;
    }
    fprintf(stderr,
            "capos-sim: %s: recorded with another boot package than %s "
            "(%" PRIu64 " bytes then, %" PRIu64 " now; the SHA-256 differs)\n",
            sim_options.replay_path,
            sim_options.package != NULL ? sim_options.package : "none",
            head->package_bytes, bytes);
    return false;
}

/* -------------------------------------------------------------- the events */

static _Noreturn void diverged(uint64_t step, const char *what)
{
    sim_trace_flush();
    fprintf(stderr,
            "\ncapos-sim: the replay left the recorded run: step %" PRIu64
            ", %s\n",
            step, what);
    host_exit(STATUS_DIVERGED);
}

/* The next event but preemptions, which repeat by themselves or not at all. */
static const struct replay_event *peek(void)
{
    const struct replay_event *event = event_at(next);

    while (event != NULL && event->kind == REPLAY_PREEMPTED) {
        next += event_size(event);
        event = event_at(next);
    }
    return event;
}

/* Ends as the recorded run was ended. */
static _Noreturn void stop_as_recorded(const struct replay_event *event)
{
    sim_trace_flush();
    fprintf(stderr,
            "\ncapos-sim: the recorded run was ended here, after step %" PRIu64
            "\n",
            event->step);
    host_exit((int)event->value);
}

static const struct replay_event *take(const struct replay_event *event)
{
    next += event_size(event);
    return event;
}

const struct replay_event *host_replay_entry(uint64_t step, bool awaited)
{
    const struct replay_event *event = peek();

    if (event == NULL || event->step > step) {
        return NULL;
    }
    sim_fs_host();
    if (event->kind == REPLAY_STOPPED && event->step < step) {
        stop_as_recorded(event);
    }
    if (event->step < step) {
        diverged(step, "which recorded input should have come before");
    }
    if (event->kind != REPLAY_INPUT_ENTRY) {
        return NULL;
    }
    if (!awaited) {
        diverged(step, "where recorded input is not asked for");
    }
    return take(event);
}

const struct replay_event *host_replay_idle(uint64_t step)
{
    const struct replay_event *event = peek();

    if (event == NULL || event->step != step) {
        return NULL;
    }
    sim_fs_host();
    if (event->kind == REPLAY_STOPPED) {
        stop_as_recorded(event);
    }
    return event->kind == REPLAY_INPUT_IDLE ? take(event) : NULL;
}

bool host_replay_live(void)
{
    return (head->flags & REPLAY_LIVE) != 0;
}

_Noreturn void host_replay_over(void)
{
    sim_fs_host();
    sim_trace_flush();
    fprintf(stderr, "\ncapos-sim: the recording ends here\n");
    host_exit(0);
}

void host_replay_off(uint64_t step, uint32_t status)
{
    const struct replay_event *event = peek();

    sim_fs_host();
    if (event != NULL && (event->kind != REPLAY_OFF || event->step != step ||
                          event->value != status)) {
        diverged(step, "where the system ended, which it did not when "
                       "recorded");
    }
}
