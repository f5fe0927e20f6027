/*
 * fmt.c - the freestanding formatter (fmt.h).
 *
 * Everything goes through out_char, which counts all and stores what fits.
 */
#include "fmt.h"

#include <stdbool.h>
#include <stdint.h>

#define WIDTH_MAX 4096 /* a wider field is a mistake, not a wish */
#define DIGITS_MAX 20  /* of 2^64 - 1 in decimal */

struct out {
    char *buf;
    size_t size;
    size_t length;
};

/* One conversion, between its '%' and its letter. */
struct spec {
    bool left;
    bool zero;
    int width;
    int precision; /* -1: none */
    int length;    /* -2 hh, -1 h, 0, 1 l, 2 ll, 3 z */
};

static void out_char(struct out *out, char c)
{
    if (out->length + 1 < out->size) {
        out->buf[out->length] = c;
    }
    out->length++;
}

static void out_pad(struct out *out, char c, int count)
{
    for (int i = 0; i < count; i++) {
        out_char(out, c);
    }
}

static void out_text(struct out *out, const struct spec *spec,
                     const char *text)
{
    int length = 0;

    if (text == NULL) {
        text = "(null)";
    }
    while (length != spec->precision && text[length] != '\0') {
        length++;
    }
    out_pad(out, ' ', spec->left ? 0 : spec->width - length);
    for (int i = 0; i < length; i++) {
        out_char(out, text[i]);
    }
    out_pad(out, ' ', spec->left ? spec->width - length : 0);
}

static void out_number(struct out *out, const struct spec *spec,
                       uint64_t value, bool negative, char letter)
{
    const char *set = letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    uint32_t base = letter == 'x' || letter == 'X' ? 16 : 10;
    char digits[DIGITS_MAX];
    int count = 0;
    int pad;

    do {
        digits[count++] = set[value % base];
        value /= base;
    } while (value != 0);
    pad = spec->width - count - (negative ? 1 : 0);
    out_pad(out, ' ', spec->left || spec->zero ? 0 : pad);
    if (negative) {
        out_char(out, '-');
    }
    out_pad(out, '0', spec->zero && !spec->left ? pad : 0);
    while (count > 0) {
        out_char(out, digits[--count]);
    }
    out_pad(out, ' ', spec->left ? pad : 0);
}

static const char *read_number(const char *at, int *value)
{
    *value = 0;
    while (*at >= '0' && *at <= '9') {
        if (*value < WIDTH_MAX) {
            *value = *value * 10 + (*at - '0');
        }
        at++;
    }
    return at;
}

static const char *read_length(const char *at, struct spec *spec)
{
    if (*at == 'z') {
        spec->length = 3;
        return at + 1;
    }
    while (*at == 'l' && spec->length < 2) {
        spec->length++;
        at++;
    }
    while (*at == 'h' && spec->length <= 0 && spec->length > -2) {
        spec->length--;
        at++;
    }
    return at;
}

static int64_t read_signed(const struct spec *spec, va_list *args)
{
    switch (spec->length) {
    case 3:
        return (int64_t)va_arg(*args, size_t);
    case 2:
        return va_arg(*args, long long);
    case 1:
        return va_arg(*args, long);
    case -1:
        return (short)va_arg(*args, int);
    case -2:
        return (signed char)va_arg(*args, int);
    default:
        return va_arg(*args, int);
    }
}

static uint64_t read_unsigned(const struct spec *spec, va_list *args)
{
    switch (spec->length) {
    case 3:
        return va_arg(*args, size_t);
    case 2:
        return va_arg(*args, unsigned long long);
    case 1:
        return va_arg(*args, unsigned long);
    case -1:
        return (unsigned short)va_arg(*args, unsigned);
    case -2:
        return (unsigned char)va_arg(*args, unsigned);
    default:
        return va_arg(*args, unsigned);
    }
}

/* Flags, width, precision and length; returns where the letter stands. */
static const char *read_spec(const char *at, struct spec *spec, va_list *args)
{
    *spec = (struct spec){.precision = -1};
    for (; *at == '-' || *at == '0'; at++) {
        spec->left = spec->left || *at == '-';
        spec->zero = spec->zero || *at == '0';
    }
    if (*at == '*') {
        spec->width = va_arg(*args, int);
        at++;
    } else {
        at = read_number(at, &spec->width);
    }
    if (spec->width < 0) {
        spec->left = true;
        spec->width = spec->width < -WIDTH_MAX ? WIDTH_MAX : -spec->width;
    }
    spec->width = spec->width > WIDTH_MAX ? WIDTH_MAX : spec->width;
    if (*at == '.' && at[1] == '*') {
        spec->precision = va_arg(*args, int);
        at += 2;
    } else if (*at == '.') {
        at = read_number(at + 1, &spec->precision);
    }
    return read_length(at, spec);
}

/* One conversion, at pointing after its '%'; returns what follows it. */
static const char *convert(struct out *out, const char *at, va_list *args)
{
    const char *start = at;
    struct spec spec;
    int64_t value;

    at = read_spec(at, &spec, args);
    switch (*at) {
    case 's':
        out_text(out, &spec, va_arg(*args, const char *));
        return at + 1;
    case 'c':
        spec.precision = 1;
        out_text(out, &spec, (char[2]){(char)va_arg(*args, int), '\0'});
        return at + 1;
    case 'd':
    case 'i':
        value = read_signed(&spec, args);
        out_number(out, &spec,
                   value < 0 ? 0 - (uint64_t)value : (uint64_t)value,
                   value < 0, 'd');
        return at + 1;
    case 'u':
    case 'x':
    case 'X':
        out_number(out, &spec, read_unsigned(&spec, args), false, *at);
        return at + 1;
    default:
        out_char(out, '%');
        return *at == '%' ? at + 1 : start;
    }
}

size_t fmt_vformat(char *buf, size_t size, const char *format, va_list args)
{
    struct out out = {.buf = buf, .size = size, .length = 0};
    va_list copy; /* its address can be passed on, a parameter's cannot */

    va_copy(copy, args);
    while (*format != '\0') {
        if (*format == '%') {
            format = convert(&out, format + 1, &copy);
        } else {
            out_char(&out, *format++);
        }
    }
    va_end(copy);
    if (size > 0) {
        buf[out.length < size ? out.length : size - 1] = '\0';
    }
    return out.length;
}

size_t fmt_format(char *buf, size_t size, const char *format, ...)
{
    va_list args;
    size_t length;

    va_start(args, format);
    length = fmt_vformat(buf, size, format, args);
    va_end(args);
    return length;
}
