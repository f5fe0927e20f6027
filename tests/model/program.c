/* program.c - making, writing and reading programs (program.h). */
#include "program.h"

#include <string.h>

static const struct {
    const char *name;
    uint32_t share;
} kinds[OP_KINDS] = {
#define PROGRAM_ROW(kind, name, share) {name, share},
    PROGRAM_OPS(PROGRAM_ROW)
#undef PROGRAM_ROW
};

uint32_t program_any(uint64_t *state, uint32_t below)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((*state >> 33) % below);
}

static uint8_t any_kind(uint64_t *state)
{
    uint32_t total = 0;
    uint32_t chosen;
    uint8_t kind = 0;

    for (uint32_t i = 0; i < OP_KINDS; i++) {
        total += kinds[i].share;
    }
    chosen = program_any(state, total);
    while (chosen >= kinds[kind].share) {
        chosen -= kinds[kind++].share;
    }
    return kind;
}

void program_random(struct program *program, uint64_t seed, uint32_t count)
{
    uint64_t state = seed * 0x9e3779b97f4a7c15ull + 1;
    uint8_t actor = 0;

    program->seed = seed;
    program->count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct op *op = &program->ops[i];

        if (program_any(&state, 3) == 0) { /* few changes: they cost time */
            actor = (uint8_t)program_any(&state, 256);
        }
        op->kind = any_kind(&state);
        op->actor = actor;
        op->a = (uint8_t)program_any(&state, 256);
        op->b = (uint8_t)program_any(&state, 256);
        op->c = (uint8_t)program_any(&state, 256);
        op->d = (uint8_t)program_any(&state, 256);
        op->seed = program_any(&state, 1u << 30);
    }
}

void program_print(const struct program *program, FILE *to)
{
    for (uint32_t i = 0; i < program->count; i++) {
        const struct op *op = &program->ops[i];

        fprintf(to, "%s %u %u %u %u %u %u\n", kinds[op->kind].name, op->actor,
                op->a, op->b, op->c, op->d, op->seed);
    }
}

static bool op_parse(struct op *op, const char *text)
{
    unsigned actor, a, b, c, d, seed;
    char name[16];

    if (sscanf(text, "%15s %u %u %u %u %u %u", name, &actor, &a, &b, &c, &d,
               &seed) != 7) {
        return false;
    }
    for (uint8_t kind = 0; kind < OP_KINDS; kind++) {
        if (strcmp(name, kinds[kind].name) == 0) {
            *op = (struct op){kind, (uint8_t)actor, (uint8_t)a, (uint8_t)b,
                              (uint8_t)c, (uint8_t)d, seed};
            return true;
        }
    }
    return false;
}

bool program_parse(struct program *program, FILE *from, uint32_t *line)
{
    char text[128];

    program->count = 0;
    program->seed = 0;
    for (*line = 1; fgets(text, sizeof(text), from); (*line)++) {
        if (text[0] == '#' || text[0] == '\n') {
            continue;
        }
        if (program->count == PROGRAM_MAX ||
            !op_parse(&program->ops[program->count++], text)) {
            return false;
        }
    }
    return true;
}
