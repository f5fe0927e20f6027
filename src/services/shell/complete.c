/* complete.c - see complete.h. */
#include "complete.h"

#include "text.h"

/* The words before the cursor that matter; the last one is being typed. */
struct typed {
    struct span first;
    struct span second;
    struct span last;
    uint32_t count; /* words before the last one */
    bool with;      /* one of them is "with" */
};

static bool is(struct span word, const char *text)
{
    return text_length(text) == span_bytes(word) &&
           bytes_equal(word.at, text, span_bytes(word));
}

static bool blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static void cut(const char *line, uint32_t cursor, struct typed *typed)
{
    const char *end = line + cursor;
    const char *at = line;

    *typed = (struct typed){.count = 0};
    for (;;) {
        struct span word;

        while (at < end && blank(*at)) {
            at++;
        }
        word.at = at;
        while (at < end && !blank(*at)) {
            at++;
        }
        word.end = at;
        if (at == end) {
            typed->last = word;
            return;
        }
        if (typed->count == 0) {
            typed->first = word;
        } else if (typed->count == 1) {
            typed->second = word;
        }
        typed->with = typed->with || (typed->count > 1 && is(word, "with"));
        typed->count++;
    }
}

static void start(struct completion *completion, struct span word, char after)
{
    completion_init(completion, word.at, span_bytes(word));
    completion->after = after;
}

/* The last place in the word behind one of these bytes; NULL: none is there. */
static const char *behind(struct span word, const char *bytes)
{
    for (const char *at = word.end; at > word.at; at--) {
        for (const char *byte = bytes; *byte != '\0'; byte++) {
            if (at[-1] == *byte) {
                return at;
            }
        }
    }
    return NULL;
}

static void complete_program(const struct complete_sources *sources,
                             const struct typed *typed,
                             struct completion *completion)
{
    const char *equals = behind(typed->last, "=");

    if (typed->count == 1) {
        start(completion, typed->last, ' ');
        sources->programs(completion);
    } else if (typed->with && equals != NULL) {
        start(completion, (struct span){equals, typed->last.end}, ' ');
        sources->caps(completion);
    }
}

static void complete_call(const struct complete_sources *sources,
                          const struct typed *typed,
                          struct completion *completion)
{
    const char *dot = behind(typed->last, ".");
    const char *begin = behind(typed->last, "=([,@");
    struct span word = typed->last;

    if (typed->count == 1 && dot == NULL) {
        start(completion, word, '.');
        sources->caps(completion);
    } else if (typed->count == 1) {
        start(completion, (struct span){dot, word.end}, ' ');
        sources->methods(completion, (struct span){word.at, dot - 1});
    } else if (begin != NULL && begin[-1] == '@') {
        start(completion, (struct span){begin, word.end}, '\0');
        sources->caps(completion);
    } else if (begin == NULL) {
        start(completion, word, '=');
        sources->arguments(completion, typed->second);
    }
}

void complete_line(const struct complete_sources *sources, const char *line,
                   uint32_t cursor, struct completion *completion)
{
    struct typed typed;

    cut(line, cursor, &typed);
    if (typed.count == 0) {
        start(completion, typed.last, ' ');
        sources->commands(completion);
    } else if (is(typed.first, "run") || is(typed.first, "spawn")) {
        complete_program(sources, &typed, completion);
    } else if (is(typed.first, "call")) {
        complete_call(sources, &typed, completion);
    } else if ((is(typed.first, "methods") || is(typed.first, "ledger")) &&
               typed.count == 1) {
        start(completion, typed.last, ' ');
        sources->caps(completion);
    } else if (is(typed.first, "release") && typed.count == 1) {
        start(completion, typed.last, ' ');
        sources->kept(completion);
    } else if ((is(typed.first, "restart") || is(typed.first, "stop")) &&
               typed.count == 1) {
        start(completion, typed.last, ' ');
        sources->services(completion);
    }
}
