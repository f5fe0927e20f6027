/*
 * line_editor.h - one line of input, edited as it is typed.
 *
 * Pure: bytes from a terminal go in, bytes for its screen come out through a
 * function of the caller. Terminal and pipe are treated alike: the editor does
 * the echo, so a transcript of piped input shows what was typed.
 *
 * Keys: printable bytes (UTF-8 included), Left, Right, Home, End, Delete,
 * Backspace, Enter, Ctrl-A (start), Ctrl-E (end), Ctrl-B, Ctrl-F (left, right),
 * Ctrl-U (delete to start), Ctrl-K (delete to end), Ctrl-W (delete word),
 * Ctrl-C (give the line up), Ctrl-D (end of input on an empty line, else
 * delete), Up and Ctrl-P (older line), Down and Ctrl-N (newer line), Tab
 * (complete the word before the cursor). Others are ignored.
 *
 * Invariant: cursor <= length < LINE_BYTES_MAX, and text[length] is NUL.
 */
#ifndef CAPOS_SHELL_LINE_EDITOR_H
#define CAPOS_SHELL_LINE_EDITOR_H

#include <stdint.h>

#include "completion.h"
#include "history.h"

enum line_event {
    LINE_MORE,      /* the line goes on */
    LINE_DONE,      /* Enter: text is the line */
    LINE_ABANDONED, /* Ctrl-C: there is no line */
    LINE_END,       /* Ctrl-D on an empty line */
};

struct line_editor {
    char text[LINE_BYTES_MAX];
    uint32_t length;
    uint32_t cursor; /* byte index, never inside a UTF-8 character */
    char pending[4]; /* bytes of an incomplete UTF-8 character */
    uint8_t pending_length;
    uint8_t escape; /* bytes of an escape sequence seen */
    char escape_digit;
    char last_end; /* '\r' if that ended the line before: skip its '\n' */
    void (*write)(void *context, const char *bytes, uint32_t size);
    void *context;
    /* Set by the caller after line_editor_init; each may stay NULL. */
    const char *prompt;      /* shown again before the line after a list */
    struct history *history; /* Enter adds to it, Up and Down look there */
    struct completion *completion; /* room for what complete offers */
    /* Starts the completion for the word before the cursor, offers names. */
    void (*complete)(void *context, const char *line, uint32_t cursor,
                     struct completion *completion);
};

/* An empty line. write puts bytes on the screen; context is handed to it. */
void line_editor_init(struct line_editor *editor,
                      void (*write)(void *context, const char *bytes,
                                    uint32_t size),
                      void *context);

/* Forgets the old line and starts an empty one, after LINE_DONE or others. */
void line_editor_start(struct line_editor *editor);

/* Takes one byte of input. A line that is full ignores further ones. */
enum line_event line_editor_feed(struct line_editor *editor, char byte);

#endif
