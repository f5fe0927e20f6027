/* shrink.c - delta debugging of programs (shrink.h). */
#include "shrink.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static struct program candidate;
static const struct failure *wanted;

void failure_read(struct failure *failure, FILE *said)
{
    char line[sizeof(failure->text)] = "";
    char *to = failure->text;

    rewind(said);
    (void)!fgets(line, sizeof(line), said);
    for (const char *from = line; *from && *from != '\n';) {
        if (isdigit((unsigned char)*from)) {
            *to++ = '#';
            while (isalnum((unsigned char)*from)) {
                from++;
            }
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
}

/* As the whole program did: by cutting it another failure can come about. */
static bool fails(void)
{
    FILE *said = tmpfile();
    struct failure seen;
    bool good;

    if (!said) {
        perror("tmpfile");
        exit(70);
    }
    good = run_program(&candidate, false, said);
    failure_read(&seen, said);
    fclose(said);
    return !good && strcmp(seen.text, wanted->text) == 0;
}

/* Tries to do without count operations from start on. */
static bool leave_out(struct program *program, uint32_t start, uint32_t count)
{
    candidate.count = program->count - count;
    memcpy(candidate.ops, program->ops, start * sizeof(struct op));
    memcpy(candidate.ops + start, program->ops + start + count,
           (candidate.count - start) * sizeof(struct op));
    if (!fails()) {
        return false;
    }
    program->count = candidate.count;
    memcpy(program->ops, candidate.ops, candidate.count * sizeof(struct op));
    return true;
}

/* One pass with parts of that size; true if something could be left out. */
static bool pass(struct program *program, uint32_t size)
{
    bool shorter = false;
    uint32_t start = 0;

    while (start < program->count) {
        uint32_t count =
            program->count - start < size ? program->count - start : size;

        if (leave_out(program, start, count)) {
            shorter = true;
        } else {
            start += count;
        }
    }
    return shorter;
}

/* Makes the byte 0 if the program fails all the same. */
static void flatten(struct program *program, uint8_t *byte)
{
    uint8_t old = *byte;

    if (old) {
        *byte = 0;
        candidate = *program;
        if (!fails()) {
            *byte = old;
        }
    }
}

void shrink(struct program *program, const struct failure *failure)
{
    uint32_t size = program->count / 2;

    wanted = failure;
    candidate.seed = program->seed;
    while (size) {
        if (!pass(program, size) || size > 1) {
            size /= 2;
        }
    }
    for (uint32_t i = 0; i < program->count; i++) {
        struct op *op = &program->ops[i];

        flatten(program, &op->a);
        flatten(program, &op->b);
        flatten(program, &op->c);
        flatten(program, &op->d);
    }
}
