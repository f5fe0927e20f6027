/*
 * complete.h - what can stand where the cursor is, by the shell's grammar.
 *
 * Pure: the names themselves come from the caller's sources, each of which
 * offers all that it has.
 *
 *   first word                    commands
 *   run, spawn PROGRAM            programs; after "with": NAME=, capabilities
 *   call CAP.METHOD ARG...        capabilities, then methods, then arguments;
 *                                 @ begins a capability
 *   methods, ledger, release CAP  capabilities; those that can be released
 *   restart, stop SERVICE         services
 */
#ifndef CAPOS_SHELL_COMPLETE_H
#define CAPOS_SHELL_COMPLETE_H

#include "completion.h"
#include "scan.h"

struct complete_sources {
    void (*commands)(struct completion *completion);
    void (*programs)(struct completion *completion);
    void (*caps)(struct completion *completion);
    void (*kept)(struct completion *completion);
    void (*services)(struct completion *completion);
    /* Methods of a capability; arguments of CAP.METHOD. */
    void (*methods)(struct completion *completion, struct span cap);
    void (*arguments)(struct completion *completion, struct span method);
};

/* Offers what can stand before cursor in line. */
void complete_line(const struct complete_sources *sources, const char *line,
                   uint32_t cursor, struct completion *completion);

#endif
