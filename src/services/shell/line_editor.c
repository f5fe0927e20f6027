/*
 * line_editor.c - see line_editor.h.
 *
 * After an edit in the middle the rest of the line is written again and the
 * cursor moved back with backspaces: every terminal understands that, and a
 * pipe shows nothing but the typed text as long as nobody edits.
 */
#include "line_edit.h"
#include "text.h"

enum line_key {
    KEY_CTRL_A = 1,
    KEY_CTRL_B = 2,
    KEY_CTRL_C = 3,
    KEY_CTRL_D = 4,
    KEY_CTRL_E = 5,
    KEY_CTRL_F = 6,
    KEY_CTRL_H = 8,
    KEY_TAB = 9,
    KEY_CTRL_K = 11,
    KEY_CTRL_N = 14,
    KEY_CTRL_P = 16,
    KEY_CTRL_U = 21,
    KEY_CTRL_W = 23,
    KEY_ESCAPE = 27,
    KEY_DELETE = 127,
};

void line_emit(struct line_editor *editor, const char *bytes, uint32_t size)
{
    if (size > 0) {
        editor->write(editor->context, bytes, size);
    }
}

/* A byte that continues a UTF-8 character takes no column of its own. */
static bool continues(char byte)
{
    return ((unsigned char)byte & 0xc0u) == 0x80u;
}

static void emit_repeated(struct line_editor *editor, char byte, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        line_emit(editor, &byte, 1);
    }
}

uint32_t line_columns(const char *text, uint32_t size)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < size; i++) {
        count += !continues(text[i]);
    }
    return count;
}

/* Writes what follows the cursor, blanks over gone columns, goes back. */
static void redraw_tail(struct line_editor *editor, uint32_t gone)
{
    const char *tail = editor->text + editor->cursor;
    uint32_t size = editor->length - editor->cursor;

    line_emit(editor, tail, size);
    emit_repeated(editor, ' ', gone);
    emit_repeated(editor, '\b', line_columns(tail, size) + gone);
}

static void move_left(struct line_editor *editor)
{
    if (editor->cursor == 0) {
        return;
    }
    do {
        editor->cursor--;
    } while (editor->cursor > 0 && continues(editor->text[editor->cursor]));
    line_emit(editor, "\b", 1);
}

void line_right(struct line_editor *editor)
{
    uint32_t start = editor->cursor;

    if (start == editor->length) {
        return;
    }
    do {
        editor->cursor++;
    } while (editor->cursor < editor->length &&
             continues(editor->text[editor->cursor]));
    line_emit(editor, editor->text + start, editor->cursor - start);
}

static void move_to_start(struct line_editor *editor)
{
    emit_repeated(editor, '\b', line_columns(editor->text, editor->cursor));
    editor->cursor = 0;
}

static void move_to_end(struct line_editor *editor)
{
    line_emit(editor, editor->text + editor->cursor,
         editor->length - editor->cursor);
    editor->cursor = editor->length;
}

/* Removes size bytes after the cursor, which already stands there. */
static void delete_after(struct line_editor *editor, uint32_t size)
{
    char *at = editor->text + editor->cursor;
    uint32_t gone = line_columns(at, size);

    if (size == 0) {
        return;
    }
    __builtin_memmove(at, at + size, editor->length - editor->cursor - size);
    editor->length -= size;
    editor->text[editor->length] = '\0';
    redraw_tail(editor, gone);
}

static void delete_left(struct line_editor *editor)
{
    uint32_t end = editor->cursor;

    move_left(editor);
    delete_after(editor, end - editor->cursor);
}

static void delete_here(struct line_editor *editor)
{
    uint32_t size = 0;

    if (editor->cursor < editor->length) {
        do {
            size++;
        } while (editor->cursor + size < editor->length &&
                 continues(editor->text[editor->cursor + size]));
    }
    delete_after(editor, size);
}

static void delete_to_start(struct line_editor *editor)
{
    uint32_t size = editor->cursor;

    move_to_start(editor);
    delete_after(editor, size);
}

static void delete_word(struct line_editor *editor)
{
    uint32_t end = editor->cursor;

    while (editor->cursor > 0 && editor->text[editor->cursor - 1] == ' ') {
        move_left(editor);
    }
    while (editor->cursor > 0 && editor->text[editor->cursor - 1] != ' ') {
        move_left(editor);
    }
    delete_after(editor, end - editor->cursor);
}

void line_insert(struct line_editor *editor, const char *bytes, uint32_t size)
{
    char *at = editor->text + editor->cursor;

    if (editor->length + size >= LINE_BYTES_MAX) {
        return;
    }
    __builtin_memmove(at + size, at, editor->length - editor->cursor);
    __builtin_memcpy(at, bytes, size);
    editor->length += size;
    editor->cursor += size;
    editor->text[editor->length] = '\0';
    line_emit(editor, bytes, size);
    if (editor->cursor < editor->length) {
        redraw_tail(editor, 0);
    }
}

void line_replace(struct line_editor *editor, const char *text)
{
    uint32_t before = line_columns(editor->text, editor->length);
    uint32_t length = (uint32_t)text_length_max(text, LINE_BYTES_MAX - 1);
    uint32_t now = line_columns(text, length);

    move_to_start(editor);
    __builtin_memcpy(editor->text, text, length);
    editor->text[length] = '\0';
    editor->length = length;
    editor->cursor = length;
    line_emit(editor, text, length);
    if (now < before) {
        redraw_tail(editor, before - now);
    }
}

