/*
 * wire_agree_test.c - the wire code agrees with the real capnp, on thousands
 * of random messages, in both directions.
 *
 * Ours to theirs: messages built with generated builders go through "capnp
 * decode"; its text must equal what the schema tables print of the same bytes.
 * Theirs to ours: that text goes through "capnp encode", in segments of a few
 * words, so that nearly every pointer is a far one; read back through our
 * framed reader it must print the same text, and its canonical copy must equal
 * that of our own message. Canonical copies are held against "capnp convert
 * binary:canonical" besides.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capnp/copy.h"
#include "check_run.h"
#include "wire_fill.h"
#include "wire_random.schema.gen.h"
#include "wire_text.h"

#define MESSAGES 2500u
#define MESSAGE_BYTES (1u << 18)
#define SEGMENTS 4096u

static char folder[] = "/tmp/wire_agree_XXXXXX";
static const struct schema_struct *type;
static uint64_t buffer[MESSAGE_BYTES / 8];

static FILE *open_file(const char *name, const char *mode)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, mode);
    ck_assert_msg(file != NULL, "%s", path);
    return file;
}

/* Runs capnp with files of the folder as its standard input and output. */
static void run_capnp(const char *arguments, const char *in, const char *out)
{
    const char *srcdir = getenv("srcdir");
    char command[1024];

    snprintf(command, sizeof(command),
             "capnp %s '%s/tests/unit/wire_random.capnp' Everything"
             " <%s/%s >%s/%s",
             arguments, srcdir ? srcdir : ".", folder, in, folder, out);
    ck_assert_msg(system(command) == 0, "%s", command);
}

static void setup(void)
{
    ck_assert(mkdtemp(folder) != NULL);
    type = schema_find_struct(&wire_random_schema, WIRE_TEXT("Everything"));
    ck_assert(type != NULL);
}

