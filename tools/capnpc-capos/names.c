/*
 * names.c - C names out of schema names, for capnpc-capos.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "request.h"

static void name_add(struct name *name, size_t *length, char c)
{
    if (*length + 1 >= sizeof(name->text)) {
        fail("a name is longer than %d bytes: %s", NAME_MAX_BYTES, name->text);
    }
    name->text[(*length)++] = c;
    name->text[*length] = 0;
}

static bool word_begins(const char *text, size_t i)
{
    unsigned char c = (unsigned char)text[i];
    unsigned char before = i ? (unsigned char)text[i - 1] : '_';

    if (!isupper(c) || before == '_') {
        return false;
    }
    return !isupper(before) || islower((unsigned char)text[i + 1]);
}

struct name name_snake(const char *text)
{
    struct name name = {""};
    size_t length = 0;

    for (size_t i = 0; text[i]; i++) {
        if (word_begins(text, i)) {
            name_add(&name, &length, '_');
        }
        name_add(&name, &length, (char)tolower((unsigned char)text[i]));
    }
    return name;
}

struct name name_upper(const struct name *name)
{
    struct name upper = *name;

    for (size_t i = 0; upper.text[i]; i++) {
        upper.text[i] = (char)toupper((unsigned char)upper.text[i]);
    }
    return upper;
}

struct name name_join(const struct name *scope, const struct name *name)
{
    struct name joined = *scope;
    size_t length = strlen(joined.text);

    if (length) {
        name_add(&joined, &length, '_');
    }
    for (size_t i = 0; name->text[i]; i++) {
        name_add(&joined, &length, name->text[i]);
    }
    return joined;
}

struct name name_argument(const struct name *name)
{
    static const char taken[] =
        " auto break bool buffer call cap case char const continue default do"
        " double else enum extern false float for goto if inline int long"
        " memory message out p r register restrict return rpc scratch self"
        " short signed sizeof static status struct switch t true typedef union"
        " unsigned void volatile while ";
    struct name argument = *name;
    size_t length = strlen(argument.text);
    char word[NAME_MAX_BYTES + 2];

    snprintf(word, sizeof(word), " %s ", argument.text);
    if (strstr(taken, word)) {
        name_add(&argument, &length, '_');
    }
    return argument;
}
