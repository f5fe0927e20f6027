/*
 * line_editor_test.c - what is typed, what comes out, what the screen shows.
 *
 * The screen is modelled as one line of cells with a cursor, so the tests look
 * at what a person would see and not at which bytes drew it.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "line_editor.h"

struct screen {
    char cells[LINE_BYTES_MAX + 16];
    uint32_t cursor;
    bool newline;
};

static struct screen screen;
static struct line_editor editor;
static struct history history;
static struct completion completion;

#define PROMPT "> "

static void screen_write(void *context, const char *bytes, uint32_t size)
{
    struct screen *s = context;

    for (uint32_t i = 0; i < size; i++) {
        if (bytes[i] == '\b') {
            ck_assert_uint_gt(s->cursor, 0);
            s->cursor--;
        } else if (bytes[i] == '\n') {
            s->newline = true;
        } else if (((unsigned char)bytes[i] & 0xc0) == 0x80) {
            continue; /* shown together with its first byte */
        } else {
            s->cells[s->cursor++] = bytes[i];
        }
    }
}

static void complete(void *context, const char *line, uint32_t cursor,
                     struct completion *offered)
{
    static const char *const names[] = {"help", "hello", "timer-smoke",
                                        "timer-flood", "gr\303\274n"};
    uint32_t start = cursor;

    ck_assert_ptr_eq(context, &screen);
    while (start > 0 && line[start - 1] != ' ') {
        start--;
    }
    completion_init(offered, line + start, cursor - start);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        completion_offer(offered, names[i], (uint32_t)strlen(names[i]));
    }
}

static void setup(void)
{
    memset(&screen, 0, sizeof(screen));
    memset(&history, 0, sizeof(history));
    line_editor_init(&editor, screen_write, &screen);
    editor.prompt = PROMPT;
    editor.history = &history;
    editor.completion = &completion;
    editor.complete = complete;
}

/* Ends the line and starts on an empty screen. */
static void enter(void)
{
    ck_assert_int_eq(line_editor_feed(&editor, '\n'), LINE_DONE);
    line_editor_start(&editor);
    memset(&screen, 0, sizeof(screen));
}

static enum line_event type_bytes(const char *keys, size_t size)
{
    enum line_event event = LINE_MORE;

    for (size_t i = 0; i < size; i++) {
        event = line_editor_feed(&editor, keys[i]);
    }
    return event;
}

static enum line_event type(const char *keys)
{
    return type_bytes(keys, strlen(keys));
}

/* What is on the screen, without blanks at its end. */
static const char *shown(void)
{
    static char text[sizeof(screen.cells) + 1];
    size_t length;

    memcpy(text, screen.cells, sizeof(screen.cells));
    length = strlen(text);
    while (length > 0 && text[length - 1] == ' ') {
        text[--length] = '\0';
    }
    return text;
}

START_TEST(test_line_editor_plain_line)
{
    ck_assert_int_eq(type("run hello\n"), LINE_DONE);
    ck_assert_str_eq(editor.text, "run hello");
    ck_assert_str_eq(shown(), "run hello");
    ck_assert(screen.newline);
}
END_TEST

START_TEST(test_line_editor_line_ends)
{
    ck_assert_int_eq(type("a\r"), LINE_DONE);
    line_editor_start(&editor);
    ck_assert_int_eq(type("\n"), LINE_MORE);
    ck_assert_int_eq(type("b\n"), LINE_DONE);
    ck_assert_str_eq(editor.text, "b");
    line_editor_start(&editor);
    ck_assert_int_eq(type("\n"), LINE_DONE);
    ck_assert_str_eq(editor.text, "");
}
END_TEST

struct edit_case {
    const char *keys;
    const char *text;
};

static const struct edit_case edits[] = {
    {"abc\033[D\033[DX", "aXbc"},
    {"abc\033[D\033[D\033[C\033[CX", "abcX"},
    {"abc\033[D\033[D\033[D\033[DX", "Xabc"},
    {"abc\001X", "Xabc"},
    {"abc\001X\005Y", "XabcY"},
    {"abc\177", "ab"},
    {"abc\010\010\010\010", ""},
    {"abc\033[D\177", "ac"},
    {"abcdef\033[D\033[D\013", "abcd"},
    {"abcdef\033[D\033[D\025", "ef"},
    {"run hello\027", "run "},
    {"run hello  \027world", "run world"},
    {"one two\033[D\027", "one o"},
    {"abc\001\033[3~", "bc"},
    {"abc\001\004", "bc"},
    {"abc\033[H1\033[F2", "1abc2"},
    {"abc\033[1~1\033[4~2", "1abc2"},
    {"abc\033OH1", "1abc"},
    {"a\033[1;5Cb\033[15~c\033xd\011e", "abcde"},
    {"abc\002\002\006X", "abXc"},
    {"gr\303\274n", "gr\303\274n"},
    {"gr\303\274n\002\177", "grn"},
    {"grn\002\303\274", "gr\303\274n"},
    {"gr\303\274n\001\006\006\004", "grn"},
    {"a\303b\377\200c", "abc"},
};

START_TEST(test_line_editor_edit)
{
    char lead[LINE_BYTES_MAX] = "";
    size_t length = 0;

    type(edits[_i].keys);
    ck_assert_str_eq(editor.text, edits[_i].text);
    for (const char *at = edits[_i].text; *at; at++) {
        if (((unsigned char)*at & 0xc0) != 0x80) {
            lead[length++] = *at;
        }
    }
    while (length > 0 && lead[length - 1] == ' ') {
        lead[--length] = '\0';
    }
    ck_assert_str_eq(shown(), lead);
    ck_assert_uint_le(editor.cursor, editor.length);
}
END_TEST