static void teardown(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

/* A file of the folder in memory, 8-aligned; the caller frees it. */
static char *load(const char *name, size_t *size_bytes)
{
    FILE *file = open_file(name, "rb");
    struct stat info;
    char *bytes;

    ck_assert_int_eq(fstat(fileno(file), &info), 0);
    *size_bytes = (size_t)info.st_size;
    bytes = malloc(*size_bytes + 8);
    ck_assert(bytes != NULL);
    ck_assert_uint_eq(fread(bytes, 1, *size_bytes, file), *size_bytes);
    bytes[*size_bytes] = 0;
    fclose(file);
    return bytes;
}

static void same_files(const char *first, const char *second)
{
    size_t sizes[2];
    char *texts[2] = {load(first, &sizes[0]), load(second, &sizes[1])};
    char *lines[2] = {texts[0], texts[1]};
    char *rest[2];

    if (sizes[0] != sizes[1] || memcmp(texts[0], texts[1], sizes[0]) != 0) {
        for (unsigned line = 1; lines[0] || lines[1]; line++) {
            for (int i = 0; i < 2; i++) {
                lines[i] = strtok_r(line == 1 ? texts[i] : NULL, "\n",
                                    &rest[i]);
            }
            ck_assert_msg(lines[0] && lines[1] &&
                              strcmp(lines[0], lines[1]) == 0,
                          "%s and %s differ in line %u:\n%s\n%s", first,
                          second, line, lines[0], lines[1]);
        }
    }
    free(texts[0]);
    free(texts[1]);
}

/* Builds one random message; returns its bytes. */
static size_t build(struct wire_dice *dice, struct wire_builder *builder)
{
    int32_t bytes;

    wire_builder_init(builder, buffer, sizeof(buffer));
    wire_fill_everything(dice, everything_build(builder),
                         (int)(wire_dice_next(dice) % 3));
    bytes = wire_builder_bytes(builder);
    ck_assert_int_gt(bytes, 0);
    return (size_t)bytes;
}

static void read_and_print(FILE *text, struct wire_message *message)
{
    struct wire_struct root = wire_root(message);

    wire_text_dump(text, &wire_random_schema, type, root);
    fputc('\n', text);
    ck_assert(schema_check(&wire_random_schema, type, root));
    ck_assert(!wire_message_error(message));
}

/* Writes the messages of a seed as a stream and as our text. */
static void write_messages(uint64_t seed, unsigned count)
{
    struct wire_dice dice = {seed};
    FILE *stream = open_file("ours.bin", "wb");
    FILE *text = open_file("ours.txt", "w");

    for (unsigned i = 0; i < count; i++) {
        struct wire_builder builder;
        struct wire_message message;
        size_t bytes = build(&dice, &builder);
        uint64_t frame = wire_builder_frame(&builder);

        ck_assert_uint_eq(fwrite(&frame, 8, 1, stream), 1);
        ck_assert_uint_eq(fwrite(buffer, bytes, 1, stream), 1);
        ck_assert_int_eq(wire_message_init(&message, buffer, bytes), 0);
        read_and_print(text, &message);
    }
    fclose(stream);
    fclose(text);
}

START_TEST(ours_to_theirs)
{
    write_messages(0x5eed0001, MESSAGES);
    run_capnp("convert --quiet --short binary:text", "ours.bin", "theirs.txt");
    same_files("ours.txt", "theirs.txt");
}
END_TEST

/* Canonical bytes of a struct, in memory that the caller frees. */
static int32_t canonical(struct wire_struct root, uint64_t **copy)
{
    struct wire_builder builder;
    int32_t bytes;

    *copy = malloc(MESSAGE_BYTES);
    ck_assert(*copy != NULL);
    wire_builder_init(&builder, *copy, MESSAGE_BYTES);
    bytes = wire_copy(root, &builder);
    ck_assert_int_gt(bytes, 0);
    return bytes;
}

/* Holds the canonical form of their message against that of ours. */
static void same_canonical(struct wire_dice *dice, struct wire_message *theirs)
{
    struct wire_builder builder;
    struct wire_message ours;
    uint64_t *copies[2];
    int32_t bytes[2];

    ck_assert_int_eq(wire_message_init(&ours, buffer, build(dice, &builder)),
                     0);
    bytes[0] = canonical(wire_root(&ours), &copies[0]);
    bytes[1] = canonical(wire_root(theirs), &copies[1]);
    ck_assert_int_eq(bytes[0], bytes[1]);
    ck_assert_mem_eq(copies[0], copies[1], (size_t)bytes[0]);
    free(copies[0]);
    free(copies[1]);
}

static void their_messages(const char *options, uint64_t seed, unsigned count)
{
    static struct wire_segment table[SEGMENTS];
    struct wire_dice dice = {seed};
    FILE *text;
    uint32_t most = 0;
    size_t size;
    size_t used;
    char *stream;

    write_messages(seed, count);
    run_capnp(options, "ours.txt", "theirs.bin");
    stream = load("theirs.bin", &size);
    text = open_file("read.txt", "w");
    for (char *at = stream; size; at += used, size -= used) {
        struct wire_message message;

        ck_assert_int_eq(wire_message_init_framed(&message, table, SEGMENTS,
                                                  at, size, &used),
                         0);
        read_and_print(text, &message);
        same_canonical(&dice, &message);
        most = message.segments > most ? message.segments : most;
    }
    fclose(text);
    free(stream);
    same_files("ours.txt", "read.txt");
    ck_assert_uint_gt(most, 10);
}

START_TEST(theirs_to_ours)
{
    their_messages("encode --segment-size=1", 0x5eed0002, MESSAGES / 2);
    their_messages("encode --segment-size=30", 0x5eed0003, MESSAGES / 2);
}
END_TEST

/* Damaged messages in many segments: every walk must end, inside them. */
START_TEST(damaged_segments)
{
    static struct wire_segment table[SEGMENTS];
    struct wire_dice dice = {0x5eed0d5e};
    size_t size;
    size_t used;
    char *stream;

    write_messages(0x5eed0004, 40);
    run_capnp("encode --segment-size=1", "ours.txt", "theirs.bin");
    stream = load("theirs.bin", &size);
    for (char *at = stream; size; at += used, size -= used) {
        struct wire_message message;

        ck_assert_int_eq(wire_message_init_framed(&message, table, SEGMENTS,
                                                  at, size, &used),
                         0);
        for (int k = 0; k < 50; k++) {
            uint64_t *copy = malloc(used);
            size_t part = k % 3 ? used : wire_dice_next(&dice) % used;
            struct wire_builder builder;

            memcpy(copy, at, used);
            for (uint64_t flips = wire_dice_next(&dice) % 6; flips; flips--) {
                copy[wire_dice_next(&dice) % (used / 8)] ^=
                    1ull << wire_dice_next(&dice) % 64;
            }
            if (wire_message_init_framed(&message, table, SEGMENTS, copy, part,
                                         &part) == 0) {
                schema_check(&wire_random_schema, type, wire_root(&message));
                wire_builder_init(&builder, buffer, sizeof(buffer));
                wire_copy(wire_root(&message), &builder);
            }
            free(copy);
        }
    }
    free(stream);
}
END_TEST

START_TEST(canonical_form)
{
    for (unsigned i = 0; i < 20; i++) {
        struct wire_message message;
        uint64_t *copy;
        int32_t bytes;
        size_t size;
        size_t used;
        char *theirs;
        char *ours;

        write_messages(0x5eed0100 + i, 1);
        run_capnp("convert --quiet binary:canonical", "ours.bin",
                  "theirs.bin");
        theirs = load("theirs.bin", &size);
        ours = load("ours.bin", &used);
        ck_assert_int_eq(wire_message_init_framed(&message, NULL, 0, ours,
                                                  used, &used),
                         0);
        bytes = canonical(wire_root(&message), &copy);
        ck_assert_uint_eq((size_t)bytes, size);
        ck_assert_mem_eq(copy, theirs, size);
        free(copy);
        free(theirs);
        free(ours);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("wire_agree");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, ours_to_theirs);
    tcase_add_test(tcase, theirs_to_ours);
    tcase_add_test(tcase, damaged_segments);
    tcase_add_test(tcase, canonical_form);
    return check_run_case("wire_agree", tcase, CHECK_TIMEOUT_S);
}
