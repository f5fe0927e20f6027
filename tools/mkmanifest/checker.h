/*
 * checker.h - what the checks of a manifest share (check.c, check_caps.c).
 */
#ifndef CAPOS_MKMANIFEST_CHECKER_H
#define CAPOS_MKMANIFEST_CHECKER_H

#include <stdbool.h>

#include "check.h"

/* One list of named structs, for looking names up. */
struct names {
    struct wire_list list;
    struct wire_text (*name)(struct wire_list list, uint32_t i);
};

/* Who owns an endpoint. */
struct owner {
    struct wire_text endpoint;
    uint32_t service;
};

struct checker {
    struct report *report;
    struct names binaries;
    struct names services;
    struct owner owners[CHECK_ENDPOINTS_MAX];
    uint32_t owner_count;
};

/* True if a text is the same as a string. */
bool check_text_is(struct wire_text text, const char *string);

/* A name in field of the present path: its length and characters. */
void check_name(struct report *report, const char *field,
                struct wire_text name);

/* The name of entry i, which no earlier entry may have. */
void check_unique(struct report *report, const struct names *names,
                  uint32_t i);

/* Notes the endpoints that a service's capabilities own. */
void check_caps_owners(struct checker *checker, struct wire_list caps,
                       uint32_t service);

/* A service's capabilities; all owners must have been noted. */
void check_caps(struct checker *checker, struct wire_list caps,
                uint32_t service);

#endif
