/*
 * run.c - starting programs: run waits for the end, spawn does not.
 *
 * A program is granted what it needs to be useful at a prompt (console and
 * timer) and what "with" adds; nothing else of the shell's reaches it.
 */
#include "names.h"
#include "nearest.h"
#include "programs.h"
#include "shell.h"
#include "spawn.h"

#define JOBS_MAX 16u
#define GRANTS_MAX 16u

/* A program in the background; its wait is in flight while used. */
struct job {
    bool used;
    struct rpc wait;
    struct spawned spawned;
    char name[NAME_BYTES_MAX + 1];
};

static struct job jobs[JOBS_MAX];

/* What a command line asks for. */
struct request {
    const char *command;
    struct spawn spawn;
    struct spawn_grant grants[GRANTS_MAX];
};

static bool grant_add(struct request *request, const char *name,
                      const char *from, bool needed)
{
    uint32_t *count = &request->spawn.grant_count;
    struct named_cap found;
    bool held = names_find(from, (uint32_t)text_length(from), &found);

    if (!held && !needed) {
        return true;
    }
    if (!held) {
        con_print("%s: this shell has no capability \"%s\"; \"caps\" shows "
                  "what it has\n",
                  request->command, from);
        return false;
    }
    for (uint32_t i = 0; i < *count; i++) {
        if (text_equal(request->grants[i].name, name)) {
            request->grants[i].cap = found.cap; /* with console=... replaces it */
            return true;
        }
    }
    if (*count == GRANTS_MAX) {
        con_print("%s: at most %u capabilities can be granted\n",
                  request->command, GRANTS_MAX);
        return false;
    }
    request->grants[(*count)++] = (struct spawn_grant){name, found.cap};
    return true;
}

/* NAME=CAP, cut in place. */
static bool with_parse(struct request *request, char *word)
{
    char *equals = word;

    while (*equals != '\0' && *equals != '=') {
        equals++;
    }
    if (equals == word || *equals == '\0' || equals[1] == '\0' ||
        equals - word > (int64_t)NAME_BYTES_MAX) {
        con_print("%s: \"%s\" after \"with\" is not of the form NAME=CAP\n",
                  request->command, word);
        return false;
    }
    *equals = '\0';
    return grant_add(request, word, equals + 1, true);
}

static bool request_parse(struct request *request, uint32_t argc, char **argv)
{
    uint32_t with = 2;

    *request = (struct request){.command = argv[0], .spawn.generous = true};
    if (argc < 2) {
        con_print("%s: which program? \"%s PROGRAM [ARG...] [with "
                  "NAME=CAP...]\"\n",
                  argv[0], argv[0]);
        return false;
    }
    while (with < argc && !text_equal(argv[with], "with")) {
        with++;
    }
    request->spawn.program = argv[1];
    request->spawn.args = (const char *const *)(argv + 2);
    request->spawn.arg_count = with - 2;
    request->spawn.grants = request->grants;
    if (!grant_add(request, "console", "console", false) ||
        !grant_add(request, "timer", "timer", false)) {
        return false;
    }
    if (with + 1 == argc) {
        con_print("%s: nothing follows \"with\"; give NAME=CAP\n", argv[0]);
        return false;
    }
    for (uint32_t i = with + 1; i < argc; i++) {
        if (!with_parse(request, argv[i])) {
            return false;
        }
    }
    return true;
}

/* The program of the boot package that was meant, or NULL. */
static const char *program_nearest(const char *word)
{
    const char *names[PROGRAMS_MAX];

    return nearest_match(word, names, programs_list(names));
}

static void start_failed(const struct request *request, int32_t status,
                         const struct exception *exception)
{
    const char *nearest;

    if (status != ERR_NOT_FOUND) {
        con_print("%s: %s: %s%s%s; %s\n", request->command,
                  request->spawn.program, error_sentence(status),
                  exception->reason[0] != '\0' ? ": " : "", exception->reason,
                  error_remedy(status));
        return;
    }
    nearest = program_nearest(request->spawn.program);
    if (nearest != NULL) {
        con_print("%s: there is no program \"%s\"; did you mean \"%s\"?\n",
                  request->command, request->spawn.program, nearest);
    } else {
        con_print("%s: there is no program \"%s\" in the boot package\n",
                  request->command, request->spawn.program);
    }
}

static bool start(uint32_t argc, char **argv, struct spawned *spawned)
{
    struct request request;
    struct exception exception;
    int32_t status;

    if (shell_need(argv[0], "package", BOOT_PACKAGE_INTERFACE_ID) == CAP_NONE ||
        shell_need(argv[0], "spawner", PROCESS_SPAWNER_INTERFACE_ID) ==
            CAP_NONE ||
        !request_parse(&request, argc, argv)) {
        return false;
    }
    status = capos_spawn(&request.spawn, spawned, &exception);
    if (status < 0) {
        start_failed(&request, status, &exception);
    }
    return status >= 0;
}

void command_run(uint32_t argc, char **argv)
{
    struct spawned spawned;
    struct spawn_end end;
    char text[96];
    int32_t status;

    if (!start(argc, argv, &spawned)) {
        return;
    }
    status = spawn_wait(&spawned, &end);
    if (status < 0) {
        con_fail("run", status);
    } else if (end.how != EXIT_KIND_EXITED || end.code != 0) {
        con_print("[%s %s]\n", argv[1],
                  spawn_end_text(&end, text, sizeof(text)));
    }
}

void command_spawn(uint32_t argc, char **argv)
{
    struct job *job = jobs;

    while (job < jobs + JOBS_MAX && job->used) {
        job++;
    }
    if (job == jobs + JOBS_MAX) {
        con_print("spawn: %u programs run in the background already; wait "
                  "until one ends\n",
                  JOBS_MAX);
        return;
    }
    if (!start(argc, argv, &job->spawned)) {
        return;
    }
    fmt_format(job->name, sizeof(job->name), "%s", argv[1]);
    con_print("[%llu %s started]\n", (unsigned long long)job->spawned.id,
              job->name);
    job->wait.complete = NULL;
    job->used = process_handle_wait_submit(rt(), &job->wait,
                                           job->spawned.process) >= 0;
    if (!job->used) {
        cap_release(job->spawned.process);
    }
}

uint64_t shell_job_process(uint64_t id)
{
    for (const struct job *job = jobs; job < jobs + JOBS_MAX; job++) {
        if (job->used && job->spawned.id == id) {
            return job->spawned.process;
        }
    }
    return CAP_NONE;
}

void shell_report_jobs(void)
{
    ring_poll(ring_self());
    for (struct job *job = jobs; job < jobs + JOBS_MAX; job++) {
        struct spawn_end end = {EXIT_KIND_EXITED, 0, 0};
        char text[96];

        if (!job->used || !job->wait.done) {
            continue;
        }
        process_handle_wait_finish(&job->wait, &end.how, &end.code,
                                   &end.address);
        con_print("[%llu %s %s]\n", (unsigned long long)job->spawned.id,
                  job->name, spawn_end_text(&end, text, sizeof(text)));
        cap_release(job->spawned.process);
        job->used = false;
    }
}
