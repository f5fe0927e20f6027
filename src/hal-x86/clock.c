/*
 * clock.c - time: the TSC says what time it is, the APIC timer interrupts.
 *
 * Both are measured at boot against the best reference there is: the ACPI PM
 * timer, the HPET, or the PIT. The middle one of three short measurements is
 * taken, so that one disturbance (an SMI, a busy host) does no harm.
 */
#include "fmt.h"
#include "internal.h"

#include "x86.h"

#define ROUNDS 3u
#define ROUND_NS UINT64_C(10000000)
#define NS_PER_S UINT64_C(1000000000)
#define PM_TIMER_HZ 3579545u /* ACPI 4.8.2.1 */
#define PIT_HZ 1193182u
#define STUCK_CYCLES UINT64_C(2000000000)
#define COMPARE_ROUNDS 32u
#define COMPARE_GIVEN_UP UINT32_MAX

/* Registers of the HPET, as 32-bit words (HPET 1.0a 2.3). */
#define HPET_PERIOD_FS (4 / 4)
#define HPET_CONFIG (0x10 / 4)
#define HPET_COUNTER (0xf0 / 4)

struct reference {
    const char *name;
    uint64_t hz;
    uint32_t mask; /* of the counter's bits */
    uint32_t (*read)(void);
};

static bool tsc_apart;       /* the TSCs of the CPUs are not equal */
static uint64_t first_ns;    /* then: last time told to anybody, */
static uint64_t *latest_ns = &first_ns; /* until the time page has it */
static uint64_t tsc_scale;   /* nanoseconds per cycle, 32.32 */
static uint64_t timer_scale; /* APIC timer counts per nanosecond, 32.32 */
static volatile uint32_t *hpet;
static char clock_name[80];

static uint64_t scaled(uint64_t value, uint64_t scale)
{
    return (uint64_t)((unsigned __int128)value * scale >> 32);
}

/* ------------------------------------------------------------- references */

static uint32_t pm_timer_read(void)
{
    return x86_in32(x86_acpi.pm_timer);
}

static uint32_t hpet_read(void)
{
    return hpet[HPET_COUNTER];
}

/* Channel 2 counts down, free-running over 16 bits; latched to be read. */
static uint32_t pit_read(void)
{
    uint32_t low;

    x86_out8(0x43, 0x80);
    low = x86_in8(0x42);
    return 0u - (low | (uint32_t)x86_in8(0x42) << 8);
}

static bool pm_timer_open(struct reference *reference)
{
    *reference = (struct reference){
        .name = "ACPI PM timer",
        .hz = PM_TIMER_HZ,
        .mask = x86_acpi.pm_timer_wide ? UINT32_MAX : 0xffffffu,
        .read = pm_timer_read,
    };
    return x86_acpi.pm_timer != 0;
}

static bool hpet_open(struct reference *reference)
{
    uint32_t period_fs;

    if (x86_acpi.hpet_phys == 0) {
        return false;
    }
    hpet = x86_paging_device(x86_acpi.hpet_phys, 0x400);
    period_fs = hpet[HPET_PERIOD_FS];
    if (period_fs < 1000 || period_fs > 100000000u) {
        return false;
    }
    hpet[HPET_CONFIG] |= 1;
    *reference = (struct reference){
        .name = "HPET",
        .hz = UINT64_C(1000000000000000) / period_fs,
        .mask = UINT32_MAX,
        .read = hpet_read,
    };
    return true;
}

static bool pit_open(struct reference *reference)
{
    x86_out8(0x61, (x86_in8(0x61) & 0xfc) | 1); /* gate on, speaker off */
    x86_out8(0x43, 0xb4);                       /* channel 2, rate, binary */
    x86_out8(0x42, 0);
    x86_out8(0x42, 0);
    *reference = (struct reference){
        .name = "PIT",
        .hz = PIT_HZ,
        .mask = 0xffffu,
        .read = pit_read,
    };
    return true;
}

/* ------------------------------------------------------------ measurement */

struct measured {
    uint64_t tsc_hz;
    uint64_t timer_hz;
};

/* False: the reference stands still. */
static bool measure(const struct reference *reference, struct measured *result)
{
    uint64_t want = reference->hz * ROUND_NS / NS_PER_S;
    uint32_t last, now;
    uint64_t passed = 0, start, cycles;
    uint32_t count;

    x86_apic_timer_start(UINT32_MAX);
    last = reference->read();
    start = x86_rdtsc();
    count = x86_apic_timer_left();
    while (passed < want) {
        now = reference->read();
        passed += (now - last) & reference->mask;
        last = now;
        if (x86_rdtsc() - start > STUCK_CYCLES) {
            return false;
        }
    }
    cycles = x86_rdtsc() - start;
    count -= x86_apic_timer_left();
    x86_apic_timer_start(0);
    result->tsc_hz = cycles * reference->hz / passed;
    result->timer_hz = (uint64_t)count * reference->hz / passed;
    return result->tsc_hz != 0 && result->timer_hz != 0;
}

static uint64_t middle(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t low = a < b ? a : b;
    uint64_t high = a < b ? b : a;

    return c < low ? low : c > high ? high : c;
}

static bool calibrate(const struct reference *reference)
{
    struct measured m[ROUNDS];
    uint64_t tsc_hz, timer_hz;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        if (!measure(reference, &m[i])) {
            x86_log("the %s does not run", reference->name);
            return false;
        }
    }
    tsc_hz = middle(m[0].tsc_hz, m[1].tsc_hz, m[2].tsc_hz);
    timer_hz = middle(m[0].timer_hz, m[1].timer_hz, m[2].timer_hz);
    tsc_scale = (NS_PER_S << 32) / tsc_hz;
    timer_scale = (timer_hz << 32) / NS_PER_S;
    (void)fmt_format(clock_name, sizeof(clock_name),
                     "TSC %u MHz, timer %u MHz by %s",
                     (unsigned)(tsc_hz / 1000000),
                     (unsigned)(timer_hz / 1000000), reference->name);
    return true;
}

