/*
 * shell_value_test.c - what is typed behind call becomes a message, and a message
 * becomes text again: by the tables of a schema that has every kind of field.
 */
#include <stdio.h>
#include <string.h>

#include "check_run.h"
#include "signature.h"
#include "value_build.h"
#include "value_print.h"
#include "wire_random.schema.gen.h"

#define TEXT_BYTES 16384u

static uint64_t memory[2048];
static char text[TEXT_BYTES];
static size_t text_used;

static void text_write(void *context, const char *bytes, uint32_t size)
{
    ck_assert_ptr_eq(context, text);
    ck_assert_uint_lt(text_used + size, sizeof(text));
    memcpy(text + text_used, bytes, size);
    text_used += size;
    text[text_used] = '\0';
}

static void text_start(struct printer *printer)
{
    text_used = 0;
    text[0] = '\0';
    printer_init(printer, text_write, text);
}

static uint64_t cap_find(struct span name)
{
    return name.end - name.at == 3 && memcmp(name.at, "tty", 3) == 0
               ? 0x500000007ull
               : 0;
}

static void cap_print(struct value_printer *values,
                      const struct schema_field *field, uint32_t index)
{
    printer_add(values->printer, "<%s %u>", field->name, index);
}

static const struct schema_struct *type_of(const char *name)
{
    const struct schema_struct *type = schema_find_struct(
        &wire_random_schema,
        (struct wire_text){name, (uint32_t)strlen(name)});

    ck_assert_ptr_nonnull(type);
    return type;
}

static struct value_builder builder;

/* Builds a message; its bytes, or -1 and builder.error. */
static int32_t build(const char *name, const char *typed)
{
    const struct schema_struct *type = type_of(name);
    struct wire_builder wire;

    builder.schema = &wire_random_schema;
    builder.cap_find = cap_find;
    builder.error[0] = '\0';
    wire_builder_init(&wire, memory, sizeof(memory));
    if (!value_build(&builder, type,
                     (struct span){typed, typed + strlen(typed)},
                     wire_builder_root(&wire, type->data_words,
                                       type->pointers))) {
        ck_assert_str_ne(builder.error, "");
        return -1;
    }
    return wire_builder_bytes(&wire);
}

static const char *print(const char *name, int32_t bytes)
{
    const struct schema_struct *type = type_of(name);
    struct printer printer;
    struct value_printer values = {.printer = &printer,
                                   .schema = &wire_random_schema,
                                   .cap_print = cap_print};
    struct wire_message message;

    text_start(&printer);
    ck_assert_int_eq(
        wire_message_init(&message, memory, (uint32_t)bytes), 0);
    value_print(&values, type, wire_root(&message), 0);
    printer_flush(&printer);
    ck_assert(!wire_message_error(&message));
    ck_assert_int_eq(
        wire_message_init(&message, memory, (uint32_t)bytes), 0);
    ck_assert(schema_check(&wire_random_schema, type, wire_root(&message)));
    return text;
}

struct good {
    const char *type;
    const char *typed;
    const char *printed; /* a part of what is printed */
};

static const struct good goods[] = {
    {"Everything", "true -128 -32768 -2147483648 -9223372036854775808",
     "flag = true\nint8 = -128\nint16 = -32768\nint32 = -2147483648\nint64 = "
     "-9223372036854775808\n"},
    {"Everything",
     "uint8=255 uint16=65535, uint32=0xffffffff, uint64=18446744073709551615",
     "uint8 = 255\nuint16 = 65535\nuint32 = 4294967295\nuint64 = "
     "18446744073709551615 (0xffffffffffffffff)\n"},
    {"Everything", "uint64=@tty", "uint64 = 21474836487 (0x500000007)\n"},
    {"Everything", "text=word", "text = \"word\"\n"},
    {"Everything", "text=\"a b\\t\\\"\\x07\\\\,)\"",
     "text = \"a b\\t\\\"\\x07\\\\,)\"\n"},
    {"Everything", "text=\"\"", "text = \"\"\n"},
    {"Everything", "data=00ff7F", "data = 0x00ff7f\n"},
    {"Everything", "data=0x0001", "data = 0x0001\n"},
    {"Everything", "data=\"plain\\n\"", "data = \"plain\\n\"\n"},
    {"Everything", "colour=darkBlue", "colour = darkBlue\n"},
    {"Everything", "child=(uint8=1 child=(uint8=2))", "uint8 = 2"},
    {"Everything", "voids=[void void]", "voids = [void, void]\n"},
    {"Everything", "flags=[true, false, true]",
     "flags = [true, false, true]\n"},
    {"Everything", "int8s=[-1 2 -3]", "int8s = [-1, 2, -3]\n"},
    {"Everything", "int64s=[]", "int64s = []\n"},
    {"Everything", "uint16s=[1,2,3]", "uint16s = [1, 2, 3]\n"},
    {"Everything", "texts=[a \"b c\" \"]\"]",
     "texts = [\"a\", \"b c\", \"]\"]\n"},
    {"Everything", "datas=[00 \"x\"]", "datas = [0x00, \"x\"]\n"},
    {"Everything", "colours=[red darkBlue]", "colours = [red, darkBlue]\n"},
    {"Everything", "children=[(int8=1) (int8=2, text=x)]",
     "children = [\n  (flag = false, int8 = 1,"},
    {"Everything", "matrix=[[1 2] [] [3]]", "matrix = [[1, 2], [], [3]]\n"},
    {"Everything", "cube=[[[true] [false]] []]",
     "cube = [[[true], [false]], []]\n"},
    {"Everything", "rows=[[() (int8=1)]]",
     "int16 = -700, int32 = -70000, int64 = -7000000000, uint8 = 7"},
    {"Everything", "empties=[() ()]", "empties = [\n  ()\n  ()\n]\n"},
    {"Defaults", "", "flag = true\nint8 = -7\nint16 = -700\n"},
    {"Defaults", "", "text = \"a \\\"default\\\"\\n\"\ndata = 0x0001fe\n"},
    {"Defaults", "false 0 colour=red", "flag = false\nint8 = 0\n"},
    {"Defaults", "false 0 colour=red", "colour = red\n"},
    {"Choice", "number=-5", "before = 0\nnumber = -5\n"},
    {"Choice", "7 words=yes", "before = 7\nwords = \"yes\"\n"},
    {"Choice", "pair=(3 right=\"r\")", "pair = (left = 3, right = \"r\")\n"},
    {"Choice", "nothing=void", "nothing = void\n"},
    {"Choice", "place=(1 2 unit=(foot=3))",
     "place = (x = 1, y = 2, unit = (foot = 3))\n"},
    {"Choice", "other=(bit=true)", "other = (before = 0, bit = true"},
};

