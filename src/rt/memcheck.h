/*
 * memcheck.h - for the few programs that break memory rules on purpose.
 *
 * In the simulator a program may run under Valgrind's Memcheck, which reports
 * every bad access, wanted or not. A sequence of rotations that does nothing on
 * a real CPU is how a program talks to Valgrind; the numbers of the questions
 * are Valgrind's ABI (valgrind.h). Outside Valgrind all of this does nothing.
 */
#ifndef CAPOS_RT_MEMCHECK_H
#define CAPOS_RT_MEMCHECK_H

#include <stdbool.h>
#include <stdint.h>

#define MEMCHECK_RUNNING 0x1001u
#define MEMCHECK_CHANGE_QUIET 0x1801u

static inline uint64_t memcheck_ask(uint64_t question, uint64_t argument)
{
    volatile uint64_t words[6] = {question, argument};
    uint64_t answer = 0;

    __asm__ volatile("rolq $3, %%rdi\n rolq $13, %%rdi\n rolq $61, %%rdi\n"
                     "rolq $51, %%rdi\n xchgq %%rbx, %%rbx"
                     : "+d"(answer)
                     : "a"(words)
                     : "cc", "memory", "rdi");
    return answer;
}

static inline bool memcheck_running(void)
{
    return memcheck_ask(MEMCHECK_RUNNING, 0) != 0;
}

/*
 * Said by a program just before it faults on purpose: no reports from here on.
 * Whoever waited for its end says memcheck_fault_over.
 */
static inline void memcheck_fault_next(void)
{
    memcheck_ask(MEMCHECK_CHANGE_QUIET, 1);
}

static inline void memcheck_fault_over(void)
{
    memcheck_ask(MEMCHECK_CHANGE_QUIET, (uint64_t)-1);
}

#endif
