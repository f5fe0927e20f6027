/* printer.c - see printer.h. */
#include "printer.h"

#include <stdarg.h>

#include "fmt.h"

void printer_init(struct printer *printer,
                  void (*write)(void *context, const char *bytes,
                                uint32_t size),
                  void *context)
{
    printer->write = write;
    printer->context = context;
    printer->used = 0;
}

void printer_flush(struct printer *printer)
{
    if (printer->used > 0) {
        printer->write(printer->context, printer->bytes, printer->used);
        printer->used = 0;
    }
}

static void room(struct printer *printer, uint32_t size)
{
    if (PRINTER_BYTES - printer->used < size) {
        printer_flush(printer);
    }
}

void printer_add(struct printer *printer, const char *format, ...)
{
    size_t length;
    va_list args;

    room(printer, PRINTER_PIECE_BYTES);
    va_start(args, format);
    length = fmt_vformat(printer->bytes + printer->used, PRINTER_PIECE_BYTES,
                         format, args);
    va_end(args);
    printer->used += (uint32_t)(length < PRINTER_PIECE_BYTES
                                    ? length
                                    : PRINTER_PIECE_BYTES - 1);
}

void printer_put(struct printer *printer, char byte)
{
    room(printer, 1);
    printer->bytes[printer->used++] = byte;
}

static void quote_byte(struct printer *printer, char byte)
{
    if (byte == '\n') {
        printer_add(printer, "\\n");
    } else if (byte == '\t') {
        printer_add(printer, "\\t");
    } else if (byte == '"' || byte == '\\') {
        printer_add(printer, "\\%c", byte);
    } else if ((unsigned char)byte < ' ' || byte == '\177') {
        printer_add(printer, "\\x%02x", (unsigned int)byte & 0xffu);
    } else {
        printer_put(printer, byte);
    }
}

void printer_quote(struct printer *printer, const char *bytes, uint32_t size)
{
    printer_put(printer, '"');
    for (uint32_t i = 0; i < size; i++) {
        quote_byte(printer, bytes[i]);
    }
    printer_put(printer, '"');
}
