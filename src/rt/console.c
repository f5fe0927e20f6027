/* console.c - text through the Console capability; see console.h. */
#include "console.h"

#include <stdarg.h>

#include "calls.h"
#include "error_text.h"
#include "fmt.h"
#include "panic.h"
#include "process.h"
#include "thread.h"

/* Room for a message with size bytes of Data, and an exception. */
#define CONSOLE_MEMORY_WORDS(size) (((size) + 64u + RPC_EXCEPTION_BYTES) / 8u)

/* The program's own name, as its creator gave it. */
static const char *program_name(void)
{
    const struct start_block *block = process_start();

    return block->args_len > 0 ? (const char *)(uintptr_t)block->args
                               : "program";
}

static uint64_t console(void)
{
    return capset_find("console", CONSOLE_INTERFACE_ID);
}

int32_t con_write(const void *bytes, uint32_t size)
{
    const uint8_t *at = bytes;
    uint64_t cap = console();

    if (cap == CAP_NONE) {
        return ERR_NOT_FOUND;
    }
    while (size > 0) {
        uint64_t memory[CONSOLE_MEMORY_WORDS(CON_LINE_BYTES)];
        uint32_t part = size < CON_LINE_BYTES ? size : CON_LINE_BYTES;
        struct rpc_buffer buffer;
        int32_t status;

        rpc_buffer_init(&buffer, memory, sizeof(memory));
        status = console_write(rt(), cap, (struct wire_data){at, part},
                               &buffer);
        if (status < 0) {
            return status;
        }
        at += part;
        size -= part;
    }
    return 0;
}

int32_t con_read(void *bytes, uint32_t size)
{
    uint64_t memory[CONSOLE_MEMORY_WORDS(CON_LINE_BYTES)];
    struct console_read_results_reader results;
    struct rpc_buffer buffer;
    struct wire_data data;
    uint64_t cap = console();
    int32_t status;

    if (cap == CAP_NONE) {
        return ERR_NOT_FOUND;
    }
    rpc_buffer_init(&buffer, memory, sizeof(memory));
    status = console_read(rt(), cap,
                          size < CON_LINE_BYTES ? size : CON_LINE_BYTES,
                          &buffer, &results);
    if (status < 0) {
        return status;
    }
    data = console_read_results_get_data(results);
    if (wire_message_error(&buffer.message) || data.length > size) {
        return ERR_BAD_MESSAGE;
    }
    __builtin_memcpy(bytes, data.bytes, data.length);
    return (int32_t)data.length;
}

/* Formats behind the first used bytes of a line. Returns its new length. */
static uint32_t line_vformat(char line[CON_LINE_BYTES], uint32_t used,
                             const char *format, va_list args)
{
    size_t room = CON_LINE_BYTES - used;
    size_t length = fmt_vformat(line + used, room, format, args);

    return used + (uint32_t)(length < room ? length : room - 1);
}

int32_t con_print(const char *format, ...)
{
    char line[CON_LINE_BYTES];
    uint32_t length;
    va_list args;

    va_start(args, format);
    length = line_vformat(line, 0, format, args);
    va_end(args);
    return con_write(line, length);
}

int con_fail(const char *what, int32_t error)
{
    con_print("%s: %s: %s: %s; %s\n", program_name(), what, error_name(error),
              error_sentence(error), error_remedy(error));
    return 1;
}

void panic(const char *format, ...)
{
    char line[CON_LINE_BYTES];
    uint32_t length;
    va_list args;

    length = (uint32_t)fmt_format(line, sizeof(line) / 2, "%s: panic: ",
                                  program_name());
    if (length >= sizeof(line) / 2) {
        length = sizeof(line) / 2 - 1;
    }
    va_start(args, format);
    length = line_vformat(line, length, format, args);
    va_end(args);
    line[length < CON_LINE_BYTES - 1 ? length : CON_LINE_BYTES - 1] = '\n';
    con_write(line, length < CON_LINE_BYTES - 1 ? length + 1 : CON_LINE_BYTES);
    process_exit(PANIC_EXIT_CODE);
}
