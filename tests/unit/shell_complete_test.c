/*
 * shell_complete_test.c - which names are offered where, and what they have in
 * common.
 */
#include <stdio.h>
#include <string.h>

#include "check_run.h"
#include "complete.h"

static struct completion completion;
static char asked[64]; /* what a source was asked for */

static void offer(struct completion *c, const char *names)
{
    while (*names != '\0') {
        completion_offer(c, names, (uint32_t)strcspn(names, " "));
        names += strcspn(names, " ");
        names += strspn(names, " ");
    }
}

static void commands(struct completion *c)
{
    offer(c, "help ps caps call run release");
}

static void programs(struct completion *c)
{
    offer(c, "hello timer-smoke timer-flood shell");
}

static void caps(struct completion *c)
{
    offer(c, "console frames frames2 timer");
}

static void kept(struct completion *c)
{
    offer(c, "frames2");
}

static void services(struct completion *c)
{
    offer(c, "store shell");
}

static void ask(struct span what)
{
    ck_assert_uint_lt(span_bytes(what), sizeof(asked));
    memcpy(asked, what.at, span_bytes(what));
    asked[span_bytes(what)] = '\0';
}

static void methods(struct completion *c, struct span cap)
{
    ask(cap);
    offer(c, "allocate info");
}

static void arguments(struct completion *c, struct span method)
{
    ask(method);
    offer(c, "pages");
}

static const struct complete_sources sources = {
    commands, programs, caps, kept, services, methods, arguments};

struct tried {
    const char *line;  /* | is the cursor */
    const char *names; /* what is offered */
    char after;
    const char *asked;
};

static const struct tried cases[] = {
    {"|", "help ps caps call run release", ' ', ""},
    {"  c|", "caps call", ' ', ""},
    {"ca|ps", "caps call", ' ', ""},
    {"x|", "", ' ', ""},
    {"run |", "hello timer-smoke timer-flood shell", ' ', ""},
    {"run tim|", "timer-smoke timer-flood", ' ', ""},
    {"spawn s|", "shell", ' ', ""},
    {"run hello h|", "", 0, ""},
    {"run hello with c=f|", "frames frames2", ' ', ""},
    {"run hello with c|", "", 0, ""},
    {"run hello c=f|", "", 0, ""},
    {"call f|", "frames frames2", '.', ""},
    {"call frames.|", "allocate info", ' ', "frames"},
    {"call a.b.al|", "allocate", ' ', "a.b"},
    {"call frames.allocate p|", "pages", '=', "frames.allocate"},
    {"call frames.allocate pages=|", "", 0, ""},
    {"call s.spawn (image=@fr|", "frames frames2", 0, ""},
    {"call s.spawn @|", "console frames frames2 timer", 0, ""},
    {"methods t|", "timer", ' ', ""},
    {"ledger f|", "frames frames2", ' ', ""},
    {"release |", "frames2", ' ', ""},
    {"release frames2 |", "", 0, ""},
    {"restart s|", "store shell", ' ', ""},
    {"stop st|", "store", ' ', ""},
    {"stop store |", "", 0, ""},
    {"ps |", "", 0, ""},
};

START_TEST(test_shell_complete_where)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char names[128] = "";
        size_t used = 0;
        uint32_t cursor = (uint32_t)strcspn(cases[i].line, "|");

        asked[0] = '\0';
        completion_init(&completion, cases[i].line, 0);
        complete_line(&sources, cases[i].line, cursor, &completion);
        for (uint32_t n = 0; n < completion.count; n++) {
            used += (size_t)snprintf(names + used, sizeof(names) - used,
                                     "%s%s", n > 0 ? " " : "",
                                     completion_name(&completion, n));
            ck_assert_uint_lt(used, sizeof(names));
        }
        ck_assert_msg(strcmp(names, cases[i].names) == 0, "%s: %s",
                      cases[i].line, names);
        ck_assert_str_eq(asked, cases[i].asked);
        if (completion.count > 0) {
            ck_assert_int_eq(completion.after, cases[i].after);
        }
    }
}
END_TEST

START_TEST(test_shell_complete_common)
{
    completion_init(&completion, "", 0);
    ck_assert_uint_eq(completion_common(&completion), 0);
    offer(&completion, "timer-smoke timer-flood timer-smoke");
    ck_assert_uint_eq(completion.count, 2);
    ck_assert_uint_eq(completion_common(&completion), 6);
    offer(&completion, "x");
    ck_assert_uint_eq(completion_common(&completion), 0);
    completion_init(&completion, "gr", 2);
    offer(&completion, "gr\303\274n gr\303\266n");
    ck_assert_uint_eq(completion_common(&completion), 2);
}
END_TEST

START_TEST(test_shell_complete_full)
{
    char name[40];

    completion_init(&completion, "", 0);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "a-name-that-is-rather-long-%d", i);
        completion_offer(&completion, name, (uint32_t)strlen(name));
    }
    ck_assert(completion.more);
    ck_assert_uint_le(completion.used, COMPLETION_BYTES);
    ck_assert_uint_le(completion.count, COMPLETION_NAMES_MAX);
    snprintf(name, sizeof(name), "a-name-that-is-rather-long-%u",
             completion.count - 1);
    ck_assert_str_eq(completion_name(&completion, completion.count - 1), name);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_shell_complete_where,
                                         test_shell_complete_common,
                                         test_shell_complete_full, NULL};

    return check_run("shell_complete", tests);
}
