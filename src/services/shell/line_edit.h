/*
 * line_edit.h - what line_editor.c offers to line_recall.c: changes of the line
 * that the screen follows.
 */
#ifndef CAPOS_SHELL_LINE_EDIT_H
#define CAPOS_SHELL_LINE_EDIT_H

#include "line_editor.h"

/* Puts bytes on the screen as they are. */
void line_emit(struct line_editor *editor, const char *bytes, uint32_t size);

/* Columns that so many bytes of UTF-8 take. */
uint32_t line_columns(const char *text, uint32_t size);

/* Inserts whole characters at the cursor; nothing if they do not fit. */
void line_insert(struct line_editor *editor, const char *bytes, uint32_t size);

/* Another text takes the place of the whole line; the cursor is at its end. */
void line_replace(struct line_editor *editor, const char *text);

/* Moves the cursor over one character, if one is there. */
void line_right(struct line_editor *editor);

/* Shows prompt and line again, on a line of the screen that is empty. */
void line_show(struct line_editor *editor);

/* The keys Up, Down and Tab (line_recall.c). */
void line_recall_older(struct line_editor *editor);
void line_recall_newer(struct line_editor *editor);
void line_complete(struct line_editor *editor);

#endif
