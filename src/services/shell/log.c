/* log.c - the command log: records of the kernel and of components. */
#include "exception.h"
#include "shell.h"

#define LOG_BUFFER_BYTES 8192u
#define LOG_RECORDS 64u /* asked for at a time */

/* The shell has one thread and runs one command. */
static uint64_t log_memory[LOG_BUFFER_BYTES / 8];

static const char *const log_levels[KERNEL_PARAMS_LOG_LEVEL_COUNT] = {
    [KERNEL_PARAMS_LOG_LEVEL_ERROR] = "error",
    [KERNEL_PARAMS_LOG_LEVEL_WARNING] = "warning",
    [KERNEL_PARAMS_LOG_LEVEL_INFO] = "info",
    [KERNEL_PARAMS_LOG_LEVEL_DEBUG] = "debug",
};

/* What is asked for, and how far it has been shown. */
struct log_view {
    uint64_t cap;
    uint64_t cursor;
    enum kernel_params_log_level least;
    struct wire_text prefix;
};

static void log_show(struct log_record_reader record)
{
    uint64_t time_us = log_record_get_nanoseconds(record) / 1000;
    uint16_t level = log_record_get_level(record);
    struct wire_text component = log_record_get_component(record);
    struct wire_text text = log_record_get_text(record);

    con_print("[%5llu.%06llu] %s: %.*s: %.*s\n",
              (unsigned long long)(time_us / 1000000),
              (unsigned long long)(time_us % 1000000),
              level < KERNEL_PARAMS_LOG_LEVEL_COUNT ? log_levels[level] : "?",
              (int)component.length, component.bytes, (int)text.length,
              text.bytes);
}

/* One call's records. Returns 1: there may be more, 0: no; or an error. */
static int32_t log_some(struct log_view *view)
{
    struct log_reader_records_results_reader results;
    struct rpc_buffer buffer;
    struct wire_list entries;
    uint64_t dropped;
    uint64_t next;
    int32_t status;

    rpc_buffer_init(&buffer, log_memory, sizeof(log_memory));
    status = log_reader_records(rt(), view->cap, view->cursor, view->least,
                                view->prefix, LOG_RECORDS, &buffer, &results);
    if (status < 0) {
        return status;
    }
    next = log_reader_records_results_get_next(results);
    dropped = log_reader_records_results_get_dropped(results);
    entries = log_reader_records_results_get_entries(results);
    if (dropped > 0) {
        con_print("[%llu records are gone]\n", (unsigned long long)dropped);
    }
    for (uint32_t i = 0; i < entries.count; i++) {
        log_show(log_reader_records_results_entries_at(entries, i));
    }
    status = next != view->cursor;
    view->cursor = next;
    return status;
}

static bool log_level_named(const char *name,
                            enum kernel_params_log_level *level)
{
    for (uint32_t i = 0; i < KERNEL_PARAMS_LOG_LEVEL_COUNT; i++) {
        if (text_equal(name, log_levels[i])) {
            *level = (enum kernel_params_log_level)i;
            return true;
        }
    }
    return false;
}

void command_log(uint32_t argc, char **argv)
{
    struct log_view view = {.least = KERNEL_PARAMS_LOG_LEVEL_DEBUG};
    uint32_t at = 1;
    int32_t status;

    view.cap = shell_need("log", "log", LOG_READER_INTERFACE_ID);
    if (view.cap == CAP_NONE) {
        return;
    }
    if (at < argc && log_level_named(argv[at], &view.least)) {
        at++;
    }
    if (at < argc) {
        view.prefix = (struct wire_text){argv[at],
                                         (uint32_t)text_length(argv[at])};
        at++;
    }
    if (at < argc) {
        con_print("usage: log [error | warning | info | debug] [COMPONENT]\n");
        return;
    }
    do {
        status = log_some(&view);
    } while (status > 0);
    if (status < 0) {
        con_fail("log", status);
    }
}
