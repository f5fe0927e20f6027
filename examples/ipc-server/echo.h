/*
 * echo.h - Echo as any server can offer it: it adds, reverses texts, and fails when
 * asked to.
 */
#ifndef CAPOS_EXAMPLES_ECHO_H
#define CAPOS_EXAMPLES_ECHO_H

#include "capos.server.gen.h"

/* Handles a call, for capos_serve. It needs no self. */
int32_t echo_handle(void *self, struct server_call *call);

/* Two of its handlers, for servers that do only a part, or more: add, reverse. */
int32_t echo_sum(void *self, struct server_call *call,
                 struct echo_add_params_reader params,
                 struct echo_add_results_builder results);
int32_t echo_turn(void *self, struct server_call *call,
                  struct echo_reverse_params_reader params,
                  struct echo_reverse_results_builder results);

#endif
