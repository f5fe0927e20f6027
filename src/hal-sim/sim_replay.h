/*
 * sim_replay.h - recordings of runs: the file, and what writes and reads it.
 *
 * In lockstep everything follows from package, options and seed (who runs next
 * among several CPUs, too), except what a person or a pipe typed, and when.
 * That enters the machine at two kinds of places only: while it idles, and at
 * an entry into the kernel; a recording says which, by the number of entries so
 * far (the step). A replay takes its input from there, waits for nothing and
 * looks at no clock. What the host's timer did to a program that does not enter
 * cannot be repeated: a recording with a REPLAY_PREEMPTED is marked so.
 *
 * The file: struct replay_head; the command line, as words that end in NUL,
 * filled up to 8 bytes; events, each a struct replay_event and its bytes,
 * filled up to 8. Little-endian. It is written as the run goes, so that of a
 * killed run all but the end is there.
 */
#ifndef SIM_REPLAY_H
#define SIM_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLAY_MAGIC 0x79616c706572736full
#define REPLAY_VERSION 3u
#define REPLAY_TEXT_BYTES 64u
#define REPLAY_BUILD_BYTES 192u
#define REPLAY_PATH_BYTES 512u

enum replay_flag {
    REPLAY_STRICT = 1,
    REPLAY_LIVE = 2, /* the input came from a terminal */
};

struct replay_head {
    uint64_t magic;
    uint32_t version;
    uint32_t head_bytes; /* of this structure */
    uint64_t seed;
    uint64_t memory_bytes;
    uint64_t package_bytes; /* 0: there was none */
    uint32_t flags;         /* enum replay_flag */
    uint32_t command_bytes; /* without what fills it up */
    uint8_t package_sha256[32];
    char release[REPLAY_TEXT_BYTES];
    char commit[REPLAY_TEXT_BYTES];
    char build[REPLAY_BUILD_BYTES]; /* compiler and flags */
    char package[REPLAY_PATH_BYTES]; /* path, absolute if it fits */
    uint32_t cpus;
    uint32_t switch_in;  /* exploring: one access in so many; 0: none */
    uint32_t priorities; /* changes of priority in a stretch; 0: none */
    uint32_t epoch_s;    /* UTC at boot, seconds since 1970 */
};

enum replay_kind {
    REPLAY_INPUT_IDLE = 1,  /* input that came while nothing ran */
    REPLAY_INPUT_ENTRY = 2, /* input taken at the entry numbered step */
    REPLAY_PREEMPTED = 3,   /* not reproducible from here on */
    REPLAY_STOPPED = 4,     /* ended from outside, after that step */
    REPLAY_OFF = 5,         /* the system ended by itself */
};

#define REPLAY_RESTART 256u /* instead of a status: it starts again */

#define REPLAY_END_OF_INPUT 1u

struct replay_event {
    uint64_t step; /* entries into the kernel so far */
    uint64_t time_ns;
    uint16_t kind;  /* enum replay_kind */
    uint16_t flags; /* of input: REPLAY_END_OF_INPUT, after the bytes */
    uint32_t value; /* of input: how many bytes follow; of ends: the status */
};

_Static_assert(sizeof(struct replay_head) == 928, "format");
_Static_assert(sizeof(struct replay_event) == 24, "format");

/* ---------------------------------------------------------------- recording */

/* Starts the recording that was asked for. False: not, and it has said why. */
bool host_record_start(const void *package, uint64_t bytes, char **words);

/* Appends an event, whose bytes are those of input; does nothing otherwise. */
void host_record(enum replay_kind kind, uint32_t flags, uint32_t value,
                 const void *bytes);

/* ------------------------------------------------------------------- replay */

/*
 * Reads sim_options.replay_path and sets the options that it decides. False: it
 * is no recording that can be repeated, and it has said why.
 */
bool host_replay_open(void);

/* False: the recording was made with another package; it has said so. */
bool host_replay_check(const void *package, uint64_t bytes);

/* Input taken at this entry into the kernel, if it is awaited; NULL: none. */
const struct replay_event *host_replay_entry(uint64_t step, bool awaited);

/* Input that came while the machine idled after step; NULL: none. */
const struct replay_event *host_replay_idle(uint64_t step);

/* True if the recorded input came from a terminal, while time went on. */
bool host_replay_live(void);

/* The machine waits for what the recording does not hold: ends the process. */
_Noreturn void host_replay_over(void);

/* The system ends after step: ends the process if it did not when recorded. */
void host_replay_off(uint64_t step, uint32_t status);

#endif