START_TEST(test_shell_value_good)
{
    for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
        int32_t bytes = build(goods[i].type, goods[i].typed);

        ck_assert_msg(bytes >= 0, "%s: %s", goods[i].typed, builder.error);
        print(goods[i].type, bytes);
        ck_assert_msg(strstr(text, goods[i].printed) != NULL,
                      "%s\nexpected: %s\nprinted: %s", goods[i].typed,
                      goods[i].printed, text);
    }
}
END_TEST

struct bad {
    const char *typed;
    const char *error;
};

static const struct bad bads[] = {
    {"maybe", "flag: maybe is no Bool; write true or false"},
    {"int8=128", "int8: 128 is no Int8; write a number from -128 to 127"},
    {"int8=-129", "int8: -129 is no Int8; write a number from -128 to 127"},
    {"uint8=-1", "uint8: -1 is no UInt8; write a number from 0 to 255"},
    {"uint16=65536", "uint16: 65536 is no UInt16; write a number from 0 to "
     "65535"},
    {"uint32=4x", "uint32: 4x is no UInt32; write a number from 0 to "
     "4294967295"},
    {"uint32=0x", "uint32: 0x is no UInt32; write a number from 0 to "
     "4294967295"},
    {"uint64=18446744073709551616",
     "uint64: 18446744073709551616 is no UInt64; write a number from 0 to "
     "18446744073709551615, or @NAME for a capability's id"},
    {"uint64=@who", "uint64: @who is no UInt64; there is no capability of that "
     "name (see caps)"},
    {"int64=9223372036854775808", "int64: 9223372036854775808 is no Int64; "
     "write a number from -9223372036854775808 to 9223372036854775807"},
    {"colour=gren", "colour: gren is no Colour; did you mean green?"},
    {"colour=xyzzy",
     "colour: xyzzy is no Colour; write red or green or darkBlue"},
    {"data=abc", "data: abc is no Data; write pairs of hexadecimal digits, or "
     "\"TEXT\""},
    {"text=[a]", "text: [a] is no Text; write a word or \"TEXT\""},
    {"text=\"\\q\"", "text: \"\\q\" is no Text; a \\ is followed by n, t, r, 0, "
     "\", \\ or xHH"},
    {"text=\"\\x4\"", "text: \"\\x4\" is no Text; a \\ is followed by n, t, r, "
     "0, \", \\ or xHH"},
    {"text=\"open", "a \" is not closed"},
    {"int8s=[1", "a bracket is not closed"},
    {"int8s=[1)", "brackets do not match"},
    {"int8s=1", "int8s: 1 is no List(Int8); write [VALUE, ...]"},
    {"int8s=[x]", "int8s: x is no Int8; write a number from -128 to 127"},
    {"matrix=[1]", "matrix: 1 is no List(Int32); write [VALUE, ...]"},
    {"child=5", "child: 5 is no Everything; write (NAME=VALUE, ...)"},
    {"children=[5]", "children: 5 is no Everything; write (NAME=VALUE, ...)"},
    {"float32=1.5",
     "float32: 1.5 is no Float32; the shell cannot write values of that type"},
    {"txt=a", "there is no argument txt; did you mean text?"},
    {"zzzzz=a", "there is no argument zzzzz"},
    {"text=a text=b", "the argument text is given twice"},
    {"true flag=false", "the argument flag is given twice"},
    {"text=", "there is no value behind a ="},
    {"text= x", "there is no value behind a ="},
    {"true]", "a blank or comma is missing between two values"},
    {"]", "a bracket is closed that was not opened"},
    {"\"a\"b", "a blank or comma is missing between two values"},
    {"cube=[[[[[[[[[[1]]]]]]]]]]", "too many brackets in brackets"},
    {"choice=(number=1 bit=true)",
     "number and bit exclude each other; give one of them"},
    {"choice=(1 2)", "place: 2 is no Choice.place; write (NAME=VALUE, ...)"},
};

