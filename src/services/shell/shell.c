/*
 * shell.c - the prompt: read a line, run it, again.
 *
 * Terminal and pipe are the same to it: the editor echoes what arrives. At the
 * end of input it switches the machine off, if it was granted that, or a piped
 * session would never end.
 */
#include "shell.h"

#include "input.h"
#include "line_editor.h"

#define PROMPT "capos> "
#define SETTLE_NS 10000000u

static void screen_write(void *context, const char *bytes, uint32_t size)
{
    (void)context;
    con_write(bytes, size);
}

static void prompt(void)
{
    shell_report_jobs();
    con_print(PROMPT);
}

/* Handles one byte of input; false at the end of input. */
static bool take(struct line_editor *editor, char byte)
{
    switch (line_editor_feed(editor, byte)) {
    case LINE_DONE:
        shell_execute(editor->text);
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
    int32_t status;
    char byte;

    prompt();
    while ((status = input_byte(&byte)) > 0) {
        if (!take(editor, byte)) {
            return 0;
        }
    }
    con_print("\n");
    return status;
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

static struct line_editor *editor_start(void)
{
    static struct line_editor editor;
    static struct completion completion;
    static struct history history;

    line_editor_init(&editor, screen_write, NULL);
    editor.prompt = PROMPT;
    editor.history = &history;
    editor.completion = &completion;
    editor.complete = shell_complete;
    return &editor;
}

int main(void)
{
    int32_t status;

    settle();
    con_print("capOS shell; \"help\" lists the commands\n");
    status = session(editor_start());
    if (status < 0) {
        con_fail("cannot read the console", status);
    }
    if (capset_find("power", POWER_CONTROL_INTERFACE_ID) == CAP_NONE) {
        return status < 0; /* a shell that is not the system's own just ends */
    }
    shell_power_off(status < 0);
    return 1;
}
