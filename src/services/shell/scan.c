/* scan.c - see scan.h. */
#include "scan.h"

#include "text.h"

static bool separates(char byte)
{
    return byte == ' ' || byte == '\t' || byte == ',';
}

static void skip_separators(struct span *rest)
{
    while (rest->at < rest->end && separates(*rest->at)) {
        rest->at++;
    }
}

/* The byte behind a quoted text that begins at; NULL if it does not end. */
static const char *quoted_end(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        if (*at == '\\') {
            at++;
        } else if (*at == '"') {
            return at + 1;
        }
    }
    return NULL;
}

static char closing(char open)
{
    return open == '(' ? ')' : ']';
}

/* The byte behind a bracketed value; NULL: *wrong. */
static const char *bracketed_end(const char *at, const char *end,
                                 const char **wrong)
{
    char open[SCAN_DEPTH_MAX];
    uint32_t depth = 0;

    *wrong = "a bracket is not closed";
    while (at < end) {
        if (*at == '"') {
            at = quoted_end(at, end);
            if (at == NULL) {
                *wrong = "a \" is not closed";
                return NULL;
            }
            continue;
        }
        if (*at == '(' || *at == '[') {
            if (depth == SCAN_DEPTH_MAX) {
                *wrong = "too many brackets in brackets";
                return NULL;
            }
            open[depth++] = *at;
        } else if (*at == ')' || *at == ']') {
            if (*at != closing(open[--depth])) {
                *wrong = "brackets do not match";
                return NULL;
            }
            if (depth == 0) {
                return at + 1;
            }
        }
        at++;
    }
    return NULL;
}

static const char *word_end(const char *at, const char *end)
{
    while (at < end && !separates(*at) && *at != '(' && *at != '[' &&
           *at != ')' && *at != ']' && *at != '"') {
        at++;
    }
    return at;
}

int32_t scan_value(struct span *rest, struct span *value, const char **wrong)
{
    const char *end;

    skip_separators(rest);
    if (rest->at == rest->end) {
        return 0;
    }
    if (*rest->at == '"') {
        end = quoted_end(rest->at, rest->end);
        *wrong = "a \" is not closed";
    } else if (*rest->at == '(' || *rest->at == '[') {
        end = bracketed_end(rest->at, rest->end, wrong);
    } else {
        end = word_end(rest->at, rest->end);
        *wrong = "a bracket is closed that was not opened";
        end = end == rest->at ? NULL : end;
    }
    if (end == NULL) {
        return -1;
    }
    if (end < rest->end && !separates(*end)) {
        *wrong = "a blank or comma is missing between two values";
        return -1;
    }
    *value = (struct span){rest->at, end};
    rest->at = end;
    return 1;
}

static bool names(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_';
}

int32_t scan_argument(struct span *rest, struct argument *argument,
                      const char **wrong)
{
    const char *at;
    int32_t got;

    skip_separators(rest);
    argument->name = (struct span){rest->at, rest->at};
    for (at = rest->at; at < rest->end && names(*at); at++) {
    }
    if (at == rest->at || at == rest->end || *at != '=') {
        return scan_value(rest, &argument->value, wrong);
    }
    argument->name.end = at;
    rest->at = at + 1;
    if (rest->at < rest->end && separates(*rest->at)) {
        rest->at = rest->end;
    }
    got = scan_value(rest, &argument->value, wrong);
    if (got == 0) {
        *wrong = "there is no value behind a =";
        return -1;
    }
    return got;
}

bool scan_inside(struct span value, char open, struct span *inside)
{
    if (value.at == value.end || *value.at != open ||
        value.end[-1] != closing(open)) {
        return false;
    }
    *inside = (struct span){value.at + 1, value.end - 1};
    return true;
}

static int32_t digit(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    if (byte >= 'a' && byte <= 'f') {
        return byte - 'a' + 10;
    }
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* The two digits at; -1 if they are none. */
static int32_t hex_byte(const char *at, const char *end)
{
    if (end - at < 2 || digit(at[0]) < 0 || digit(at[1]) < 0) {
        return -1;
    }
    return digit(at[0]) * 16 + digit(at[1]);
}

/* What the escape after a backslash stands for; *at goes to its last byte. */
static int32_t escape(const char **at, const char *end)
{
    int32_t value;

    switch (**at) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case '0':
        return '\0';
    case '"':
    case '\\':
        return **at;
    case 'x':
        value = hex_byte(*at + 1, end);
        *at += 2;
        return value;
    default:
        return -1;
    }
}

int32_t scan_unquote(struct span value, uint8_t *bytes)
{
    const char *end = value.end - 1;
    int32_t count = 0;

    for (const char *at = value.at + 1; at < end; at++) {
        int32_t byte = (unsigned char)*at;

        if (byte == '\\') {
            at++;
            byte = escape(&at, end);
        }
        if (byte < 0) {
            return -1;
        }
        if (bytes != NULL) {
            bytes[count] = (uint8_t)byte;
        }
        count++;
    }
    return count;
}

int32_t scan_hex(struct span value, uint8_t *bytes)
{
    const char *at = value.at;
    int32_t count = 0;

    if (span_bytes(value) >= 2 && at[0] == '0' && (at[1] | 0x20) == 'x') {
        at += 2;
    }
    for (; at < value.end; at += 2) {
        int32_t byte = hex_byte(at, value.end);

        if (byte < 0) {
            return -1;
        }
        if (bytes != NULL) {
            bytes[count] = (uint8_t)byte;
        }
        count++;
    }
    return count;
}

bool scan_number(struct span value, bool *negative, uint64_t *magnitude)
{
    const char *at = value.at;
    uint32_t base = 10;

    *magnitude = 0;
    *negative = at < value.end && *at == '-';
    at += *negative;
    if (value.end - at > 2 && at[0] == '0' && (at[1] | 0x20) == 'x') {
        base = 16;
        at += 2;
    }
    if (at == value.end) {
        return false;
    }
    for (; at < value.end; at++) {
        int32_t next = digit(*at);

        if (next < 0 || (uint32_t)next >= base ||
            *magnitude > (UINT64_MAX - (uint32_t)next) / base) {
            return false;
        }
        *magnitude = *magnitude * base + (uint32_t)next;
    }
    return true;
}
