/*
 * checker.h - what the checks of a manifest share (check.c, check_caps.c).
 */
#ifndef CAPOS_MKMANIFEST_CHECKER_H
#define CAPOS_MKMANIFEST_CHECKER_H

#include <stdbool.h>

#include "check.h"
#include "needs.h"

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

/* Index of a name among the first count; count if it is not there. */
uint32_t check_find(const struct names *names, struct wire_text name,
                    uint32_t count);

/* The name that was meant, or NULL. */
const char *check_nearest(const struct names *names, struct wire_text name);

/* The name of entry i, which no earlier entry may have. */
void check_unique(struct report *report, const struct names *names,
                  uint32_t i);

/* Notes the endpoints that a service's capabilities own. */
void check_caps_owners(struct checker *checker, struct wire_list caps,
                       uint32_t service);

/*
 * What supervision needs to know of a service (check_supervision.c): its needs,
 * exports and policy. *needs becomes the numbers of the services that it needs.
 */
void check_supervision(struct checker *checker, struct service_reader service,
                       struct needs *needs);

/* A capability from an export of another service. */
void check_service_cap(struct checker *checker, struct service_cap_reader cap);

/* A service's capabilities; all owners must have been noted. */
void check_caps(struct checker *checker, struct wire_list caps,
                uint32_t service);

#endif
