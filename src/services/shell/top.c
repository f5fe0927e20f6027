/*
 * top.c - the command top: who uses the CPUs, second by second.
 *
 * Without a number it takes the screen over until q; with one it prints that
 * many samples one below the other, for a pipe or a log.
 */
#include "input.h"
#include "shell.h"
#include "top_rows.h"

#define TOP_INTERVAL_NS 1000000000ull
#define TOP_ROWS_SHOWN 20u
#define TOP_CPUS_SHOWN 16u
#define TOP_TIMES_MAX 3600u

/* What both samples and the sorted rows need; one command runs at a time. */
static struct top_sample samples[2];
static struct top_row sorted[TOP_PROCESSES_MAX];
static uint64_t memory[1024]; /* results of the calls */

struct top {
    uint64_t system;
    uint64_t timer;
    bool live;
    const struct top_sample *before;
};

static void row_take(struct top_sample *sample, struct process_info_reader info)
{
    struct top_row *row;

    if (sample->count == TOP_PROCESSES_MAX) {
        sample->left_out++;
        return;
    }
    row = &sample->rows[sample->count++];
    row->id = process_info_get_process_id(info);
    row->cpu_ns = process_info_get_cpu_nanoseconds(info);
    row->pages = process_info_get_pages(info);
    row->threads = process_info_get_threads(info);
    row->state = (uint8_t)process_info_get_state(info);
    fmt_format(row->name, sizeof(row->name), "%s",
               process_info_get_name(info).bytes);
}

static void cpu_take(struct top_sample *sample, struct cpu_info_reader info)
{
    if (sample->cpu_count < LIMIT_CPUS) {
        sample->cpus[sample->cpu_count++] = (struct top_cpu){
            .busy_ns = cpu_info_get_busy_nanoseconds(info),
            .thread = cpu_info_get_thread_id(info),
            .process = cpu_info_get_process_id(info),
            .number = cpu_info_get_number(info),
            .queued = cpu_info_get_queued(info),
        };
    }
}

/* Looks at all CPUs. 0 or an ERR_*. */
static int32_t cpus_take(const struct top *top, struct top_sample *sample)
{
    struct system_info_cpus_results_reader results;
    struct rpc_buffer buffer;
    struct wire_list list;
    int32_t status;

    sample->cpu_count = 0;
    do {
        rpc_buffer_init(&buffer, memory, sizeof(memory));
        status = system_info_cpus(rt(), top->system, sample->cpu_count,
                                  &buffer, &results);
        if (status < 0) {
            return status;
        }
        list = system_info_cpus_results_get_entries(results);
        for (uint32_t i = 0; i < list.count; i++) {
            cpu_take(sample, system_info_cpus_results_entries_at(list, i));
        }
    } while (list.count > 0 && sample->cpu_count < LIMIT_CPUS);
    return 0;
}

/* Looks at all processes. 0 or an ERR_*. */
static int32_t processes_take(const struct top *top, struct top_sample *sample)
{
    struct system_info_processes_results_reader results;
    struct rpc_buffer buffer;
    struct wire_list list;
    uint64_t after = 0;
    int32_t status;

    sample->count = 0;
    sample->left_out = 0;
    do {
        rpc_buffer_init(&buffer, memory, sizeof(memory));
        status = system_info_processes(rt(), top->system, after, &buffer,
                                       &results);
        if (status < 0) {
            return status;
        }
        list = system_info_processes_results_get_entries(results);
        for (uint32_t i = 0; i < list.count; i++) {
            struct process_info_reader info =
                system_info_processes_results_entries_at(list, i);

            row_take(sample, info);
            after = process_info_get_process_id(info);
        }
    } while (list.count > 0);
    return 0;
}

static int32_t sample_take(const struct top *top, struct top_sample *sample)
{
    int32_t status = timer_now(rt(), top->timer, &sample->at_ns);

    if (status >= 0) {
        status = cpus_take(top, sample);
    }
    return status < 0 ? status : processes_take(top, sample);
}

