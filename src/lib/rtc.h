/*
 * rtc.h - what the registers of a PC's real-time clock (MC146818 and all that
 * came after it) say.
 */
#ifndef CAPOS_LIB_RTC_H
#define CAPOS_LIB_RTC_H

#include <stdbool.h>
#include <stdint.h>

/* Bits of the status registers. */
#define RTC_A_UPDATING 0x80u /* of A: the others are about to change */
#define RTC_B_24_HOURS 0x02u /* of B: else 1 to 12, with bit 7 for p.m. */
#define RTC_B_BINARY 0x04u   /* of B: else two decimal digits */

/* The registers, as they are. */
struct rtc_registers {
    uint8_t second;
    uint8_t minute;
    uint8_t hour;
    uint8_t day;
    uint8_t month;
    uint8_t year; /* of its century */
    uint8_t b;    /* status register B */
};

/*
 * Seconds since 1970 of what stands there, taken as UTC in the years 1970 to
 * 2069. False: that is no time.
 */
bool rtc_decode(const struct rtc_registers *registers, uint64_t *seconds);

#endif
