/*
 * shell.c - the prompt: read a line, run it, again.
 *
 * Terminal and pipe are the same to it: the editor echoes what arrives. At the
 * end of input it switches the machine off, or a piped session would never end.
 */
#include "shell.h"

#include "line_editor.h"

#define INPUT_BYTES 128u
#define SETTLE_NS 10000000u

static void screen_write(void *context, const char *bytes, uint32_t size)
{
    (void)context;
    con_write(bytes, size);
}

static void prompt(void)
{
    shell_report_jobs();
    con_print("capos> ");
}

static void line_run(char *line)
{
    char *words[SHELL_WORDS_MAX];
    int32_t count = shell_split(line, words);

    if (count > 0) {
        shell_execute((uint32_t)count, words);
    }
}

/* Handles one byte of input; false at the end of input. */
static bool take(struct line_editor *editor, char byte)
{
    switch (line_editor_feed(editor, byte)) {
    case LINE_DONE:
        line_run(editor->text);
        break;
    case LINE_ABANDONED:
        break;
    case LINE_END:
        return false;
    case LINE_MORE:
        return true;
    }
    line_editor_start(editor);
    prompt();
    return true;
}

static int32_t session(struct line_editor *editor)
{
    char input[INPUT_BYTES];
    int32_t count;

    prompt();
    while ((count = con_read(input, sizeof(input))) > 0) {
        for (int32_t i = 0; i < count; i++) {
            if (!take(editor, input[i])) {
                return 0;
            }
        }
    }
    con_print("\n");
    return count;
}

/*
 * Lets what was started beside the shell come to rest, so that the first prompt
 * is not written over and the first ps shows the same every time.
 */
static void settle(void)
{
    uint64_t timer = capset_find("timer", TIMER_INTERFACE_ID);

    if (timer != CAP_NONE) {
        timer_sleep(rt(), timer, SETTLE_NS);
    }
}

int main(void)
{
    static struct line_editor editor;
    int32_t status;

    settle();
    line_editor_init(&editor, screen_write, NULL);
    con_print("capOS shell; \"help\" lists the commands\n");
    status = session(&editor);
    if (status < 0) {
        con_fail("cannot read the console", status);
    }
    shell_power_off(status < 0);
    return 1;
}
