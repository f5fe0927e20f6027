/*
 * capos.h - all that a program usually needs.
 */
#ifndef CAPOS_RT_CAPOS_H
#define CAPOS_RT_CAPOS_H

#include "alloc.h"
#include "calls.h"
#include "cap.h"
#include "check.h"
#include "clock.h"
#include "client.h"
#include "console.h"
#include "entropy.h"
#include "error_text.h"
#include "fmt.h"
#include "panic.h"
#include "pipe.h"
#include "pipeline.h"
#include "process.h"
#include "ring_client.h"
#include "text.h"
#include "thread.h"

#endif
