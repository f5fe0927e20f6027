/* top_rows.c - see top_rows.h. */
#include "top_rows.h"

#include <stdbool.h>

/* Whether a stands above b. */
static bool above(const struct top_row *a, const struct top_row *b)
{
    return a->cpu_ns != b->cpu_ns ? a->cpu_ns > b->cpu_ns : a->id < b->id;
}

/* By insertion: there are few, and mostly in order from the last time. */
static void sort(struct top_row *rows, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct top_row row = rows[i];
        uint32_t at = i;

        for (; at > 0 && above(&row, &rows[at - 1]); at--) {
            rows[at] = rows[at - 1];
        }
        rows[at] = row;
    }
}

/* The time from a to b. */
static uint64_t since(uint64_t a, uint64_t b)
{
    return b > a ? b - a : 0;
}

uint64_t top_rows_since(const struct top_sample *before,
                        const struct top_sample *now, struct top_row *rows)
{
    uint64_t sum = 0;
    uint32_t old = 0;

    for (uint32_t i = 0; i < now->count; i++) {
        rows[i] = now->rows[i];
        while (old < before->count && before->rows[old].id < rows[i].id) {
            old++;
        }
        if (old < before->count && before->rows[old].id == rows[i].id) {
            rows[i].cpu_ns = since(before->rows[old].cpu_ns, rows[i].cpu_ns);
        }
        sum += rows[i].cpu_ns;
    }
    sort(rows, now->count);
    return sum;
}

uint64_t top_cpus_since(const struct top_sample *before,
                        const struct top_sample *now, struct top_cpu *cpus)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < now->cpu_count; i++) {
        cpus[i] = now->cpus[i];
        if (i < before->cpu_count) {
            cpus[i].busy_ns = since(before->cpus[i].busy_ns, cpus[i].busy_ns);
        }
        sum += cpus[i].busy_ns;
    }
    return sum;
}

const char *top_rows_name(const struct top_sample *sample, uint64_t id)
{
    for (uint32_t i = 0; i < sample->count; i++) {
        if (sample->rows[i].id == id) {
            return sample->rows[i].name;
        }
    }
    return "-";
}

uint32_t top_rows_share(uint64_t cpu_ns, uint64_t elapsed_ns)
{
    uint64_t unit = elapsed_ns / 1000;

    return unit == 0 ? 0 : (uint32_t)((cpu_ns + unit / 2) / unit);
}
