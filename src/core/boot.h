/*
 * boot.h - starting the system.
 */
#ifndef CAPOS_CORE_BOOT_H
#define CAPOS_CORE_BOOT_H

#include "hal.h"

/* Makes everything and readies init's first thread. Once, on CPU 0. */
void boot_start(const struct hal_boot *boot);

#endif
