/*
 * replay.c - replay files: text, one choice a line.
 *
 *   capos-explore 1
 *   scenario NAME
 *   failure KIND
 *   program CHECKSUM
 *   choice ACTOR WHEN TO
 *
 * WHEN is twice the number of accesses that the actor has made so far in the
 * schedule, plus one if it had to give way there.
 */
#include "replay.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES 256

uint64_t replay_program(void)
{
    FILE *file = fopen("/proc/self/exe", "rb");
    uint64_t sum = 0xcbf29ce484222325ull;
    int byte;

    if (!file) {
        return 0;
    }
    while ((byte = getc(file)) != EOF) {
        sum = (sum ^ (uint64_t)byte) * 0x100000001b3ull;
    }
    (void)fclose(file);
    return sum;
}

bool replay_write(const char *path, const struct replay *replay)
{
    FILE *file = fopen(path, "w");
    bool good;

    if (!file) {
        return false;
    }
    fprintf(file,
            "capos-explore 1\nscenario %s\nfailure %s\nprogram %016" PRIx64
            "\n",
            replay->scenario, replay->kind, replay->program);
    for (uint32_t i = 0; i < replay->count; i++) {
        const struct choice *choice = &replay->choices[i];

        fprintf(file, "choice %" PRIu32 " %" PRIu64 " %" PRIu32 "\n",
                choice->actor, choice->when, choice->to);
    }
    good = !ferror(file);
    return fclose(file) == 0 && good;
}

static bool read_choice(const char *line, struct replay *replay)
{
    struct choice *choice = &replay->choices[replay->count];

    if (replay->count == ENGINE_DEPTH_MAX ||
        sscanf(line, "choice %" SCNu32 " %" SCNu64 " %" SCNu32,
               &choice->actor, &choice->when, &choice->to) != 3 ||
        choice->actor >= EXPLORE_ACTORS || choice->to >= EXPLORE_ACTORS) {
        return false;
    }
    replay->count++;
    return true;
}

static bool read_line(const char *line, struct replay *replay)
{
    return sscanf(line, "scenario %63s", replay->scenario) == 1 ||
           sscanf(line, "failure %63[^\n]", replay->kind) == 1 ||
           sscanf(line, "program %" SCNx64, &replay->program) == 1 ||
           read_choice(line, replay);
}

bool replay_read(const char *path, struct replay *replay)
{
    FILE *file = fopen(path, "r");
    char line[LINE_BYTES];
    bool good;

    memset(replay, 0, sizeof(*replay));
    if (!file) {
        perror(path);
        return false;
    }
    good = fgets(line, sizeof(line), file) &&
           strcmp(line, "capos-explore 1\n") == 0;
    while (good && fgets(line, sizeof(line), file)) {
        good = read_line(line, replay);
    }
    (void)fclose(file);
    if (!good) {
        fprintf(stderr, "%s is not a replay file of this version\n", path);
    }
    return good;
}

/* ----------------------------------------------------------------------- text */

extern const char __executable_start[];

/* addr2line, asked through a pipe and answering through another one. */
static struct {
    FILE *ask;
    FILE *answer;
    bool tried;
} lines;

static void lines_start(void)
{
    int to[2];
    int from[2];

    lines.tried = true;
    if (pipe(to) != 0 || pipe(from) != 0) {
        return;
    }
    if (fork() == 0) {
        char self[32];

        (void)snprintf(self, sizeof(self), "/proc/%d/exe", (int)getppid());
        (void)dup2(to[0], 0);
        (void)dup2(from[1], 1);
        (void)close(to[1]);
        (void)close(from[0]);
        execlp("addr2line", "addr2line", "-fse", self, (char *)NULL);
        _exit(1);
    }
    (void)close(to[0]);
    (void)close(from[1]);
    lines.ask = fdopen(to[1], "w");
    lines.answer = fdopen(from[0], "r");
}

/* "function (file:line)" of a return address; or the address. */
static void print_place(uintptr_t address)
{
    char name[128] = "";
    char line[256] = "";

    if (!lines.tried) {
        (void)signal(SIGPIPE, SIG_IGN);
        lines_start();
    }
    if (lines.ask && lines.answer) {
        fprintf(lines.ask, "0x%" PRIxPTR "\n",
                address - (uintptr_t)__executable_start - 1);
        (void)fflush(lines.ask);
    }
    if (lines.answer && fgets(name, sizeof(name), lines.answer) &&
        fgets(line, sizeof(line), lines.answer) && name[0] != '?') {
        name[strcspn(name, "\n")] = '\0';
        line[strcspn(line, " \n")] = '\0';
        printf("%s (%s)", name, line);
    } else {
        printf("0x%" PRIxPTR, address);
    }
}

void replay_print(const char *text)
{
    while (*text) {
        char *end;
        uintptr_t address;

        if (*text != '@') {
            (void)putchar(*text++);
            continue;
        }
        address = (uintptr_t)strtoull(text + 1, &end, 16);
        if (*end == '@') {
            print_place(address);
            text = end + 1;
        } else {
            (void)putchar(*text++);
        }
    }
}
