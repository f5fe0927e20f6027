/*
 * error_text.h - what an ERR_* is called, means, and what to do about it.
 *
 * Expanded from errors.h. A number that is no error has the name "ERR_?".
 */
#ifndef CAPOS_RT_ERROR_TEXT_H
#define CAPOS_RT_ERROR_TEXT_H

#include <stdint.h>

#include "errors.h"

const char *error_name(int32_t error);     /* "ERR_TIMED_OUT", "no error" */
const char *error_sentence(int32_t error); /* "the time limit passed" */
const char *error_remedy(int32_t error);   /* "try again or wait longer" */

#endif