void line_show(struct line_editor *editor)
{
    if (editor->prompt != NULL) {
        line_emit(editor, editor->prompt,
                  (uint32_t)text_length(editor->prompt));
    }
    line_emit(editor, editor->text, editor->cursor);
    redraw_tail(editor, 0);
}

/* Bytes of the UTF-8 character that begins so; 0: none does. */
static uint32_t character_bytes(unsigned char first)
{
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xc2 || first > 0xf4) {
        return 0;
    }
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Only whole characters enter the line: half of one cannot be shown. */
static void collect(struct line_editor *editor, char byte)
{
    if (editor->pending_length > 0 && !continues(byte)) {
        editor->pending_length = 0;
    }
    if (editor->pending_length == 0 &&
        character_bytes((unsigned char)byte) == 0) {
        return;
    }
    editor->pending[editor->pending_length++] = byte;
    if (editor->pending_length ==
        character_bytes((unsigned char)editor->pending[0])) {
        line_insert(editor, editor->pending, editor->pending_length);
        editor->pending_length = 0;
    }
}

static void escape_end(struct line_editor *editor, char byte)
{
    switch (byte) {
    case 'A':
        line_recall_older(editor);
        break;
    case 'B':
        line_recall_newer(editor);
        break;
    case 'C':
        line_right(editor);
        break;
    case 'D':
        move_left(editor);
        break;
    case 'H':
        move_to_start(editor);
        break;
    case 'F':
        move_to_end(editor);
        break;
    case '~':
        if (editor->escape_digit == '3') {
            delete_here(editor);
        } else if (editor->escape_digit == '1' || editor->escape_digit == '7') {
            move_to_start(editor);
        } else if (editor->escape_digit == '4' || editor->escape_digit == '8') {
            move_to_end(editor);
        }
        break;
    default: /* a key without a meaning here */
        break;
    }
}

/* ESC, then '[' or 'O', then digits and ';', then a letter or '~'. */
static void escape_feed(struct line_editor *editor, char byte)
{
    if (editor->escape == 1) {
        editor->escape = byte == '[' || byte == 'O' ? 2 : 0;
        editor->escape_digit = '\0';
        return;
    }
    if ((byte >= '0' && byte <= '9') || byte == ';') {
        editor->escape_digit = editor->escape == 2 ? byte : '\0';
        editor->escape = 3;
        return;
    }
    editor->escape = 0;
    escape_end(editor, byte);
}

static enum line_event finish(struct line_editor *editor, enum line_event event,
                              const char *shown)
{
    move_to_end(editor);
    line_emit(editor, shown, (uint32_t)text_length(shown));
    return event;
}

static enum line_event key_feed(struct line_editor *editor, char byte)
{
    switch ((unsigned char)byte) {
    case KEY_CTRL_A:
        move_to_start(editor);
        break;
    case KEY_CTRL_B:
        move_left(editor);
        break;
    case KEY_CTRL_C:
        return finish(editor, LINE_ABANDONED, "^C\n");
    case KEY_CTRL_D:
        if (editor->length == 0) {
            return finish(editor, LINE_END, "\n");
        }
        delete_here(editor);
        break;
    case KEY_CTRL_E:
        move_to_end(editor);
        break;
    case KEY_CTRL_F:
        line_right(editor);
        break;
    case KEY_CTRL_H:
    case KEY_DELETE:
        delete_left(editor);
        break;
    case KEY_CTRL_K:
        delete_after(editor, editor->length - editor->cursor);
        break;
    case KEY_CTRL_N:
        line_recall_newer(editor);
        break;
    case KEY_CTRL_P:
        line_recall_older(editor);
        break;
    case KEY_TAB:
        line_complete(editor);
        break;
    case KEY_CTRL_U:
        delete_to_start(editor);
        break;
    case KEY_CTRL_W:
        delete_word(editor);
        break;
    case KEY_ESCAPE:
        editor->escape = 1;
        break;
    default:
        if ((unsigned char)byte >= ' ') {
            collect(editor, byte);
        }
        break;
    }
    return LINE_MORE;
}

void line_editor_init(struct line_editor *editor,
                      void (*write)(void *context, const char *bytes,
                                    uint32_t size),
                      void *context)
{
    *editor = (struct line_editor){.write = write, .context = context};
}

void line_editor_start(struct line_editor *editor)
{
    editor->length = 0;
    editor->cursor = 0;
    editor->escape = 0;
    editor->pending_length = 0;
    editor->text[0] = '\0';
    if (editor->history != NULL) {
        history_rewind(editor->history);
    }
}

enum line_event line_editor_feed(struct line_editor *editor, char byte)
{
    char before = editor->last_end;

    editor->last_end = '\0';
    if (byte == '\r' || byte == '\n') {
        if (byte == '\n' && before == '\r') {
            return LINE_MORE; /* the second half of a line end */
        }
        editor->last_end = byte;
        if (editor->history != NULL) {
            history_add(editor->history, editor->text);
        }
        return finish(editor, LINE_DONE, "\n");
    }
    if (editor->escape > 0) {
        escape_feed(editor, byte);
        return LINE_MORE;
    }
    return key_feed(editor, byte);
}
