/* policy.c - see policy.h. */
#include "policy.h"

static void history_drop(struct policy_history *history, uint32_t count)
{
    history->count -= count;
    for (uint32_t i = 0; i < history->count; i++) {
        history->times_ns[i] = history->times_ns[i + count];
    }
}

/* Drops what is not within the window any more. */
static void history_age(struct policy_history *history, uint64_t now_ns,
                        uint64_t window_ns)
{
    uint32_t old = 0;

    while (old < history->count &&
           now_ns - history->times_ns[old] >= window_ns) {
        old++;
    }
    history_drop(history, old);
}

static void history_add(struct policy_history *history, uint64_t now_ns)
{
    if (history->count == POLICY_TIMES_MAX) {
        history_drop(history, 1);
    }
    history->times_ns[history->count++] = now_ns;
}

/* first x 2^restarts, at most most. */
static uint64_t delay(const struct policy *policy, uint32_t restarts)
{
    uint64_t delay_ns = policy->first_ns;

    for (uint32_t i = 0; i < restarts && delay_ns < policy->most_ns; i++) {
        delay_ns = delay_ns > UINT64_MAX / 2 ? UINT64_MAX : 2 * delay_ns;
    }
    return delay_ns < policy->most_ns ? delay_ns : policy->most_ns;
}

enum policy_verdict policy_decide(const struct policy *policy,
                                  struct policy_history *history,
                                  uint64_t now_ns, bool failed,
                                  uint64_t *delay_ns)
{
    if (policy->when == RESTART_POLICY_WHEN_NEVER ||
        (policy->when == RESTART_POLICY_WHEN_ON_FAILURE && !failed)) {
        return POLICY_END;
    }
    history_age(history, now_ns, policy->window_ns);
    if (policy->give_up_after > 0 &&
        history->count >= policy->give_up_after) {
        return POLICY_GIVE_UP;
    }
    *delay_ns = delay(policy, history->count);
    history_add(history, now_ns);
    return POLICY_RESTART;
}
