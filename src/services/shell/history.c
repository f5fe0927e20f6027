/* history.c - a ring of lines; see history.h. */
#include "history.h"

#include "text.h"

static void line_copy(char to[LINE_BYTES_MAX], const char *from)
{
    uint64_t length = text_length_max(from, LINE_BYTES_MAX - 1);

    __builtin_memcpy(to, from, length);
    to[length] = '\0';
}

static char *line_at(struct history *history, uint32_t index)
{
    return history->lines[(history->first + index) % HISTORY_LINES];
}

static bool blank(const char *line)
{
    while (*line == ' ' || *line == '\t') {
        line++;
    }
    return *line == '\0';
}

void history_rewind(struct history *history)
{
    history->at = history->count;
}

void history_add(struct history *history, const char *line)
{
    if (!blank(line) &&
        (history->count == 0 ||
         !text_equal(line_at(history, history->count - 1), line))) {
        if (history->count < HISTORY_LINES) {
            history->count++;
        } else {
            history->first = (history->first + 1) % HISTORY_LINES;
        }
        line_copy(line_at(history, history->count - 1), line);
    }
    history_rewind(history);
}

const char *history_older(struct history *history, const char *current)
{
    if (history->at == 0) {
        return NULL;
    }
    if (history->at == history->count) {
        line_copy(history->draft, current);
    }
    history->at--;
    return line_at(history, history->at);
}

const char *history_newer(struct history *history)
{
    if (history->at == history->count) {
        return NULL;
    }
    history->at++;
    return history->at == history->count ? history->draft
                                         : line_at(history, history->at);
}
