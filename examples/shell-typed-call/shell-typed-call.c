/*
 * shell-typed-call - a program that is the terminal of a shell.
 *
 * The shell needs a Console; it cannot tell, and need not know, whether that is
 * the machine's terminal. Here it is a facet of this program's own endpoint: what
 * the shell reads are the lines of a script, what it writes is recorded. A second
 * facet of the same endpoint offers Echo, so the shell can call this program
 * while this program types to it. The shell gets what it is granted and nothing
 * else: without "power" its shutdown can only apologize.
 *
 * Each line of the script says what its answer must contain. At the end the
 * whole conversation is printed.
 */
#include "capos.h"
#include "serve.h"
#include "spawn.h"

#include "capos.server.gen.h"
#include "../ipc-server/echo.h"

#define TRANSCRIPT_BYTES 16384u
#define LINE_BYTES_MAX 256u

enum facet_tag {
    TAG_CONSOLE = 1,
    TAG_ECHO = 2,
};

struct step {
    const char *typed; /* without its line end */
    const char *answer; /* follows in the transcript, after the answer before */
};

static const struct step script[] = {
    {"methods frames", "allocate(pages :UInt32) -> (memory :MemoryObject)"},
    {"call frames.allocate 4", "MemoryObject>, kept as memory\n"},
    {"call memory.size", "bytes = 16384\n"},
    {"call memory.share readOnly=true", "kept as memory2\n"},
    {"call memory2.map pages=1 protection=readWrite", "kind = invalidArg"},
    {"call memory.map 0 0 protection=readOnly", "no Protection; write none or"},
    {"call frames.alocate 4", "did you mean allocate?"},
    {"call frames.allocate many", "many is no UInt32; write a number from 0"},
    {"call frames.allocate 0", "detail = ERR_INVALID"},
    {"call echo.add 40 b=2", "sum = 42\n"},
    {"call echo.reverse \"a \\\"b\\\", c\"", "text = \"c ,\\\"b\\\" a\"\n"},
    {"call echo.fail overloaded", "kind = overloaded\n"},
    {"cal\tech\trev\tdesserts", "call echo.reverse desserts\ntext = \"stress"},
    {"\033[A", "call echo.reverse desserts\ntext = \"stressed\"\n"},
    {"call package.open hello", "kept as memory3\n"},
    {"call spawner.spawn (image=@memory3 name=mute args=\"mute\\0\")",
     "ProcessHandle>, kept as process\n"},
    {"call process.wait", "how = exited\ncode = 1\n"},
    {"run hello with spare=memory2", "Hello from a capability OS\n"},
    {"release memory", "released memory\n"},
    {"call memory.size", "there is no capability \"memory\""},
    {"call timer.sleep 3600000000000", ""},
    {"\003", "ERR_CANCELLED"}, /* Ctrl-C while it sleeps */
    {"top 1", "shell\n"},
    {"shutdown", "no capability \"power\""},
};

#define STEPS (sizeof(script) / sizeof(script[0]))

static char transcript[TRANSCRIPT_BYTES];
static uint32_t transcript_bytes;
static uint32_t step;

static int32_t console_record(void *self, struct server_call *call,
                              struct console_write_params_reader params,
                              struct console_write_results_builder results)
{
    struct wire_data data = console_write_params_get_data(params);

    (void)self;
    (void)results;
    if (data.length >= TRANSCRIPT_BYTES - transcript_bytes) {
        return server_raise(call, CAP_EXCEPTION_KIND_FAILED, ERR_TOO_LARGE,
                            "the transcript is full");
    }
    __builtin_memcpy(transcript + transcript_bytes, data.bytes, data.length);
    transcript_bytes += data.length;
    return 0;
}

/* Every read gets one line; behind the last one there is the end of input. */
static int32_t console_type(void *self, struct server_call *call,
                            struct console_read_params_reader params,
                            struct console_read_results_builder results)
{
    char line[LINE_BYTES_MAX];
    size_t length = 0;

    (void)self;
    if (step < STEPS) {
        length = fmt_format(line, sizeof(line), "%s%s", script[step].typed,
                            script[step].typed[0] == '\003' ? "" : "\n");
        step++;
    }
    if (length > console_read_params_get_max(params)) {
        return server_raise(call, CAP_EXCEPTION_KIND_INVALID_ARGUMENT,
                            ERR_TOO_LARGE, "a line of the script is longer");
    }
    console_read_results_set_data(
        results, (struct wire_data){(const uint8_t *)line, (uint32_t)length});
    return 0;
}

