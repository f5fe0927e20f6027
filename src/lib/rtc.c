/* rtc.c - registers of a real-time clock to seconds since 1970. */
#include "rtc.h"

#define RTC_PM 0x80u
#define RTC_CENTURY_SPLIT 70u /* years from here on are of the 20th century */

struct rtc_time {
    uint32_t second, minute, hour, day, month, year;
};

/* False: a digit that is none. */
static bool rtc_value(uint8_t raw, uint8_t b, uint32_t *value)
{
    *value = b & RTC_B_BINARY ? raw : (raw >> 4) * 10u + (raw & 15u);
    return (b & RTC_B_BINARY) || ((raw >> 4) < 10 && (raw & 15u) < 10);
}

static bool rtc_hour(uint8_t raw, uint8_t b, uint32_t *hour)
{
    bool afternoon = raw & RTC_PM;

    if (b & RTC_B_24_HOURS) {
        return rtc_value(raw, b, hour);
    }
    if (!rtc_value(raw & (uint8_t)~RTC_PM, b, hour) || *hour < 1 ||
        *hour > 12) {
        return false;
    }
    *hour = *hour % 12 + (afternoon ? 12 : 0); /* 12 a.m. is midnight */
    return true;
}

static bool rtc_leap(uint32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint32_t rtc_month_days(uint32_t month, uint32_t year)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && rtc_leap(year) ? 1u : 0u);
}

static bool rtc_valid(const struct rtc_time *time)
{
    return time->second < 60 && time->minute < 60 && time->hour < 24 &&
           time->month >= 1 && time->month <= 12 && time->day >= 1 &&
           time->day <= rtc_month_days(time->month, time->year);
}

static uint64_t rtc_seconds(const struct rtc_time *time)
{
    uint64_t days = time->day - 1;

    for (uint32_t year = 1970; year < time->year; year++) {
        days += rtc_leap(year) ? 366 : 365;
    }
    for (uint32_t month = 1; month < time->month; month++) {
        days += rtc_month_days(month, time->year);
    }
    return ((days * 24 + time->hour) * 60 + time->minute) * 60 + time->second;
}

bool rtc_decode(const struct rtc_registers *registers, uint64_t *seconds)
{
    uint8_t b = registers->b;
    struct rtc_time time;

    if (!rtc_value(registers->second, b, &time.second) ||
        !rtc_value(registers->minute, b, &time.minute) ||
        !rtc_hour(registers->hour, b, &time.hour) ||
        !rtc_value(registers->day, b, &time.day) ||
        !rtc_value(registers->month, b, &time.month) ||
        !rtc_value(registers->year, b, &time.year) || time.year > 99) {
        return false;
    }
    time.year += time.year < RTC_CENTURY_SPLIT ? 2000 : 1900;
    if (!rtc_valid(&time)) {
        return false;
    }
    *seconds = rtc_seconds(&time);
    return true;
}
