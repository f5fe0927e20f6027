/*
 * wall.c - the time of day, from the CMOS real-time clock.
 *
 * It changes once a second, and while it does what is read may be torn: it is
 * read until it says the same twice, in between two changes. It counts whole
 * seconds, so the time of day is right to a second. What it says is taken as
 * UTC.
 */
#include "internal.h"
#include "rtc.h"

#include "x86.h"

#define CMOS_INDEX 0x70
#define CMOS_DATA 0x71
#define CMOS_SECOND 0x00
#define CMOS_MINUTE 0x02
#define CMOS_HOUR 0x04
#define CMOS_DAY 0x07
#define CMOS_MONTH 0x08
#define CMOS_YEAR 0x09
#define CMOS_A 0x0a
#define CMOS_B 0x0b
#define TRIES 16u
#define UPDATE_NS 5000000u /* an update takes 2 ms */
#define NS_PER_S UINT64_C(1000000000)

static uint8_t cmos(uint8_t index)
{
    x86_out8(CMOS_INDEX, index);
    return x86_in8(CMOS_DATA);
}

/* False: it is always about to change, so it is no clock. */
static bool settled(void)
{
    uint64_t end_ns = hal_time_now() + UPDATE_NS;

    while (cmos(CMOS_A) & RTC_A_UPDATING) {
        if (hal_time_now() > end_ns) {
            return false;
        }
    }
    return true;
}

static bool read_once(struct rtc_registers *registers)
{
    if (!settled()) {
        return false;
    }
    *registers = (struct rtc_registers){
        .second = cmos(CMOS_SECOND),
        .minute = cmos(CMOS_MINUTE),
        .hour = cmos(CMOS_HOUR),
        .day = cmos(CMOS_DAY),
        .month = cmos(CMOS_MONTH),
        .year = cmos(CMOS_YEAR),
        .b = cmos(CMOS_B),
    };
    return true;
}

static bool read_twice(struct rtc_registers *registers)
{
    struct rtc_registers again;

    for (uint32_t i = 0; i < TRIES; i++) {
        if (!read_once(registers) || !read_once(&again)) {
            return false;
        }
        if (__builtin_memcmp(registers, &again, sizeof(again)) == 0) {
            return true;
        }
    }
    return false;
}

enum hal_wall x86_wall(uint64_t *boot_ns)
{
    struct rtc_registers registers;
    uint64_t seconds;

    *boot_ns = 0;
    if (!read_twice(&registers) || !rtc_decode(&registers, &seconds)) {
        x86_log("no time of day in the real-time clock");
        return HAL_WALL_UNSET;
    }
    *boot_ns = seconds * NS_PER_S - hal_time_now();
    return HAL_WALL_RTC;
}