void x86_clock_init(void)
{
    struct reference reference;

    x86_cpu_self()->tsc_start = x86_rdtsc();
    if (!(pm_timer_open(&reference) && calibrate(&reference)) &&
        !(hpet_open(&reference) && calibrate(&reference)) &&
        !(pit_open(&reference) && calibrate(&reference))) {
        hal_stop("no timer to measure the clock with");
    }
    if (!x86_features.invariant_tsc) {
        x86_log("the TSC is not said to be invariant: time may drift");
    }
}

const char *x86_clock_name(void)
{
    return clock_name;
}

/* ------------------------------------------------------------ several CPUs */

/*
 * One CPU asks, the other says what its TSC is: that was between two looks of
 * the first at its own. Of all rounds the narrowest bounds count; if they allow
 * that there is no difference, there is none.
 */
static struct {
    uint32_t asked;
    uint32_t answered;
    uint64_t tsc;
} comparison;

/* False: no answer to a round. */
static bool compare_round(uint32_t round, int64_t *low, int64_t *high)
{
    uint64_t before = x86_rdtsc_ordered();
    uint64_t after = before;
    int64_t least, most;

    __atomic_store_n(&comparison.asked, round, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&comparison.answered, __ATOMIC_ACQUIRE) != round) {
        if (x86_rdtsc() - before > STUCK_CYCLES) {
            return false;
        }
        hal_cpu_relax();
    }
    after = x86_rdtsc_ordered();
    least = (int64_t)(comparison.tsc - after);
    most = (int64_t)(comparison.tsc - before);
    *low = least > *low ? least : *low;
    *high = most < *high ? most : *high;
    return true;
}

bool x86_clock_compare(struct x86_cpu *other)
{
    int64_t low = INT64_MIN, high = INT64_MAX, ahead = 0;

    comparison.answered = 0;
    for (uint32_t round = 1; round <= COMPARE_ROUNDS; round++) {
        if (!compare_round(round, &low, &high)) {
            __atomic_store_n(&comparison.asked, COMPARE_GIVEN_UP,
                             __ATOMIC_SEQ_CST);
            return false;
        }
    }
    if (low > 0 || high < 0) {
        ahead = low + (high - low) / 2;
        tsc_apart = true;
        x86_log("the TSC of CPU %u is %ld cycles off: corrected",
                other->head.number, (long)ahead);
    }
    other->tsc_start = x86_cpu_self()->tsc_start + (uint64_t)ahead;
    return true;
}

void x86_clock_answer(void)
{
    for (uint32_t round = 1; round <= COMPARE_ROUNDS; round++) {
        uint32_t asked = 0;

        while (asked != round) {
            asked = __atomic_load_n(&comparison.asked, __ATOMIC_ACQUIRE);
            if (asked == COMPARE_GIVEN_UP) {
                x86_halt();
            }
            hal_cpu_relax();
        }
        comparison.tsc = x86_rdtsc_ordered();
        __atomic_store_n(&comparison.answered, round, __ATOMIC_SEQ_CST);
    }
}

/* ------------------------------------------------------------------- time */

/* Where clocks were apart, what was measured is not exact: nobody goes back. */
static uint64_t never_back(uint64_t now_ns)
{
    uint64_t last_ns = __atomic_load_n(latest_ns, __ATOMIC_RELAXED);

    while (now_ns > last_ns) {
        if (__atomic_compare_exchange_n(latest_ns, &last_ns, now_ns, false,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            return now_ns;
        }
    }
    return last_ns;
}

/* Inline where the kernel is optimised as a whole: most ways through it ask. */
inline uint64_t hal_time_now(void)
{
    uint64_t now_ns =
        scaled(x86_rdtsc_ordered() - x86_cpu_self()->tsc_start, tsc_scale);

    return tsc_apart ? never_back(now_ns) : now_ns;
}

enum hal_wall hal_time_page(struct time_page *page)
{
    page->scale = tsc_scale;
    page->counter_start = x86_cpu_self()->tsc_start;
    if (tsc_apart) {
        page->now_ns = *latest_ns;
        latest_ns = &page->now_ns; /* no other CPU is in the kernel yet */
    } else {
        page->counter = X86_GATE + X86_GATE_COUNTER;
    }
    return x86_wall(&page->wall_ns);
}

static void timer_set(uint64_t deadline_ns)
{
    uint64_t now = hal_time_now();
    uint64_t wait_ns = deadline_ns > now ? deadline_ns - now : 0;
    uint64_t count;

    if (wait_ns > NS_PER_S) {
        wait_ns = NS_PER_S; /* x86_clock_tick goes on from there */
    }
    count = scaled(wait_ns, timer_scale) + 1;
    x86_apic_timer_start(count > UINT32_MAX ? UINT32_MAX : (uint32_t)count);
}

void hal_time_arm(uint64_t deadline_ns)
{
    x86_cpu_self()->deadline_ns = deadline_ns;
    timer_set(deadline_ns);
}

void hal_time_disarm(void)
{
    x86_cpu_self()->deadline_ns = UINT64_MAX;
    x86_apic_timer_start(0);
}

void x86_clock_tick(void)
{
    struct x86_cpu *cpu = x86_cpu_self();
    uint64_t deadline_ns = cpu->deadline_ns;

    if (deadline_ns != UINT64_MAX && hal_time_now() < deadline_ns) {
        timer_set(deadline_ns);
    } else {
        cpu->deadline_ns = UINT64_MAX;
    }
}