static void cpus_show(const struct top_sample *now, const struct top_cpu *cpus,
                      uint64_t elapsed)
{
    con_print("  CPU  BUSY%% QUEUED RUNS\n");
    for (uint32_t i = 0; i < now->cpu_count && i < TOP_CPUS_SHOWN; i++) {
        uint32_t share = top_rows_share(cpus[i].busy_ns, elapsed);

        con_print("%5u %4u.%u %6u %s\n", cpus[i].number, share / 10,
                  share % 10, cpus[i].queued,
                  top_rows_name(now, cpus[i].process));
    }
    if (now->cpu_count > TOP_CPUS_SHOWN) {
        con_print("  and %u more\n", now->cpu_count - TOP_CPUS_SHOWN);
    }
}

static void rows_show(const struct top_sample *now, uint64_t elapsed)
{
    con_print("  PID   CPU%% THREADS      MEMORY STATE    NAME\n");
    for (uint32_t i = 0; i < now->count && i < TOP_ROWS_SHOWN; i++) {
        const struct top_row *row = &sorted[i];
        uint32_t share = top_rows_share(row->cpu_ns, elapsed);

        con_print("%5llu %4u.%u %7u %7llu KiB %-8s %s\n",
                  (unsigned long long)row->id, share / 10, share % 10,
                  row->threads,
                  (unsigned long long)row->pages * (PAGE_SIZE / 1024),
                  shell_state_name((enum process_info_state)row->state),
                  row->name);
    }
    if (now->count > TOP_ROWS_SHOWN) {
        con_print("  and %u more\n",
                  now->count + now->left_out - TOP_ROWS_SHOWN);
    }
}

static void sample_show(const struct top *top, const struct top_sample *now)
{
    struct top_cpu cpus[LIMIT_CPUS];
    uint64_t elapsed = now->at_ns - top->before->at_ns;
    uint64_t busy = top_cpus_since(top->before, now, cpus);
    uint32_t share = top_rows_share(busy, elapsed);

    con_print("%s%u processes, %u CPU%s, busy %u.%u%% over %llu.%03llu s%s\n",
              top->live ? "\033[H\033[J" : "", now->count + now->left_out,
              now->cpu_count, now->cpu_count == 1 ? "" : "s", share / 10, share % 10,
              (unsigned long long)(elapsed / 1000000000u),
              (unsigned long long)(elapsed / 1000000u % 1000u),
              top->live ? "; q ends" : "");
    cpus_show(now, cpus, elapsed);
    (void)top_rows_since(top->before, now, sorted);
    rows_show(now, elapsed);
}

/* Waits a second and shows it; false when it is time to end. */
static bool second_show(struct top *top, struct top_sample *now)
{
    int32_t status;

    if (top->live ? !input_pause(top->timer, TOP_INTERVAL_NS)
                  : timer_sleep(rt(), top->timer, TOP_INTERVAL_NS) < 0) {
        return false;
    }
    status = sample_take(top, now);
    if (status < 0) {
        con_fail("top", status);
        return false;
    }
    sample_show(top, now);
    top->before = now;
    return true;
}

/* How many samples the word asks for; 0: no number from 1 to TOP_TIMES_MAX. */
static uint32_t times_parse(const char *word)
{
    uint32_t times = 0;

    for (; *word >= '0' && *word <= '9' && times <= TOP_TIMES_MAX; word++) {
        times = times * 10 + (uint32_t)(*word - '0');
    }
    return *word == '\0' && times <= TOP_TIMES_MAX ? times : 0;
}

void command_top(uint32_t argc, char **argv)
{
    struct top top = {.live = argc < 2, .before = &samples[1]};
    uint32_t times = argc < 2 ? 0 : times_parse(argv[1]);
    int32_t status;

    if (argc > 2 || (argc == 2 && times == 0)) {
        con_print("top: give at most one number of samples, from 1 to %u\n",
                  TOP_TIMES_MAX);
        return;
    }
    top.system = shell_need("top", "system", SYSTEM_INFO_INTERFACE_ID);
    top.timer = shell_need("top", "timer", TIMER_INTERFACE_ID);
    if (top.system == CAP_NONE || top.timer == CAP_NONE) {
        return;
    }
    status = sample_take(&top, &samples[0]);
    if (status < 0) {
        con_fail("top", status);
        return;
    }
    if (top.live) { /* a second is long: at first, what was since boot */
        samples[1].at_ns = 0;
        samples[1].count = 0;
        samples[1].cpu_count = 0;
        sample_show(&top, &samples[0]);
    }
    top.before = &samples[0];
    for (uint32_t i = 1; second_show(&top, &samples[i % 2]); i++) {
        if (i == times) {
            return;
        }
    }
}
