/* authority_check.c - when the books are looked at, and by what (.h). */
#include "check/authority_check.h"

#include "fail.h"
#include "log.h"
#include "proc/process.h"
#include "sched/cpu.h"

/* Ways out between two checks: so many for what one check looks at. */
#define LOOKS_PER_LEAVE 8u
#define LEAVES_MIN 32u

uint64_t authority_checks;
uint64_t authority_looks;

static uint64_t leaves_left = LEAVES_MIN;
static bool wanted;

void authority_must(bool condition, const char *what, uint64_t process_id,
                    uint64_t number)
{
    if (!condition) {
        log_error("authority: process %llu: %s (%llu)",
                  (unsigned long long)process_id, what,
                  (unsigned long long)number);
        fail_stop(what, __FILE__, __LINE__);
    }
}

void authority_check(void)
{
    process_list_lock();
    for (struct process *process = process_next(NULL); process;
         process = process_next(process)) {
        check_table(process);
        check_reach(process);
        check_ledger(process);
    }
    check_holders(process_next(NULL));
    check_paid(process_next(NULL));
    check_frames(process_next(NULL));
    process_list_unlock();
    authority_checks++;
}

/* True if nobody does anything meanwhile. */
static bool authority_alone(void)
{
    return cpu_count() == 1 || hal_cpu_lockstep();
}

/* True if no other CPU is in the kernel. */
static bool authority_quiet(void)
{
    for (uint32_t i = 0; i < cpu_count(); i++) {
        if (i != hal_cpu_self() &&
            sync_load(&cpus[i].retirement.passes) % 2 != 0) {
            return false;
        }
    }
    return true;
}

void authority_leave(void)
{
    uint64_t before = authority_looks;

    if (!authority_alone()) {
        return;
    }
    leaves_left -= leaves_left != 0;
    if ((leaves_left && !wanted) || !authority_quiet()) {
        return;
    }
    authority_check();
    wanted = false;
    leaves_left = (authority_looks - before) / LOOKS_PER_LEAVE + LEAVES_MIN;
}

void authority_want(void)
{
    if (authority_alone()) {
        wanted = true;
    }
}

void authority_final(void)
{
    if (VARIANT_CHECKS && authority_alone() && authority_quiet()) {
        authority_check();
    }
}
