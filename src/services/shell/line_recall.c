/*
 * line_recall.c - the keys Up, Down and Tab of the line editor: lines out of the
 * history, names out of a completion.
 *
 * Tab needs no memory of an earlier Tab: it inserts what is certain, and if
 * nothing is, it shows what is possible.
 */
#include "line_edit.h"
#include "text.h"

#define SCREEN_COLUMNS 78u

void line_recall_older(struct line_editor *editor)
{
    const char *line = NULL;

    if (editor->history != NULL) {
        line = history_older(editor->history, editor->text);
    }
    if (line != NULL) {
        line_replace(editor, line);
    }
}

void line_recall_newer(struct line_editor *editor)
{
    const char *line = NULL;

    if (editor->history != NULL) {
        line = history_newer(editor->history);
    }
    if (line != NULL) {
        line_replace(editor, line);
    }
}

/* All names, as many as fit beside each other, then the line again. */
static void names_show(struct line_editor *editor,
                       const struct completion *completion)
{
    uint32_t column = 0;

    line_emit(editor, "\n", 1);
    for (uint32_t i = 0; i < completion->count; i++) {
        const char *name = completion_name(completion, i);
        uint32_t size = (uint32_t)text_length(name);
        uint32_t columns = line_columns(name, size);

        if (column > 0 && column + 2 + columns > SCREEN_COLUMNS) {
            line_emit(editor, "\n", 1);
            column = 0;
        } else if (column > 0) {
            line_emit(editor, "  ", 2);
            column += 2;
        }
        line_emit(editor, name, size);
        column += columns;
    }
    if (completion->more) {
        line_emit(editor, "  ...", 5);
    }
    line_emit(editor, "\n", 1);
    line_show(editor);
}

void line_complete(struct line_editor *editor)
{
    struct completion *completion = editor->completion;
    uint32_t common;
    bool sure;

    if (editor->complete == NULL || completion == NULL) {
        return;
    }
    completion_init(completion, editor->text + editor->cursor, 0);
    editor->complete(editor->context, editor->text, editor->cursor,
                     completion);
    if (completion->count == 0) {
        return;
    }
    common = completion_common(completion);
    sure = completion->count == 1 && !completion->more;
    if (common == completion->word_length && !sure) {
        names_show(editor, completion);
        return;
    }
    line_insert(editor,
                completion_name(completion, 0) + completion->word_length,
                common - completion->word_length);
    if (!sure || completion->after == '\0') {
        return;
    }
    if (editor->text[editor->cursor] == completion->after) {
        line_right(editor);
    } else {
        line_insert(editor, &completion->after, 1);
    }
}
