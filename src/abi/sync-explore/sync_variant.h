/*
 * sync_variant.h - exploring builds: before every access to what is shared, and
 * in every spin, others may run. Whoever explores supplies sync_point.
 */
#ifndef CAPOS_ABI_SYNC_VARIANT_H
#define CAPOS_ABI_SYNC_VARIANT_H

void sync_point(void);

#define SYNC_EXPLORING 1
#define SYNC_POINT() sync_point()
#define SYNC_RELAX() sync_point()

#endif
