/*
 * log-filter - components write their logs, and a reader asks for some of it.
 *
 * Each component has a sink of its own, in which its own oldest records give
 * way: a noisy one pushes nobody else's out.
 */
#include "capos.h"

#define NOISE 500u
#define MEMORY_BYTES 8192u

static uint64_t reader;
static uint64_t memory[MEMORY_BYTES / 8];

/* What a reading found. */
struct found {
    uint32_t records;
    uint64_t dropped;
    uint64_t next;
    char last[LOG_TEXT_BYTES_MAX + 1];
    bool foreign; /* of another component, or less severe */
};

static uint64_t mint(const char *component, uint32_t bytes)
{
    uint64_t factory = capset_need("log-sinks", LOG_SINK_FACTORY_INTERFACE_ID);
    struct rpc_buffer buffer;
    uint64_t sink = CAP_NONE;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    return log_sink_factory_mint(
               rt(), factory,
               (struct wire_text){component, (uint32_t)text_length(component)},
               bytes, &buffer, &sink) < 0
               ? CAP_NONE
               : sink;
}

/* Negative: an error; else whether it was kept. */
static int32_t say(uint64_t sink, enum kernel_params_log_level level,
                   const char *text)
{
    struct rpc_buffer buffer;
    bool kept = false;
    int32_t status;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    status = log_sink_write(
        rt(), sink, level,
        (struct wire_text){text, (uint32_t)text_length(text)}, &buffer, &kept);
    return status < 0 ? status : kept;
}

static bool begins(struct wire_text text, const char *with)
{
    uint32_t length = (uint32_t)text_length(with);

    return text.length >= length &&
           __builtin_memcmp(text.bytes, with, length) == 0;
}

static void note(struct found *found, struct log_record_reader record,
                 enum kernel_params_log_level least, const char *prefix)
{
    struct wire_text text = log_record_get_text(record);

    found->records++;
    found->foreign |= !begins(log_record_get_component(record), prefix) ||
                      log_record_get_level(record) > least;
    __builtin_memcpy(found->last, text.bytes, text.length);
    found->last[text.length] = '\0';
}

/* One call; false: it failed. */
static bool look_once(struct found *found, enum kernel_params_log_level least,
                      const char *prefix, uint32_t max)
{
    struct log_reader_records_results_reader results;
    struct rpc_buffer buffer;
    struct wire_list entries;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    if (log_reader_records(
            rt(), reader, found->next, least,
            (struct wire_text){prefix, (uint32_t)text_length(prefix)}, max,
            &buffer, &results) < 0) {
        return false;
    }
    entries = log_reader_records_results_get_entries(results);
    for (uint32_t i = 0; i < entries.count; i++) {
        note(found, log_reader_records_results_entries_at(entries, i), least,
             prefix);
    }
    found->dropped += log_reader_records_results_get_dropped(results);
    found->next = log_reader_records_results_get_next(results);
    return true;
}

/* Everything from a cursor on. */
static struct found look(uint64_t cursor, enum kernel_params_log_level least,
                         const char *prefix)
{
    struct found found = {.next = cursor};
    uint64_t before;

    do {
        before = found.next;
    } while (look_once(&found, least, prefix, 7) && found.next != before);
    return found;
}

static void check_filters(uint64_t net, uint64_t disk)
{
    uint64_t start =
        look(0, KERNEL_PARAMS_LOG_LEVEL_DEBUG, "").next;
    struct found found;

    check(say(net, KERNEL_PARAMS_LOG_LEVEL_ERROR, "no carrier") == 1 &&
              say(disk, KERNEL_PARAMS_LOG_LEVEL_INFO, "found") == 1 &&
              say(net, KERNEL_PARAMS_LOG_LEVEL_WARNING, "slow") == 1,
          "two components write three records");
    found = look(start, KERNEL_PARAMS_LOG_LEVEL_DEBUG, "");
    check(found.records == 3 && found.dropped == 0, "there they are");
    found = look(start, KERNEL_PARAMS_LOG_LEVEL_DEBUG, "net");
    check(found.records == 2 && !found.foreign && found.last[0] == 's',
          "two of them by their component");
    found = look(start, KERNEL_PARAMS_LOG_LEVEL_ERROR, "");
    check(found.records == 1 && !found.foreign && found.last[0] == 'n',
          "one of them by its level");
    check(look(start, KERNEL_PARAMS_LOG_LEVEL_ERROR, "disk").records == 0,
          "none by both");
    check(look(0, KERNEL_PARAMS_LOG_LEVEL_DEBUG, "kernel").records > 0,
          "the kernel has its own");
}

