/*
 * main.c - check-authority: random programs, on the kernel and on the model.
 *
 * usage: model_test [--operations N] [--length L] [--seed S] [--replay FILE]
 *
 * Each program runs in a process of its own. One that diverges is made shorter
 * while it still does so in the same way (shrink.c), and printed so that --replay
 * repeats it.
 */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/authority_check.h"
#include "core_check.h"
#include "no_libcheck.h"
#include "play.h"
#include "shrink.h"

#define ENTRIES_PER_CHECK 64u

static struct options {
    uint64_t operations;
    uint64_t seed;
    uint32_t length;
    const char *replay;
} options = {.operations = 20000, .seed = 1, .length = 2000};

static uint64_t total_done[OP_KINDS];

/* ------------------------------------------------- what the fixture calls here */

_Noreturn void no_libcheck_failed(const char *what)
{
    play_differs("%s", what);
}

void core_check(void)
{
    static uint32_t entries;

    if (++entries % ENTRIES_PER_CHECK == 0) {
        lock_assert_none();
    }
}

/* ------------------------------------------------------------------- programs */

/* What the child does; its exit status. */
static int run_here(const struct program *program, bool whole, int to)
{
    play_run(program);
    if (whole && !authority_checks) {
        play_differs("the kernel has not checked itself");
    }
    return write(to, play_done, sizeof(play_done)) != sizeof(play_done);
}

bool run_program(const struct program *program, bool whole, FILE *said)
{
    uint64_t done[OP_KINDS] = {0};
    int channel[2];
    int status = 0;
    pid_t child;

    fflush(NULL);
    if (pipe(channel) != 0 || (child = fork()) < 0) {
        perror("fork");
        exit(70);
    }
    if (child == 0) {
        (void)dup2(fileno(said), STDERR_FILENO);
        _exit(run_here(program, whole, channel[1]));
    }
    close(channel[1]);
    if (read(channel[0], done, sizeof(done)) == sizeof(done)) {
        for (uint32_t i = 0; i < OP_KINDS; i++) {
            total_done[i] += done[i];
        }
    }
    close(channel[0]);
    (void)waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) {
        fprintf(said, "ended by signal %d\n", WTERMSIG(status));
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static FILE *open_said(void)
{
    FILE *said = tmpfile();

    if (!said) {
        perror("tmpfile");
        exit(70);
    }
    return said;
}

/* The program has failed in that way. */
static void diverged(struct program *program, const struct failure *failure)
{
    uint32_t count = program->count;
    FILE *said = open_said();
    char line[512];

    printf("FAIL: seed %llu diverges; shrinking %u operations\n",
           (unsigned long long)program->seed, program->count);
    fflush(stdout);
    shrink(program, failure);
    printf("# seed %llu, shrunk to %u operations; put them into a file and "
           "run model_test --replay FILE\n",
           (unsigned long long)program->seed, program->count);
    program_print(program, stdout);
    (void)run_program(program, program->count == count, said);
    rewind(said);
    while (fgets(line, sizeof(line), said)) {
        printf("# %s", line);
    }
    exit(1);
}

static void try_program(struct program *program)
{
    FILE *said = open_said();
    struct failure failure;
    bool good = run_program(program, true, said);

    failure_read(&failure, said);
    fclose(said);
    if (!good) {
        diverged(program, &failure);
    }
}

/* -------------------------------------------------------------------- running */

static void replay(const char *path)
{
    static struct program program;
    FILE *file = fopen(path, "r");
    uint32_t line;

    if (!file || !program_parse(&program, file, &line)) {
        fprintf(stderr, "%s: not a program\n", path);
        exit(2);
    }
    fclose(file);
    play_run(&program);
    printf("ok: %u operations, no divergence\n", program.count);
}

static void run_random(void)
{
    static const char *const names[] = {
#define PROGRAM_NAME(kind, name, share) name,
        PROGRAM_OPS(PROGRAM_NAME)
#undef PROGRAM_NAME
    };
    static struct program program;
    uint64_t done = 0;

    for (uint64_t seed = options.seed; done < options.operations; seed++) {
        program_random(&program, seed, options.length);
        try_program(&program);
        done += options.length;
    }
    printf("ok: %llu operations, no divergence\n", (unsigned long long)done);
    for (uint32_t i = 0; i < OP_KINDS; i++) {
        printf("  %-10s %llu\n", names[i], (unsigned long long)total_done[i]);
        if (!total_done[i] && done >= 10000) {
            printf("FAIL: never carried out\n");
            exit(1);
        }
    }
}

static bool read_options(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t number = strtoull(argv[i + 1], NULL, 0);

        if (strcmp(argv[i], "--operations") == 0) {
            options.operations = number;
        } else if (strcmp(argv[i], "--seed") == 0) {
            options.seed = number;
        } else if (strcmp(argv[i], "--length") == 0 && number &&
                   number <= PROGRAM_MAX) {
            options.length = (uint32_t)number;
        } else if (strcmp(argv[i], "--replay") == 0) {
            options.replay = argv[i + 1];
        } else {
            return false;
        }
    }
    return argc % 2 == 1;
}

int main(int argc, char **argv)
{
    if (!read_options(argc, argv)) {
        fprintf(stderr, "usage: %s [--operations N] [--length L] [--seed S] "
                        "[--replay FILE]\n", argv[0]);
        return 2;
    }
    if (options.replay) {
        replay(options.replay);
    } else {
        run_random();
    }
    return 0;
}