/* After "run hello" and "gr\303\274n". */
static const struct edit_case recalls[] = {
    {"\033[A", "gr\303\274n"},
    {"\033[A\033[A", "run hello"},
    {"\033[A\033[A\033[A", "run hello"},
    {"\020\020\016", "gr\303\274n"},
    {"draft\033[A\033[B", "draft"},
    {"draft\033[B", "draft"},
    {"dr\033[D\033OA!\033OA\033OB\033OB", "dr"},
    {"something longer than that\033[A", "gr\303\274n"},
    {"\033[A\033[A\010y", "run helly"},
};

START_TEST(test_line_editor_recall)
{
    const char *text = recalls[_i].text;

    type("run hello");
    enter();
    type("gr\303\274n");
    enter();
    type(recalls[_i].keys);
    ck_assert_str_eq(editor.text, text);
    ck_assert_uint_eq(editor.cursor, editor.length);
    ck_assert_str_eq(shown(), text[0] == 'g' ? "gr\303n" : text);
}
END_TEST

START_TEST(test_line_editor_recall_once)
{
    type("one");
    enter();
    type("one");
    enter();
    enter();
    ck_assert_uint_eq(history.count, 1);
    type("\033[A");
    enter();
    ck_assert_uint_eq(history.count, 1);
    ck_assert_int_eq(type("lost\003"), LINE_ABANDONED);
    line_editor_start(&editor);
    type("\033[A");
    ck_assert_str_eq(editor.text, "one");
}
END_TEST

static const struct edit_case completions[] = {
    {"r\t", "r"},
    {"he\tl\t", "hello "},
    {"t\t", "timer-"},
    {"run timer-f\tx", "run timer-flood x"},
    {"g\t", "gr\303\274n "},
    {"timer-f rest\001\006\006\t", "timer-mer-f rest"},
    {"timer-f x\002\002\ty", "timer-flood yx"},
};

START_TEST(test_line_editor_complete)
{
    type(completions[_i].keys);
    ck_assert_str_eq(editor.text, completions[_i].text);
    ck_assert_uint_le(editor.cursor, editor.length);
    ck_assert(!screen.newline);
}
END_TEST

/* What cannot be decided is shown, and the line again below it. */
START_TEST(test_line_editor_complete_list)
{
    type("run timer-\002\006");
    memset(&screen, 0, sizeof(screen));
    ck_assert_int_eq(type("\t"), LINE_MORE);
    ck_assert(screen.newline);
    ck_assert_str_eq(shown(), "timer-smoke  timer-flood" PROMPT "run timer-");
    ck_assert_str_eq(editor.text, "run timer-");
    ck_assert_int_eq(type("s\t\n"), LINE_DONE);
    ck_assert_str_eq(editor.text, "run timer-smoke ");
}
END_TEST

/* A Tab in a full line changes nothing beyond it. */
START_TEST(test_line_editor_complete_full)
{
    for (uint32_t i = 0; i < LINE_BYTES_MAX - 5; i++) {
        line_editor_feed(&editor, i == LINE_BYTES_MAX - 8 ? ' ' : 'x');
    }
    type("\010\010ti\t");
    ck_assert_uint_lt(editor.length, LINE_BYTES_MAX);
    ck_assert_int_eq(editor.text[editor.length], '\0');
}
END_TEST

START_TEST(test_line_editor_control)
{
    ck_assert_int_eq(type("abc\003"), LINE_ABANDONED);
    line_editor_start(&editor);
    ck_assert_str_eq(editor.text, "");
    ck_assert_int_eq(type("a\004"), LINE_MORE);
    ck_assert_int_eq(type("\177\004"), LINE_END);
}
END_TEST

START_TEST(test_line_editor_full)
{
    for (uint32_t i = 0; i < 2 * LINE_BYTES_MAX; i++) {
        ck_assert_int_eq(line_editor_feed(&editor, 'x'), LINE_MORE);
    }
    ck_assert_uint_eq(editor.length, LINE_BYTES_MAX - 1);
    ck_assert_int_eq(type("\n"), LINE_DONE);
    ck_assert_uint_eq(strlen(editor.text), LINE_BYTES_MAX - 1);
}
END_TEST

START_TEST(test_line_editor_noise)
{
    unsigned int state = 12345;

    for (int i = 0; i < 20000; i++) {
        enum line_event event;

        state = state * 1103515245u + 12345u;
        event = line_editor_feed(&editor, (char)(state >> 16));
        ck_assert_uint_le(editor.cursor, editor.length);
        ck_assert_uint_lt(editor.length, LINE_BYTES_MAX);
        ck_assert_int_eq(editor.text[editor.length], '\0');
        if (event != LINE_MORE) {
            line_editor_start(&editor);
            memset(&screen, 0, sizeof(screen));
        }
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_line_editor_plain_line);
    tcase_add_test(tcase, test_line_editor_line_ends);
    tcase_add_loop_test(tcase, test_line_editor_edit, 0,
                        (int)(sizeof(edits) / sizeof(edits[0])));
    tcase_add_loop_test(tcase, test_line_editor_recall, 0,
                        (int)(sizeof(recalls) / sizeof(recalls[0])));
    tcase_add_test(tcase, test_line_editor_recall_once);
    tcase_add_loop_test(tcase, test_line_editor_complete, 0,
                        (int)(sizeof(completions) / sizeof(completions[0])));
    tcase_add_test(tcase, test_line_editor_complete_list);
    tcase_add_test(tcase, test_line_editor_complete_full);
    tcase_add_test(tcase, test_line_editor_control);
    tcase_add_test(tcase, test_line_editor_full);
    tcase_add_test(tcase, test_line_editor_noise);
    return check_run_case("line_editor", tcase, CHECK_TIMEOUT_S);
}
