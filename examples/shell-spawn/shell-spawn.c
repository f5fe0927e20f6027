/*
 * shell-spawn - starting programs as the shell does.
 *
 * A child gets the capabilities that its parent names, under the names that the
 * parent chooses, and arguments. The parent waits and learns how it ended.
 * Errors name what is wrong: a program that is not there, a capability that the
 * parent does not hold, a name that is used twice.
 */
#include "capos.h"
#include "spawn.h"

static struct spawn_grant console_as(const char *name)
{
    return (struct spawn_grant){
        name, capset_find("console", CONSOLE_INTERFACE_ID)};
}

/* The child: prints its arguments on the console that it finds as "tty". */
static int child(int argc, char **argv)
{
    uint64_t memory[64];
    char line[128];
    uint64_t tty = capset_find("tty", CONSOLE_INTERFACE_ID);
    struct wire_data data = {(const uint8_t *)line, 0};
    struct rpc_buffer buffer;

    if (argc != 4 || !text_equal(argv[2], "two words") ||
        !text_equal(argv[3], "") || capset_find("console", 0) != CAP_NONE) {
        return 1;
    }
    data.length = (uint32_t)fmt_format(line, sizeof(line),
                                       "  child \"%s\" got \"%s\"\n", argv[0],
                                       argv[2]);
    rpc_buffer_init(&buffer, memory, sizeof(memory));
    return console_write(rt(), tty, data, &buffer) == 0 ? 7 : 2;
}

static void check_child(void)
{
    static const char *const args[] = {"child", "two words", ""};
    const struct spawn_grant grant = console_as("tty");
    const struct spawn spawn = {.program = "shell-spawn",
                                .name = "offspring",
                                .args = args,
                                .arg_count = 3,
                                .grants = &grant,
                                .grant_count = 1};
    struct spawned spawned;
    struct spawn_end end;
    char text[96];

    if (!check(capos_spawn(&spawn, &spawned, NULL) == 0 &&
                   spawn_wait(&spawned, &end) == 0,
               "child started, and waited for")) {
        return;
    }
    con_print("  it %s\n", spawn_end_text(&end, text, sizeof(text)));
    check(end.how == EXIT_KIND_EXITED && end.code == 7, "as it should");
}

static void check_hello(void)
{
    const struct spawn_grant grant = console_as("console");
    const struct spawn spawn = {
        .program = "hello", .grants = &grant, .grant_count = 1};
    struct spawned spawned;
    struct spawn_end end;

    check(capos_spawn(&spawn, &spawned, NULL) == 0 &&
              spawn_wait(&spawned, &end) == 0 &&
              end.how == EXIT_KIND_EXITED && end.code == 0,
          "hello ran with a console and nothing else");
}

static void check_errors(void)
{
    const struct spawn_grant twice[] = {console_as("a"), console_as("a")};
    const struct spawn_grant forged = {"a", 0x7700000077ull};
    struct spawn spawn = {.program = "no-such-program"};
    struct spawned spawned;

    check(capos_spawn(&spawn, &spawned, NULL) == ERR_NOT_FOUND,
          "a program that is not there: ERR_NOT_FOUND");
    spawn.program = "manifest";
    check(capos_spawn(&spawn, &spawned, NULL) == ERR_BAD_IMAGE,
          "a file that is no program: ERR_BAD_IMAGE");
    spawn.program = "hello";
    spawn.grants = twice;
    spawn.grant_count = 2;
    check(capos_spawn(&spawn, &spawned, NULL) < 0, "a name given twice");
    spawn.grants = &forged;
    spawn.grant_count = 1;
    check(capos_spawn(&spawn, &spawned, NULL) < 0, "a forged capability");
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        return child(argc, argv);
    }
    check_child();
    check_hello();
    check_errors();
    return check_status();
}
