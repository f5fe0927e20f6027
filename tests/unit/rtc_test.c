/* rtc_test.c - the registers of a real-time clock, in all their forms. */
#include "rtc.h"

#include <time.h>

#include "check_run.h"

static uint8_t bcd(int value)
{
    return (uint8_t)(value / 10 << 4 | value % 10);
}

/* The registers of a moment, in the form that b says. */
static struct rtc_registers registers_of(time_t when, uint8_t b)
{
    struct tm tm;

    gmtime_r(&when, &tm);
    int hour = tm.tm_hour;
    uint8_t pm = 0;

    if (!(b & RTC_B_24_HOURS)) {
        pm = hour >= 12 ? 0x80 : 0;
        hour = hour % 12 == 0 ? 12 : hour % 12;
    }
    int year = tm.tm_year % 100;
    bool binary = b & RTC_B_BINARY;

    return (struct rtc_registers){
        .second = binary ? (uint8_t)tm.tm_sec : bcd(tm.tm_sec),
        .minute = binary ? (uint8_t)tm.tm_min : bcd(tm.tm_min),
        .hour = (binary ? (uint8_t)hour : bcd(hour)) | pm,
        .day = binary ? (uint8_t)tm.tm_mday : bcd(tm.tm_mday),
        .month = binary ? (uint8_t)(tm.tm_mon + 1) : bcd(tm.tm_mon + 1),
        .year = binary ? (uint8_t)year : bcd(year),
        .b = b,
    };
}

static void check_moment(time_t when)
{
    static const uint8_t forms[] = {0, RTC_B_24_HOURS, RTC_B_BINARY,
                                    RTC_B_24_HOURS | RTC_B_BINARY};

    for (size_t i = 0; i < sizeof(forms); i++) {
        struct rtc_registers registers = registers_of(when, forms[i]);
        uint64_t seconds = 0;

        ck_assert(rtc_decode(&registers, &seconds));
        ck_assert_uint_eq(seconds, (uint64_t)when);
    }
}

/* A hundred years, at steps that reach every hour, day, month, leap day. */
START_TEST(test_rtc_every_moment)
{
    for (time_t when = 0; when < 3155760000; when += 40009) {
        check_moment(when);
    }
}
END_TEST

START_TEST(test_rtc_edges)
{
    check_moment(0);
    check_moment(951782399);  /* 28 February 2000, its last second */
    check_moment(951782400);  /* 29 February 2000 */
    check_moment(951868800);  /* 1 March 2000 */
    check_moment(1767225600); /* 2026 */
    check_moment(1767225600 + 12 * 3600);
    check_moment(1767225600 + 13 * 3600 - 1);
    check_moment(3155759999); /* the last second of 2069 */
}
END_TEST

static void refuse(struct rtc_registers registers)
{
    uint64_t seconds = 7;

    ck_assert(!rtc_decode(&registers, &seconds));
    ck_assert_uint_eq(seconds, 7);
}

START_TEST(test_rtc_no_time)
{
    const struct rtc_registers good = {.hour = 0x12, .day = 1, .month = 1,
                                       .b = RTC_B_24_HOURS};
    struct rtc_registers bad;
    uint64_t seconds;

    ck_assert(rtc_decode(&good, &seconds));
    refuse((struct rtc_registers){.b = RTC_B_24_HOURS}); /* day 0, month 0 */
    refuse((struct rtc_registers){255, 255, 255, 255, 255, 255, 255});
    bad = good, bad.second = 0x60, refuse(bad);
    bad = good, bad.minute = 0x1a, refuse(bad);
    bad = good, bad.hour = 0x24, refuse(bad);
    bad = good, bad.hour = 0x00, bad.b = 0, refuse(bad);
    bad = good, bad.hour = 0x13, bad.b = 0, refuse(bad);
    bad = good, bad.day = 0x32, refuse(bad);
    bad = good, bad.month = 0x13, refuse(bad);
    bad = good, bad.year = 0xa0, refuse(bad);
    bad = good, bad.year = 100, bad.b |= RTC_B_BINARY, refuse(bad);
    bad = good, bad.day = 0x29, bad.month = 2, bad.year = 0x25, refuse(bad);
}
END_TEST

/* Nothing that may stand there does harm. */
START_TEST(test_rtc_any_bytes)
{
    uint32_t state = 1;

    for (int i = 0; i < 1000000; i++) {
        struct rtc_registers registers;
        uint64_t seconds = 0;

        for (size_t j = 0; j < sizeof(registers); j++) {
            state = state * 1664525 + 1013904223;
            ((uint8_t *)&registers)[j] = (uint8_t)(state >> 24);
        }
        if (rtc_decode(&registers, &seconds)) {
            ck_assert_uint_lt(seconds, 3155760000);
        }
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_rtc_every_moment, test_rtc_edges, test_rtc_no_time,
        test_rtc_any_bytes, NULL,
    };

    return check_run("rtc", tests);
}
