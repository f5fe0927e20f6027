/* commands.c - the table of commands, and the small ones. */
#include "nearest.h"
#include "shell.h"

static void command_help(uint32_t argc, char **argv);
static void command_shutdown(uint32_t argc, char **argv);
static void command_reboot(uint32_t argc, char **argv);

const struct command shell_commands[] = {
    {"help", "", "this list", command_help, false},
    {"ps", "", "the processes", command_ps, false},
    {"top", "[SAMPLES]", "the processes that use the CPU, until q is typed",
     command_top, false},
    {"caps", "", "the capabilities of this shell", command_caps, false},
    {"methods", "CAP", "what a capability can be asked to do", command_methods,
     false},
    {"call", "CAP.METHOD [ARG...]", "ask it; a capability that comes back is "
     "kept under a name", command_call, true},
    {"release", "NAME", "give up a capability that call has kept",
     command_release, false},
    {"run", "PROGRAM [ARG...] [with NAME=CAP...]",
     "start a program and wait for its end", command_run, false},
    {"spawn", "PROGRAM [ARG...] [with NAME=CAP...]",
     "start a program and go on", command_spawn, false},
    {"kill", "PID", "end a program of this shell, or a service", command_kill,
     false},
    {"ledger", "[CAP]", "what a ledger holds and may hold: this shell's own, or "
     "CAP", command_ledger, false},
    {"services", "", "the services of the manifest and what they do",
     command_services, false},
    {"restart", "SERVICE", "end a service and start it again",
     command_restart, false},
    {"stop", "SERVICE", "end a service for good", command_stop, false},
    {"log", "[LEVEL] [COMPONENT]",
     "the log: what is as severe, of components that begin so", command_log,
     false},
    {"trace", "on FILE | off", "begin or end a trace of the kernel",
     command_trace, false},
    {"time", "", "time since boot", command_time, false},
    {"shutdown", "[STATUS]", "switch the machine off", command_shutdown, false},
    {"reboot", "", "start the machine again", command_reboot, false},
};

const uint32_t shell_command_count =
    sizeof(shell_commands) / sizeof(shell_commands[0]);

uint64_t shell_need(const char *command, const char *name,
                    uint64_t interface_id)
{
    uint64_t cap = capset_find(name, interface_id);

    if (cap == CAP_NONE) {
        con_print("%s: this shell has no capability \"%s\"; add it to the "
                  "shell's caps in the manifest\n",
                  command, name);
    }
    return cap;
}

static void command_help(uint32_t argc, char **argv)
{
    (void)argc;
    (void)argv;
    for (uint32_t i = 0; i < shell_command_count; i++) {
        const struct command *command = &shell_commands[i];

        con_print("  %s%s%s\n      %s\n", command->name,
                  command->usage[0] != '\0' ? " " : "", command->usage,
                  command->help);
    }
    con_print("run and spawn grant this shell's console and timer; \"with "
              "NAME=CAP\" adds\nthe shell's capability CAP under the name "
              "NAME.\n");
    con_print("An ARG of call is a value or NAME=VALUE: 4, 0x1f, true, "
              "readWrite, word, \"text\",\n[1, 2], (name=x, cap=@console). "
              "@NAME is the id of a capability.\n"
              "Tab completes, Up and Down go through the history, Ctrl-C gives "
              "up.\n");
}

/* A number from 0 to 99; -1 for anything else. */
static int32_t status_parse(const char *text)
{
    int32_t value = 0;

    if (*text == '\0') {
        return -1;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || value > 9) {
            return -1;
        }
        value = value * 10 + (*text - '0');
    }
    return value;
}

void shell_power_off(uint32_t status)
{
    uint64_t power =
        shell_need("shutdown", "power", POWER_CONTROL_INTERFACE_ID);

    if (power != CAP_NONE) {
        con_fail("shutdown", power_control_shutdown(rt(), power, status));
    }
}

static void command_shutdown(uint32_t argc, char **argv)
{
    int32_t status = argc > 1 ? status_parse(argv[1]) : 0;

    if (argc > 2 || status < 0) {
        con_print("shutdown: give at most one status, from 0 to 99\n");
        return;
    }
    shell_power_off((uint32_t)status);
}

static void command_reboot(uint32_t argc, char **argv)
{
    uint64_t power = shell_need("reboot", "power", POWER_CONTROL_INTERFACE_ID);

    (void)argc;
    (void)argv;
    if (power != CAP_NONE) {
        con_fail("reboot", power_control_reboot(rt(), power));
    }
}

int32_t shell_split(char *line, char **words)
{
    int32_t count = 0;
    char *out = line;

    for (;;) {
        bool quoted = false;

        while (*line == ' ' || *line == '\t') {
            line++;
        }
        if (*line == '\0') {
            return count;
        }
        if (count == (int32_t)SHELL_WORDS_MAX) {
            con_print("shell: more than %u words in a line\n", SHELL_WORDS_MAX);
            return -1;
        }
        words[count++] = out;
        while (*line != '\0' && (quoted || (*line != ' ' && *line != '\t'))) {
            if (*line == '"') {
                quoted = !quoted;
                line++;
            } else {
                *out++ = *line++;
            }
        }
        if (quoted) {
            con_print("shell: a \" is not closed\n");
            return -1;
        }
        line += *line != '\0';
        *out++ = '\0';
    }
}

static void unknown(const char *word)
{
    const char *names[SHELL_WORDS_MAX];
    const char *nearest;

    for (uint32_t i = 0; i < shell_command_count; i++) {
        names[i] = shell_commands[i].name;
    }
    nearest = nearest_match(word, names, shell_command_count);
    if (nearest != NULL) {
        con_print("%s: no such command; did you mean \"%s\"?\n", word, nearest);
    } else {
        con_print("%s: no such command; \"help\" lists them, \"run PROGRAM\" "
                  "starts a program\n",
                  word);
    }
}

static const struct command *find(const char *name, uint64_t length)
{
    for (uint32_t i = 0; i < shell_command_count; i++) {
        const struct command *command = &shell_commands[i];

        if (text_length(command->name) == length &&
            bytes_equal(command->name, name, length)) {
            return command;
        }
    }
    return NULL;
}

/* The first word is the command, the rest one argument without outer blanks. */
static void execute_whole(const struct command *command, char *line)
{
    char *rest = line + text_length(command->name);
    char *words[2] = {line, rest + (*rest != '\0')};
    uint64_t length;

    *rest = '\0';
    while (*words[1] == ' ' || *words[1] == '\t') {
        words[1]++;
    }
    length = text_length(words[1]);
    while (length > 0 &&
           (words[1][length - 1] == ' ' || words[1][length - 1] == '\t')) {
        words[1][--length] = '\0';
    }
    command->run(length > 0 ? 2 : 1, words);
}

void shell_execute(char *line)
{
    const struct command *command;
    char *words[SHELL_WORDS_MAX];
    uint64_t length = 0;
    int32_t count;

    while (*line == ' ' || *line == '\t') {
        line++;
    }
    while (line[length] != '\0' && line[length] != ' ' &&
           line[length] != '\t') {
        length++;
    }
    command = find(line, length);
    if (command != NULL && command->whole) {
        execute_whole(command, line);
        return;
    }
    count = shell_split(line, words);
    if (count <= 0) {
        return;
    }
    command = find(words[0], text_length(words[0]));
    if (command != NULL) {
        command->run((uint32_t)count, words);
    } else {
        unknown(words[0]);
    }
}
