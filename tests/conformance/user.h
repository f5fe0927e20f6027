/* user.h - what the toy kernel and the programs of user.S agree on. */
#ifndef CONFORMANCE_USER_H
#define CONFORMANCE_USER_H

/* Offsets in a program's data page. */
#define PAGE_GATE 0
#define PAGE_JUMP 8
#define PAGE_FLAGS_IN 16
#define PAGE_FLAGS_OUT 24
#define PAGE_SAVED 32
#define PAGE_IN 1024
#define PAGE_OUT 2048
#define PAGE_STACK 4096

/* Gate numbers that the toy kernel knows. */
#define CONF_DONE 100 /* a0: bits of what was wrong */
#define CONF_ECHO 101 /* answers CONF_ECHO_RESULT */
#define CONF_TURN 102 /* the other program's turn */

#define CONF_ECHO_RESULT 0x7766554433221100

#endif
