/* variant.h - release builds: no checks that cost time on hot paths. */
#ifndef CAPOS_CORE_VARIANT_H
#define CAPOS_CORE_VARIANT_H

enum { VARIANT_CHECKS = 0 };

#endif
