/* variant.h - debug builds: lock checks, poisoned heap, traced errors. */
#ifndef CAPOS_CORE_VARIANT_H
#define CAPOS_CORE_VARIANT_H

enum { VARIANT_CHECKS = 1 };

#endif
