/*
 * check.h - what must be true when nothing moves any more.
 */
#ifndef CAPOS_EXPLORE_CHECK_H
#define CAPOS_EXPLORE_CHECK_H

#include "user.h"

/* By the first process, before it does anything: this is what there is. */
void check_mark(void);

/* A new schedule begins. */
void check_start(void);

/* Called when no CPU can run: everybody is done, and the books are right. */
void check_stopped(void);

#endif
