/*
 * call.h - between call.c (which method) and call_run.c (the call itself).
 */
#ifndef CAPOS_SHELL_CALL_H
#define CAPOS_SHELL_CALL_H

#include "names.h"
#include "signature.h"
#include "value_build.h"
#include "value_print.h"

struct call_target {
    struct named_cap cap;
    const struct schema_interface *iface;
    uint16_t method;
};

/* Builds the params, calls, and prints what came of it. */
void call_run(const struct call_target *target, struct span arguments);

#endif
