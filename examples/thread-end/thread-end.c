/*
 * thread-end - a word that says when nothing is left of a thread.
 *
 * Whoever starts a thread may name a word that the kernel clears at its end, and
 * wakes who is parked on it: whether the thread returned, ended itself or was
 * ended, and without a call in flight for each. Only then may its stack be used
 * for something else.
 */
#include "capos.h"
#include "pages.h"
#include "sync_park.h"

#define TEAM 8u

/* Waits until the word is 0. */
static void await_end(const sync_u32 *word)
{
    uint32_t value;

    while ((value = sync_load(word)) != 0) {
        (void)park(word, value, TIMEOUT_NEVER);
    }
}

static void nothing(void *argument)
{
    (void)argument;
}

static void wait_for_ever(void *argument)
{
    const sync_u32 *word = argument;

    for (;;) {
        (void)park(word, 0, TIMEOUT_NEVER);
    }
}

static void check_returns(void)
{
    static sync_u32 word;
    struct thread *thread;

    sync_store(&word, 1);
    if (check(thread_start_word(&thread, nothing, NULL, &word) == 0,
              "a thread with an end word")) {
        await_end(&word);
        check(thread_join(thread, NULL) == 0,
              "it returned: the word is 0, and it is joined at once");
    }
}

static void check_killed(void)
{
    static sync_u32 word;
    static sync_u32 never;
    struct thread *thread;
    int64_t code = 0;

    sync_store(&word, 1);
    if (check(thread_start_word(&thread, wait_for_ever, &never, &word) == 0,
              "one that never ends")) {
        thread_handle_end(rt(), thread->handle, 5);
        await_end(&word);
        check(thread_join(thread, &code) == 0 && code == 5,
              "it was ended: the word is 0");
    }
}

/* One thread waits for many, each with its word. */
static void check_team(void)
{
    static sync_u32 words[TEAM];
    struct thread *threads[TEAM];
    uint32_t started = 0;
    uint32_t joined = 0;

    for (uint32_t i = 0; i < TEAM; i++) {
        sync_store(&words[i], i + 1);
        started += thread_start_word(&threads[i], nothing, NULL,
                                     &words[i]) == 0;
    }
    for (uint32_t i = 0; i < started; i++) {
        await_end(&words[i]);
        joined += thread_join(threads[i], NULL) == 0;
    }
    check(started == TEAM && joined == TEAM, "%u threads, %u words", TEAM,
          TEAM);
}

/* The word is unmapped before the end. */
static void check_unmapped(void)
{
    static sync_u32 never;
    sync_u32 *word = pages_map(sizeof(*word));
    struct thread *thread;

    if (check(word != NULL && thread_start_word(&thread, wait_for_ever,
                                                &never, word) == 0,
              "one whose word goes away")) {
        pages_unmap(word, sizeof(*word));
        thread_handle_end(rt(), thread->handle, 0);
        check(thread_join(thread, NULL) == 0, "it ends all the same");
    }
}

static void check_refused(void)
{
    static sync_u32 words[2];
    struct thread *thread;
    sync_u32 *reserved = pages_reserve(sizeof(*reserved));

    sync_store(&words[0], 1);
    check(thread_start_word(&thread, nothing, NULL,
                            (sync_u32 *)((uintptr_t)words + 2)) ==
                  ERR_EXCEPTION &&
              thread_start_word(&thread, nothing, NULL, reserved) ==
                  ERR_EXCEPTION &&
              sync_load(&words[0]) == 1,
          "no thread for a word that is not aligned, or not there");
}

int main(void)
{
    check_returns();
    check_killed();
    check_team();
    check_unmapped();
    check_refused();
    return check_status();
}
