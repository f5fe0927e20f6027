/*
 * host_orders.c - a machine that is told what to do next, and copies of it.
 *
 * A copy is a fork of the process: registers, stacks, the kernel's own data and
 * the host's mappings are there already, the machine's memory, which the mappings
 * share, is copied. The copy has one thread, that of the CPUs: nobody watches
 * the time or standard input for it, so the host is to end it if it does not end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "host_files.h"
#include "sim.h"

#define STATUS_ORDERS 2
#define COPY_SECONDS 120 /* of CPU time */
#define LINE_BYTES 2048u

static int control = -1;
static char line[LINE_BYTES];

/* Standard input becomes the control; programs find nothing there. */
static bool take_control(void)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

    control = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    return control >= 0 && nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 &&
           close(nothing) == 0;
}

static void answer(const char *what, int number)
{
    char text[64];
    int length = snprintf(text, sizeof(text), "%s %d\n", what, number);

    host_file_write(control, text, (size_t)length);
}

/* One line without its end; false: there are no more. */
static bool read_line(void)
{
    size_t length = 0;

    while (length < LINE_BYTES - 1) {
        ssize_t got = read(control, line + length, 1);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got != 1) {
            return false;
        }
        if (line[length] == '\n') {
            line[length] = '\0';
            return true;
        }
        length++;
    }
    return false;
}

static void become_copy(const char *terminal, const char *log)
{
    const struct rlimit limit = {COPY_SECONDS, COPY_SECONDS};

    close(control);
    control = -1;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_CPU, &limit);
    host_image_copied();
    if (!host_console_copied(terminal, log) || !host_memory_copied()) {
        perror("capos-sim: no copy");
        _exit(STATUS_ORDERS);
    }
    host_thread_copied();
}

static void await_copy(pid_t copy)
{
    int status = 0;

    while (waitpid(copy, &status, 0) < 0 && errno == EINTR) {
    }
    answer("ended",
           WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

/* Makes a copy; in it the words for it are returned, here NULL. */
static const char *copy_machine(char *words)
{
    char *rest = NULL;
    const char *terminal = strtok_r(words, " ", &rest);
    const char *log = strtok_r(NULL, " ", &rest);
    pid_t copy;

    if (terminal == NULL || log == NULL) {
        host_exit(STATUS_ORDERS);
    }
    copy = fork();
    if (copy == 0) {
        become_copy(terminal, log);
        return rest;
    }
    if (copy < 0) {
        perror("capos-sim: no copy");
        host_exit(STATUS_ORDERS);
    }
    await_copy(copy);
    return NULL;
}

/* One order; NULL: it was for a copy. */
static const char *take_order(void)
{
    if (!read_line()) {
        host_exit(STATUS_ORDERS);
    }
    if (strncmp(line, "go ", 3) == 0) {
        return line + 3;
    }
    if (strncmp(line, "copy ", 5) != 0) {
        host_exit(STATUS_ORDERS);
    }
    return copy_machine(line + 5);
}

int64_t host_orders(char *words, size_t max)
{
    const char *order = NULL;
    size_t length;

    sim_fs_host();
    if (control < 0 && !take_control()) {
        return -1;
    }
    answer("stands", (int)getpid());
    while (order == NULL) {
        order = take_order();
    }
    length = strnlen(order, max);
    memcpy(words, order, length);
    return (int64_t)length;
}