/* One endpoint, two interfaces: the tag says through which facet a call came. */
static int32_t handle(void *self, struct server_call *call)
{
    static const struct console_server console = {.write = console_record,
                                                  .read = console_type};

    return call->tag == TAG_CONSOLE ? console_dispatch(&console, self, call)
                                    : echo_handle(self, call);
}

static bool shell_ended;

static void note_end(struct rpc *rpc)
{
    (void)rpc;
    shell_ended = true;
}

static bool shell_start(uint64_t endpoint, struct spawned *shell)
{
    static const char *const passed[] = {"timer", "frames", "spawner",
                                         "package", "system"};
    struct spawn_grant grants[2 + sizeof(passed) / sizeof(passed[0])];
    struct spawn spawn = {.program = "shell", .grants = grants};
    CAP_AUTO console = CAP_NONE;
    CAP_AUTO echo = CAP_NONE;

    if (!check(endpoint_mint(rt(), endpoint, TAG_CONSOLE, CONSOLE_INTERFACE_ID,
                             0, false, &console) == 0 &&
                   endpoint_mint(rt(), endpoint, TAG_ECHO, ECHO_INTERFACE_ID,
                                 0, false, &echo) == 0,
               "a Console and an Echo of this program's own")) {
        return false;
    }
    grants[spawn.grant_count++] = (struct spawn_grant){"console", console};
    grants[spawn.grant_count++] = (struct spawn_grant){"echo", echo};
    for (uint32_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
        grants[spawn.grant_count++] =
            (struct spawn_grant){passed[i], capset_need(passed[i], 0)};
    }
    return check(capos_spawn(&spawn, shell, NULL) == 0,
                 "a shell started, with these and five more");
}

/* Serves the shell until it has ended. */
static void converse(uint64_t endpoint, const struct spawned *shell)
{
    const struct serve_options options = {.until = &shell_ended};
    struct rpc wait = {.complete = note_end};
    struct spawn_end end = {EXIT_KIND_KILLED, 0, 0};
    int32_t status = process_handle_wait_submit(rt(), &wait, shell->process);

    if (status >= 0) {
        status = capos_serve(endpoint, handle, NULL, &options);
    }
    if (status >= 0) {
        status = process_handle_wait_finish(&wait, &end.how, &end.code,
                                            &end.address);
    }
    cap_release(shell->process);
    check(status >= 0 && end.how == EXIT_KIND_EXITED && end.code == 0,
          "the shell ended by itself when there was no more to read");
}

static void transcript_print(void)
{
    const char *line = transcript;

    for (uint32_t i = 0; i < transcript_bytes; i++) {
        if (transcript[i] == '\n') {
            con_print("  | %.*s\n", (int)(transcript + i - line), line);
            line = transcript + i + 1;
        }
    }
}

/* Where the part ends in the transcript, from a place on; 0: nowhere. */
static uint32_t find(uint32_t from, const char *part)
{
    uint32_t length = (uint32_t)text_length(part);

    for (; from + length <= transcript_bytes; from++) {
        if (bytes_equal(transcript + from, part, length)) {
            return from + length;
        }
    }
    return 0;
}

/* In their order; when a line is read says little, the shell reads ahead. */
static void answers_check(void)
{
    uint32_t from = 0;
    uint32_t good = 0;

    check(step == STEPS, "all %u lines were read", (uint32_t)STEPS);
    for (uint32_t i = 0; i < STEPS; i++) {
        uint32_t end = find(from, script[i].answer);

        if (end > 0 || script[i].answer[0] == '\0') {
            from = end > 0 ? end : from;
            good++;
        } else {
            check(false, "\"%s\" is answered with \"%s\"", script[i].typed,
                  script[i].answer);
        }
    }
    check(good == STEPS, "all %u answers say what they must", (uint32_t)STEPS);
}

int main(void)
{
    uint64_t endpoints =
        capset_need("endpoints", ENDPOINT_FACTORY_INTERFACE_ID);
    CAP_AUTO endpoint = CAP_NONE;
    struct spawned shell;

    if (!check(endpoint_factory_create(rt(), endpoints, &endpoint) == 0,
               "an endpoint") ||
        !shell_start(endpoint, &shell)) {
        return check_status();
    }
    converse(endpoint, &shell);
    transcript_print();
    answers_check();
    return check_status();
}
