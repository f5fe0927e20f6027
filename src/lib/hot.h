/*
 * hot.h - for what every call passes through.
 *
 * The compiler takes small functions out of line when the function that they are
 * used in gets long. On the way of a call, which is one long straight line, that
 * costs as much as what they do.
 */
#ifndef CAPOS_LIB_HOT_H
#define CAPOS_LIB_HOT_H

#define HOT static inline __attribute__((always_inline))

#endif
