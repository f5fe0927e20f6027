/*
 * run.c - runs a fuzz target without a fuzzer: on files, then on inputs at random,
 * the same for one seed. Those are damaged files, if there are files.
 *
 * usage: TARGET [--runs N] [--seconds S] [--seed S] [--bytes MAX] [FILE...]
 *
 * An input that ends in an abort is written to TARGET-crash in the current
 * directory; given as FILE it is tried again.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

#define INPUT_BYTES_MAX (1u << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t input[INPUT_BYTES_MAX];
static size_t input_size;
static char crash_path[512];

static struct options {
    uint64_t runs;
    uint64_t seconds;
    uint64_t seed;
    uint64_t bytes;
} options = {.seed = 1, .bytes = 2400};

static void crashed(int signal_number)
{
    int file = open(crash_path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    static const char said[] = "the input is kept: give it as FILE\n";

    signal(signal_number, SIG_DFL);
    if (file >= 0 && write(file, input, input_size) == (ssize_t)input_size &&
        write(2, crash_path, strlen(crash_path)) > 0 &&
        write(2, ": ", 2) == 2) {
        (void)!write(2, said, sizeof(said) - 1);
    }
    raise(signal_number);
}

static void run_input(void)
{
    /* Behind it lies nothing: AddressSanitizer and Memcheck see who reads on. */
    uint8_t *copy = malloc(input_size ? input_size : 1);

    if (!copy) {
        abort();
    }
    memcpy(copy, input, input_size);
    LLVMFuzzerTestOneInput(copy, input_size);
    free(copy);
}

static uint64_t state;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void make_random(void)
{
    input_size = next_random() % (options.bytes + 1);
    for (size_t i = 0; i < input_size; i++) {
        input[i] = (uint8_t)(next_random() >> 24);
    }
}

static void read_file(const char *path)
{
    FILE *file = fopen(path, "rb");

    if (!file) {
        perror(path);
        exit(2);
    }
    input_size = fread(input, 1, sizeof(input), file);
    fclose(file);
}

/* Some bytes changed, and the end cut off or not. */
static void damage(void)
{
    for (uint64_t i = 1 + next_random() % 8; i && input_size; i--) {
        uint64_t change = next_random();

        input[change % input_size] ^= (uint8_t)(1u << (change >> 40) % 8);
        if (change >> 60 == 0) {
            input_size = (change >> 20) % input_size;
        }
    }
}

/* How many files there are. */
static int read_options(int argc, char **argv)
{
    static const struct {
        const char *name;
        uint64_t *value;
    } known[] = {{"--runs", &options.runs},
                 {"--seconds", &options.seconds},
                 {"--seed", &options.seed},
                 {"--bytes", &options.bytes}};
    int at = 1;

    while (at + 1 < argc && strncmp(argv[at], "--", 2) == 0) {
        bool found = false;

        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
            if (strcmp(argv[at], known[i].name) == 0) {
                *known[i].value = strtoull(argv[at + 1], NULL, 0);
                found = true;
            }
        }
        if (!found) {
            break;
        }
        at += 2;
    }
    if ((at < argc && argv[at][0] == '-') || options.bytes > INPUT_BYTES_MAX) {
        fprintf(stderr, "usage: %s [--runs N] [--seconds S] [--seed S] "
                        "[--bytes MAX] [FILE...]\n", argv[0]);
        exit(2);
    }
    return at;
}

static void run_many(char **files, int count)
{
    time_t end = time(NULL) + (time_t)options.seconds;
    uint64_t runs = 0;

    state = options.seed * 0x9e3779b97f4a7c15ull | 1;
    while (options.seconds ? time(NULL) < end : runs < options.runs) {
        if (count) {
            read_file(files[next_random() % (uint64_t)count]);
            damage();
        } else {
            make_random();
        }
        run_input();
        runs++;
    }
    printf("%llu inputs, nothing wrong found\n", (unsigned long long)runs);
}

int main(int argc, char **argv)
{
    int at = read_options(argc, argv);
    int missing;

    snprintf(crash_path, sizeof(crash_path), "%s-crash", argv[0]);
    signal(SIGABRT, crashed);
    signal(SIGSEGV, crashed);
    for (int i = at; i < argc; i++) {
        read_file(argv[i]);
        run_input();
    }
    if (!options.runs && !options.seconds) {
        return 0;
    }
    run_many(argv + at, argc - at);
    missing = fuzz_report(stdout);
    if (missing) {
        printf("FAIL: %d of what this target is for did not happen\n", missing);
    }
    return missing ? 1 : 0;
}
