/*
 * model_shrink_test.c - the model's shrinker: what is left of a program fails as
 * the whole one did, and not in a way that came about by cutting.
 */
#include "../model/shrink.h"

#include <stdlib.h>
#include <string.h>

#include "check_run.h"

#define LENGTH 500u
#define SHORT 9u /* operations: with fewer the stand-in has another failure */

static struct program program;

/* Stands in for the kernel: a kill after a spawn by the same actor is wrong. */
bool run_program(const struct program *tried, bool whole, FILE *said)
{
    bool spawned = false;

    ck_assert(!whole || tried->count == LENGTH);
    for (uint32_t i = 0; i < tried->count; i++) {
        const struct op *op = &tried->ops[i];

        if (op->kind == OP_SPAWN && op->a == 7) {
            spawned = true;
        } else if (op->kind == OP_KILL && spawned) {
            fprintf(said, "operation %u: process %u lives\nmore\n", i,
                    op->seed);
            return false;
        }
    }
    if (tried->count < SHORT) {
        fprintf(said, "the kernel has not checked itself\n");
        return false;
    }
    return true;
}

static void run_whole(struct failure *failure)
{
    FILE *said = tmpfile();

    ck_assert_ptr_nonnull(said);
    ck_assert(!run_program(&program, program.count == LENGTH, said));
    failure_read(failure, said);
    (void)fclose(said);
}

/* Operations that do nothing to the stand-in. */
static void fill(void)
{
    program_random(&program, 1, LENGTH);
    for (uint32_t i = 0; i < LENGTH; i++) {
        program.ops[i].kind = OP_RELEASE;
    }
}

START_TEST(test_same_failure)
{
    struct failure before;
    struct failure after;

    fill();
    program.ops[200].kind = OP_SPAWN;
    program.ops[200].a = 7;
    program.ops[333].kind = OP_KILL;
    run_whole(&before);
    ck_assert_str_eq(before.text, "operation #: process # lives");
    shrink(&program, &before);
    ck_assert_uint_eq(program.count, 2);
    ck_assert_uint_eq(program.ops[0].kind, OP_SPAWN);
    ck_assert_uint_eq(program.ops[0].a, 7);
    ck_assert_uint_eq(program.ops[0].b, 0);
    ck_assert_uint_eq(program.ops[1].kind, OP_KILL);
    ck_assert_uint_eq(program.ops[1].a, 0);
    run_whole(&after);
    ck_assert_str_eq(after.text, before.text);
}
END_TEST

/* Another failure than any part of the program has: nothing is left out. */
START_TEST(test_whole_only)
{
    const struct failure other = {"nothing says that"};

    fill();
    shrink(&program, &other);
    ck_assert_uint_eq(program.count, LENGTH);
}
END_TEST

static void read_text(struct failure *failure, const char *text)
{
    FILE *said = tmpfile();

    ck_assert_ptr_nonnull(said);
    fputs(text, said);
    failure_read(failure, said);
    (void)fclose(said);
}

START_TEST(test_read)
{
    struct failure failure;
    char text[1000];

    read_text(&failure, "");
    ck_assert_str_eq(failure.text, "");
    read_text(&failure, "slot 12 has 0x1fg, not a7; 3");
    ck_assert_str_eq(failure.text, "slot # has #, not a#; #");
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    read_text(&failure, text);
    ck_assert_uint_eq(strlen(failure.text), sizeof(failure.text) - 1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_same_failure, test_whole_only, test_read, NULL,
    };

    return check_run("model-shrink", tests);
}
