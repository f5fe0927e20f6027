/* conformance_time.c - the clock and the one-shot timer, while idling. */
#include "conformance.h"

static uint64_t asked_ns;
static uint32_t ticks;

static void clock_runs(void)
{
    uint64_t last = hal_time_now();
    bool good = true;

    for (uint32_t i = 0; i < 1000; i++) {
        uint64_t now = hal_time_now();

        good &= now >= last;
        last = now;
        hal_time_work(1);
    }
    check(good, "time: never goes back");
    step_end();
}

static void tick_after_idle(void)
{
    check(hal_time_now() >= asked_ns, "time: the tick comes at its deadline");
    check(hal_time_now() < asked_ns + 1000000000,
          "time: and less than a second late");
    step_end();
}

static void idle_until_tick(void)
{
    on.tick = tick_after_idle;
    hal_user_resume(NULL);
    asked_ns = hal_time_now() + 5000000;
    hal_time_arm(asked_ns);
}

static void tick_past(void)
{
    check(hal_time_now() < asked_ns + 1000000000,
          "time: a deadline in the past ticks at once");
    step_end();
}

static void arm_past(void)
{
    on.tick = tick_past;
    asked_ns = hal_time_now();
    hal_time_arm(asked_ns / 2);
}

/* Of three deadlines only the last one asked for counts. */
static void tick_last(void)
{
    ticks++;
    if (hal_time_now() < asked_ns) {
        return; /* one that was on its way */
    }
    check(ticks <= 2, "time: a new deadline replaces the old one");
    step_end();
}

static void rearm(void)
{
    uint64_t now = hal_time_now();

    ticks = 0;
    on.tick = tick_last;
    asked_ns = now + 10000000;
    hal_time_arm(now + 3000000);
    hal_time_arm(now + 1000000000000ull);
    hal_time_disarm();
    hal_time_arm(asked_ns);
}

const struct step time_steps[] = {
    {"clock", clock_runs},
    {"idle until a tick", idle_until_tick},
    {"a deadline in the past", arm_past},
    {"deadlines replaced", rearm},
    {NULL, NULL},
};
