/*
 * start.c - where a program's first thread begins.
 *
 * The kernel jumps to _start with the address of the start block in rdi and the
 * stack as after a call, so plain C works from the first instruction. It does
 * not work before relocation wherever an initialised pointer would be read:
 * until relocate() has run, this file touches no such data, and calls nothing
 * outside itself.
 */
#include "start.h"

#include "process.h"
#include "ring_client.h"
#include "thread.h"

/* Exit codes of a program that could not be started. */
enum start_failure {
    START_BAD_BLOCK = 121,
    START_BAD_RELOCATION = 122,
    START_BAD_RING = 123,
};

/* What of ELF is needed to relocate oneself. */
struct start_dynamic {
    int64_t tag;
    uint64_t value;
};

struct start_rela {
    uint64_t offset;
    uint64_t info;
    uint64_t addend;
};

#define START_DT_NULL 0
#define START_DT_RELA 7
#define START_DT_RELASZ 8
#define START_R_RELATIVE 8u

extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const struct start_dynamic _DYNAMIC[]
    __attribute__((visibility("hidden")));

int main(int argc, char **argv);

static const struct start_block *start_saved;

const struct start_block *process_start(void)
{
    return start_saved;
}

void process_exit(int64_t code)
{
    gate_fn *gate = (gate_fn *)(uintptr_t)start_saved->gate;

    for (;;) {
        gate(GATE_EXIT, (uint64_t)code, 0);
    }
}

/* Adds the load address to every pointer that the linker left. */
static int relocate(void)
{
    uint64_t base = (uintptr_t)__ehdr_start;
    uint64_t table = 0;
    uint64_t bytes = 0;

    for (const struct start_dynamic *d = _DYNAMIC; d->tag != START_DT_NULL;
         d++) {
        if (d->tag == START_DT_RELA) {
            table = base + d->value;
        } else if (d->tag == START_DT_RELASZ) {
            bytes = d->value;
        }
    }
    for (uint64_t at = 0; at < bytes; at += sizeof(struct start_rela)) {
        const struct start_rela *rela =
            (const struct start_rela *)(uintptr_t)(table + at);

        if ((uint32_t)rela->info != START_R_RELATIVE) {
            return -1;
        }
        *(uint64_t *)(uintptr_t)(base + rela->offset) = base + rela->addend;
    }
    return 0;
}

/* The argument area holds NUL-terminated strings; what follows the last NUL is
 * no string and is left out. */
static int arguments_count(const struct start_block *block)
{
    const char *area = (const char *)(uintptr_t)block->args;
    int count = 0;

    for (uint64_t at = 0; at < block->args_len; at++) {
        count += area[at] == '\0';
    }
    return count;
}

static int run_main(const struct start_block *block)
{
    int argc = arguments_count(block);
    char *argv[argc + 1];
    char *next = (char *)(uintptr_t)block->args;

    for (int i = 0; i < argc; i++) {
        argv[i] = next;
        while (*next++ != '\0') {
        }
    }
    argv[argc] = NULL;
    return main(argc, argv);
}

__attribute__((used, noreturn)) void _start(const struct start_block *block);

void _start(const struct start_block *block)
{
    int relocated = relocate();

    start_saved = block;
    if (relocated < 0) {
        process_exit(START_BAD_RELOCATION);
    }
    if (block->magic != START_MAGIC ||
        block->version_major > START_VERSION_MAJOR) {
        process_exit(START_BAD_BLOCK);
    }
    if (thread_init_first(block) < 0) {
        process_exit(START_BAD_RING);
    }
    process_exit(run_main(block));
}
