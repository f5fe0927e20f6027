/* commands.c - the table of commands, and the small ones. */
#include "nearest.h"
#include "shell.h"

static void command_help(uint32_t argc, char **argv);
static void command_shutdown(uint32_t argc, char **argv);
static void command_reboot(uint32_t argc, char **argv);

const struct command shell_commands[] = {
    {"help", "", "this list", command_help},
    {"ps", "", "the processes", command_ps},
    {"caps", "", "the capabilities of this shell", command_caps},
    {"run", "PROGRAM [ARG...] [with NAME=CAP...]",
     "start a program and wait for its end", command_run},
    {"spawn", "PROGRAM [ARG...] [with NAME=CAP...]",
     "start a program and go on", command_spawn},
    {"log", "", "the kernel's log", command_log},
    {"time", "", "time since boot", command_time},
    {"shutdown", "[STATUS]", "switch the machine off", command_shutdown},
    {"reboot", "", "start the machine again", command_reboot},
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

void shell_execute(uint32_t argc, char **argv)
{
    for (uint32_t i = 0; i < shell_command_count; i++) {
        if (text_equal(argv[0], shell_commands[i].name)) {
            shell_commands[i].run(argc, argv);
            return;
        }
    }
    unknown(argv[0]);
}
