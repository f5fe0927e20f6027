/* sync_variant.h - plain builds: no switch points, a pause in a spin. */
#ifndef CAPOS_ABI_SYNC_VARIANT_H
#define CAPOS_ABI_SYNC_VARIANT_H

#define SYNC_POINT() ((void)0)
#define SYNC_RELAX() __builtin_ia32_pause()

#endif
