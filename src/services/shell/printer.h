/*
 * printer.h - text that is put together in pieces and written in large ones.
 *
 * Pure: where it goes is a function of the caller. A piece is at most
 * PRINTER_PIECE_BYTES long. Nothing is lost: what does not fit is written first.
 */
#ifndef CAPOS_SHELL_PRINTER_H
#define CAPOS_SHELL_PRINTER_H

#include <stdint.h>

#define PRINTER_BYTES 512u
#define PRINTER_PIECE_BYTES 256u

struct printer {
    void (*write)(void *context, const char *bytes, uint32_t size);
    void *context;
    uint32_t used;
    char bytes[PRINTER_BYTES];
};

void printer_init(struct printer *printer,
                  void (*write)(void *context, const char *bytes,
                                uint32_t size),
                  void *context);

/* Adds formatted text (fmt.h), cut off at PRINTER_PIECE_BYTES. */
void printer_add(struct printer *printer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds one byte. */
void printer_put(struct printer *printer, char byte);

/*
 * Adds bytes between quotes, as the shell reads them: \n, \t, \", \\ and \xHH
 * for what cannot be shown. UTF-8 is left alone.
 */
void printer_quote(struct printer *printer, const char *bytes, uint32_t size);

/* Writes what is still there. */
void printer_flush(struct printer *printer);

#endif
