/*
 * echo.h - Echo as any server can offer it: it adds, reverses texts, and fails when
 * asked to.
 */
#ifndef CAPOS_EXAMPLES_ECHO_H
#define CAPOS_EXAMPLES_ECHO_H

#include "capnp/server.h"

/* Handles a call, for capos_serve. It needs no self. */
int32_t echo_handle(void *self, struct server_call *call);

#endif