START_TEST(test_shell_value_bad)
{
    for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
        ck_assert_int_eq(build("Everything", bads[i].typed), -1);
        ck_assert_str_eq(builder.error, bads[i].error);
    }
    ck_assert_int_eq(build("Narrow", "true 1 2"), -1);
    ck_assert_str_eq(builder.error, "2 is one argument too many");
}
END_TEST

/* The order of arguments does not matter to the layout. */
START_TEST(test_shell_value_order)
{
    uint64_t first[256];
    int32_t bytes = build("Everything", "text=a data=00 int8s=[1] child=()");

    ck_assert_int_gt(bytes, 0);
    ck_assert_uint_le((size_t)bytes, sizeof(first));
    memcpy(first, memory, (size_t)bytes);
    ck_assert_int_eq(build("Everything", "child=() int8s=[1] data=00 text=a"),
                     bytes);
    ck_assert_int_eq(memcmp(first, memory, (size_t)bytes), 0);
}
END_TEST

START_TEST(test_shell_value_inline)
{
    const struct schema_struct *type = type_of("Narrow");
    struct value_builder inlined = {.schema = &wire_random_schema,
                                    .cap_find = cap_find};
    const char *typed = "int8=-2 flag=true";
    uint64_t words[4];

    ck_assert(value_build(&inlined, type,
                          (struct span){typed, typed + strlen(typed)},
                          wire_builder_inline(words)));
    ck_assert_uint_eq(words[0], 0xfe01u);
    ck_assert_uint_eq(words[1] | words[2] | words[3], 0);
}
END_TEST

START_TEST(test_shell_value_too_large)
{
    static char typed[2 * sizeof(memory) + 16];

    memset(typed, 'x', sizeof(typed) - 1);
    memcpy(typed, "text=", 5);
    ck_assert_int_lt(build("Everything", typed), 0);
    ck_assert_str_eq(builder.error, "");
}
END_TEST

/* Whatever is typed: no harm, and what is accepted is well-formed. */
START_TEST(test_shell_value_noise)
{
    static const char *const pieces[] = {
        "(", ")", "[", "]", "\"", "\\", ",", " ", "=", "-", "0x", "1", "true",
        "child=", "text=", "data=", "int8s=", "matrix=", "choice=", "number=",
        "red", "@tty", "void", "children=[", "rows=[[", "\\x", "\377"};
    unsigned int state = 4711;
    int accepted = 0;

    for (int i = 0; i < 30000; i++) {
        char typed[160] = "";
        size_t used = 0;
        int32_t bytes;

        state = state * 1103515245u + 12345u;
        for (unsigned int n = state >> 16 & 15; n > 0; n--) {
            state = state * 1103515245u + 12345u;
            used += (size_t)snprintf(
                typed + used, sizeof(typed) - used, "%s",
                pieces[(state >> 16) % (sizeof(pieces) / sizeof(pieces[0]))]);
            ck_assert_uint_lt(used, sizeof(typed));
        }
        bytes = build("Everything", typed);
        if (bytes >= 0) {
            print("Everything", bytes);
            accepted++;
        }
    }
    ck_assert_int_gt(accepted, 100);
}
END_TEST

START_TEST(test_shell_value_signature)
{
    const struct schema_interface *caps = &wire_random_schema.interfaces[0];
    struct printer printer;
    const char *nearest;
    int32_t index = signature_find(caps, "report", 6, &nearest);

    ck_assert_int_eq(index, 3);
    text_start(&printer);
    signature_print(&printer, &wire_random_schema, &caps->methods[index]);
    printer_flush(&printer);
    ck_assert_str_eq(text, "report(count :UInt32) -> (a :UInt64, b :UInt64, "
                           "c :UInt64, d :UInt64, self :Caps, other :Caps)");
    ck_assert_int_eq(signature_find(caps, "repport", 7, &nearest), -1);
    ck_assert_str_eq(nearest, "report");
    ck_assert_int_eq(signature_find(caps, "rep", 3, &nearest), -1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_shell_value_good,      test_shell_value_bad,
        test_shell_value_order,     test_shell_value_inline,
        test_shell_value_too_large, test_shell_value_noise,
        test_shell_value_signature, NULL};

    return check_run("shell_value", tests);
}
