/*
 * shell.h - the commands of the shell and what they share.
 *
 * The shell is an ordinary program: it can do what it was granted. Each command
 * looks up the capability that it needs and says so when it is missing.
 */
#ifndef CAPOS_SHELL_SHELL_H
#define CAPOS_SHELL_SHELL_H

#include "capos.h"
#include "completion.h"

#define SHELL_WORDS_MAX 64u

struct command {
    const char *name;
    const char *usage; /* what follows the name */
    const char *help;
    void (*run)(uint32_t argc, char **argv);
    bool whole; /* what follows the name is argv[1], not cut into words */
};

extern const struct command shell_commands[];
extern const uint32_t shell_command_count;

/*
 * Cuts a line into words, in place: blanks separate, "..." keeps them. Returns
 * how many, or -1: more than SHELL_WORDS_MAX, or a quote is not closed (then a
 * sentence was printed).
 */
int32_t shell_split(char *line, char **words);

/*
 * Runs the command that the line names, or says what it could have been. The
 * line is cut in place.
 */
void shell_execute(char *line);

/* Offers what can be typed before the cursor (line_editor.h). */
void shell_complete(void *context, const char *line, uint32_t cursor,
                    struct completion *completion);

/* "running", "waiting", "ending". */
const char *shell_state_name(enum process_info_state state);

/*
 * The shell's capability of that name; CAP_NONE and a sentence that names it if
 * it was not granted.
 */
uint64_t shell_need(const char *command, const char *name,
                    uint64_t interface_id);

/* Tells how background programs ended since the last time. */
void shell_report_jobs(void);

/* The handle of a background program by process id, or CAP_NONE. */
uint64_t shell_job_process(uint64_t id);

/* Switches the machine off; returns only if that failed. */
void shell_power_off(uint32_t status);

/* The commands, by file. */
void command_call(uint32_t argc, char **argv);    /* call.c */
void command_methods(uint32_t argc, char **argv); /* call.c */
void command_release(uint32_t argc, char **argv); /* call.c */
void command_caps(uint32_t argc, char **argv);    /* show.c */
void command_log(uint32_t argc, char **argv);     /* log.c */
void command_ps(uint32_t argc, char **argv);      /* show.c */
void command_time(uint32_t argc, char **argv);    /* show.c */
void command_ledger(uint32_t argc, char **argv);   /* ledger.c */
void command_kill(uint32_t argc, char **argv);     /* services.c */
void command_restart(uint32_t argc, char **argv);  /* services.c */
void command_services(uint32_t argc, char **argv); /* services.c */
void command_stop(uint32_t argc, char **argv);     /* services.c */
void command_run(uint32_t argc, char **argv);     /* run.c */
void command_spawn(uint32_t argc, char **argv);   /* run.c */
void command_top(uint32_t argc, char **argv);     /* top.c */
void command_trace(uint32_t argc, char **argv);   /* trace.c */

#endif
