/*
 * program.h - random programs of capability operations.
 *
 * The operands of an operation are numbers that mean something only where it is
 * carried out: "the a-th capability that this process holds". So any part of a
 * program is a program too, which is what makes shrinking possible. As text an
 * operation is one line: its name, then its operands.
 */
#ifndef CAPOS_TESTS_MODEL_PROGRAM_H
#define CAPOS_TESTS_MODEL_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PROGRAM_MAX 4096u

/* name, how often of 1024 */
#define PROGRAM_OPS(X)                                                         \
    X(SPAWN, "spawn", 24)                                                      \
    X(EXIT, "exit", 5)                                                         \
    X(KILL, "kill", 12)                                                        \
    X(WAIT, "wait", 16)                                                        \
    X(RELEASE, "release", 130)                                                 \
    X(ENDPOINT, "endpoint", 36)                                                \
    X(MINT, "mint", 90)                                                        \
    X(CLOSE, "close", 16)                                                      \
    X(RECV, "recv", 90)                                                        \
    X(CALL, "call", 270)                                                       \
    X(RETURN, "return", 220)                                                   \
    X(CANCEL, "cancel", 30)                                                    \
    X(REVOKER, "revoker", 20)                                                  \
    X(ATTACH, "attach", 50)                                                    \
    X(REVOKE, "revoke", 15)

enum op_kind {
#define PROGRAM_KIND(kind, name, share) OP_##kind,
    PROGRAM_OPS(PROGRAM_KIND)
#undef PROGRAM_KIND
    OP_KINDS,
};

struct op {
    uint8_t kind; /* enum op_kind */
    uint8_t actor;
    uint8_t a, b, c, d;
    uint32_t seed; /* for what needs more operands */
};

struct program {
    uint64_t seed;
    uint32_t count;
    struct op ops[PROGRAM_MAX];
};

void program_random(struct program *program, uint64_t seed, uint32_t count);

void program_print(const struct program *program, FILE *to);
/* False: not a program; *line says where. */
bool program_parse(struct program *program, FILE *from, uint32_t *line);

/* A number below `below` of a sequence; steps the state. */
uint32_t program_any(uint64_t *state, uint32_t below);

#endif
