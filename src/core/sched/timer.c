/* timer.c - the timer queue: a heap by deadline. */
#include "sched/timer.h"

#include "sched/cpu.h"

static struct timer *timer_of(const struct pairing_node *node)
{
    return container_of(node, struct timer, node);
}

static bool timer_less(const struct pairing_node *a,
                       const struct pairing_node *b)
{
    return timer_of(a)->deadline_ns < timer_of(b)->deadline_ns;
}

void timer_queue_init(struct cpu *cpu)
{
    pairing_init(&cpu->timers, timer_less);
}

void timer_start(struct timer *timer, uint64_t deadline_ns)
{
    struct cpu *cpu = cpu_self();

    timer->deadline_ns = deadline_ns;
    lock_acquire(&cpu->lock);
    sync_store_pointer(&timer->cpu, cpu);
    pairing_insert(&cpu->timers, &timer->node);
    lock_release(&cpu->lock);
    cpu->pending |= CPU_PENDING_REARM;
}

/* Takes it out of the queue that it is in; id NULL: whatever it is for. */
static bool timer_remove(struct timer *timer, const sync_u64 *id,
                         uint64_t expected)
{
    struct cpu *cpu = sync_load_pointer(&timer->cpu);
    bool taken;

    if (!cpu) {
        return false;
    }
    lock_acquire(&cpu->lock);
    taken = sync_load_pointer(&timer->cpu) == cpu &&
            (!id || sync_load64(id) == expected);
    if (taken) {
        pairing_remove(&cpu->timers, &timer->node);
        sync_store_pointer(&timer->cpu, NULL);
    }
    lock_release(&cpu->lock);
    if (cpu == cpu_self()) { /* elsewhere a tick too many does no harm */
        cpu->pending |= CPU_PENDING_REARM;
    }
    return taken;
}

bool timer_take(struct timer *timer)
{
    return timer_remove(timer, NULL, 0);
}

bool timer_stop_of(struct timer *timer, const sync_u64 *id, uint64_t expected)
{
    return timer_remove(timer, id, expected);
}

void timer_expire(struct cpu *cpu, uint64_t now_ns, uint32_t budget)
{
    cpu->pending |= CPU_PENDING_REARM;
    for (; budget; budget--) {
        struct pairing_node *first;

        lock_acquire(&cpu->lock);
        first = pairing_first(&cpu->timers);
        if (!first || timer_of(first)->deadline_ns > now_ns) {
            lock_release(&cpu->lock);
            return;
        }
        (void)pairing_remove_first(&cpu->timers);
        sync_store_pointer(&timer_of(first)->cpu, NULL);
        lock_release(&cpu->lock);
        timer_of(first)->fire(timer_of(first));
    }
}

uint64_t timer_next(struct cpu *cpu)
{
    const struct pairing_node *first;
    uint64_t deadline_ns;

    lock_acquire(&cpu->lock);
    first = pairing_first(&cpu->timers);
    deadline_ns = first ? timer_of(first)->deadline_ns : UINT64_MAX;
    lock_release(&cpu->lock);
    return deadline_ns;
}