static void check_level(uint64_t sink)
{
    uint64_t config = capset_need("config", SYSTEM_CONFIG_INTERFACE_ID);
    enum kernel_params_log_level level = KERNEL_PARAMS_LOG_LEVEL_COUNT;

    check(say(sink, KERNEL_PARAMS_LOG_LEVEL_DEBUG, "details") == 0,
          "what is less severe than the system's level is not kept");
    check(system_config_set_log_level(rt(), config,
                                      KERNEL_PARAMS_LOG_LEVEL_DEBUG) == 0 &&
              say(sink, KERNEL_PARAMS_LOG_LEVEL_DEBUG, "details") == 1,
          "unless the level is changed");
    check(system_config_log_level(rt(), config, &level) == 0 &&
              level == KERNEL_PARAMS_LOG_LEVEL_DEBUG,
          "which can be asked for");
    check(system_config_set_log_level(rt(), config,
                                      KERNEL_PARAMS_LOG_LEVEL_COUNT) < 0,
          "there is none below debug");
    check(system_config_set_log_level(rt(), config,
                                      KERNEL_PARAMS_LOG_LEVEL_INFO) == 0,
          "and it is set back");
}

static void check_noise(uint64_t quiet)
{
    uint64_t noisy = mint("noisy", LOG_BYTES_MIN);
    uint64_t start = look(0, KERNEL_PARAMS_LOG_LEVEL_DEBUG, "").next;
    struct found found;
    uint32_t good = 0;

    good += say(quiet, KERNEL_PARAMS_LOG_LEVEL_INFO, "said once") == 1;
    for (uint32_t i = 0; i < NOISE; i++) {
        good += say(noisy, KERNEL_PARAMS_LOG_LEVEL_INFO, "again") == 1;
    }
    check(good == NOISE + 1, "one is quiet, one is noisy");
    found = look(start, KERNEL_PARAMS_LOG_LEVEL_INFO, "net");
    check(found.records == 1, "the quiet one's record is still there");
    found = look(start, KERNEL_PARAMS_LOG_LEVEL_INFO, "");
    check(found.records > 1 && found.dropped > 0 &&
              found.records + found.dropped == NOISE + 1,
          "the noisy one's oldest are counted as dropped");
    cap_release(noisy);
    check(look(start, KERNEL_PARAMS_LOG_LEVEL_INFO, "noisy").records == 0,
          "its records go with its sink");
}

static void check_refusals(uint64_t sink)
{
    char long_text[LOG_TEXT_BYTES_MAX + 2];

    check(mint("", 0) == CAP_NONE && mint("two words", 0) == CAP_NONE &&
              mint("kernel", 0) == CAP_NONE,
          "names that are none are refused");
    check(mint("big", LOG_BYTES_MAX + 1) == CAP_NONE &&
              mint("small", LOG_BYTES_MIN - 1) == CAP_NONE,
          "and sizes");
    __builtin_memset(long_text, 'x', sizeof(long_text));
    long_text[LOG_TEXT_BYTES_MAX + 1] = '\0';
    check(say(sink, KERNEL_PARAMS_LOG_LEVEL_INFO, long_text) < 0,
          "and long texts");
    check(say(sink, KERNEL_PARAMS_LOG_LEVEL_COUNT, "level") < 0,
          "and levels that are none");
    check(say(sink, KERNEL_PARAMS_LOG_LEVEL_INFO, "a\nb\x1b[2J") == 1,
          "control characters");
    check(text_equal(look(0, KERNEL_PARAMS_LOG_LEVEL_INFO, "net").last,
                     "a?b?[2J"),
          "do no harm");
}

int main(void)
{
    uint64_t net;
    uint64_t disk;

    reader = capset_need("log", LOG_READER_INTERFACE_ID);
    net = mint("net", LOG_BYTES_MIN);
    disk = mint("disk", 2 * LOG_BYTES_MIN);
    check(net != CAP_NONE && disk != CAP_NONE, "two sinks");
    check_filters(net, disk);
    check_level(disk);
    check_noise(net);
    check_refusals(net);
    return check_status();
}
