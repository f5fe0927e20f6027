/*
 * context.c - scheduling contexts: making them, and their budgets (context.h).
 *
 * Periods are of one length and follow each other from when the context was made
 * or replenished by hand. What is left when one ends is lost; what was run too
 * much is taken off the next. Nobody looks at the clock for a context that no
 * thread runs on: it is brought up to date when it is looked at, and a timer runs
 * only while threads are parked.
 */
#include "sched/context.h"

#include "fail.h"
#include "obj/methods.h"
#include "proc/process.h"
#include "sched/context_books.h"
#include "sched/cpu.h"
#include "sched/run.h"

struct lock context_lock;

static struct list context_list;

/*
 * What each CPU may run before it looks at a budget again, and has perhaps not
 * booked yet; the context is a name only. Under the lock.
 */
static struct {
    const struct sched_context *context;
    uint64_t part_ns;
    uint64_t end_ns;
} context_parts[LIMIT_CPUS];

void context_start(void)
{
    lock_init(&context_lock, LOCK_CONTEXT);
    list_init(&context_list);
}

/* What is left, less than nothing if too much was run. */
static int64_t context_left(const struct sched_context *context)
{
    return (int64_t)sync_load64(&context->left_ns);
}

static void context_trace(enum trace_kind kind,
                          const struct sched_context *context)
{
    if (hal_trace_enabled()) {
        hal_trace(kind, 0, context->object.id,
                  (uint64_t)context_left(context));
    }
}

/* --------------------------------------------------------------- replenishing */

/*
 * What a context has after so many periods: all of them pay for what was run too
 * much, and nothing is saved up.
 */
static int64_t context_after(const struct sched_context *context,
                             uint64_t periods)
{
    int64_t left_ns = context_left(context);
    uint64_t budget_ns = context->budget_ns;
    uint64_t owed_ns = left_ns < 0 ? 0 - (uint64_t)left_ns : 0;

    /* So many periods would not pay for it, and their budgets do not overflow. */
    if (owed_ns && (owed_ns - 1) / budget_ns + 1 >= periods) {
        return left_ns + (int64_t)(periods * budget_ns);
    }
    return (int64_t)budget_ns;
}

/* Other CPUs may book time meanwhile: it counts. */
static void context_refill(struct sched_context *context, int64_t to_ns)
{
    int64_t left_ns = context_left(context);

    (void)sync_add64(&context->left_ns, (uint64_t)to_ns - (uint64_t)left_ns);
    if (context->depleted && context_left(context) > 0) {
        context->depleted = false;
        context_trace(TRACE_REPLENISH, context);
    }
}

/* Begins the period that now is in. Locked. */
static void context_update(struct sched_context *context, uint64_t now_ns)
{
    uint64_t periods;

    if (now_ns < context->period_end_ns) {
        return;
    }
    periods = (now_ns - context->period_end_ns) / context->period_ns + 1;
    context->period_end_ns += periods * context->period_ns;
    context_refill(context, context_after(context, periods));
}

/* If threads wait, the begin of the next period is waited for. Locked. */
static void context_arm(struct sched_context *context)
{
    if (!list_empty(&context->parked) && context->period_ns &&
        !sync_load_pointer(&context->replenishing.cpu)) {
        timer_start(&context->replenishing, context->period_end_ns);
    }
}

/* Takes a thread out of the parked ones; NULL: none may run. */
static struct thread *context_pop(struct sched_context *context)
{
    struct list_node *node = NULL;

    lock_acquire(&context_lock);
    context_update(context, hal_time_now());
    if (context_left(context) > 0) {
        node = list_pop_front(&context->parked);
    }
    context_arm(context);
    lock_release(&context_lock);
    return node ? container_of(node, struct thread, place.link) : NULL;
}

static bool context_parked(const struct thread *thread)
{
    bool linked;

    lock_acquire(&context_lock);
    linked = list_linked(&thread->place.link);
    lock_release(&context_lock);
    return linked;
}

/* Lets the parked threads run, as long as something is left. */
static void context_release(struct sched_context *context)
{
    struct thread *thread;

    while ((thread = context_pop(context))) {
        lock_acquire(&thread->lock);
        /* It may have been let go by somebody else, and be parked again. */
        if (thread->place.parked && !context_parked(thread)) {
            thread->place.parked = false;
            run_unpark(thread);
        }
        lock_release(&thread->lock);
    }
}

static void context_fire(struct timer *timer)
{
    context_release(container_of(timer, struct sched_context, replenishing));
}

void context_replenish(struct sched_context *context)
{
    lock_acquire(&context_lock);
    if (context->period_ns) {
        context->period_end_ns = hal_time_now() + context->period_ns;
    }
    context_refill(context, (int64_t)context->budget_ns);
    lock_release(&context_lock);
    context_release(context);
}

/* ------------------------------------------------------------------ depletion */

static enum work_status context_tell(struct work *work)
{
    struct sched_context *context =
        container_of(work, struct sched_context, notice);

    lock_acquire(&context_lock);
    context->noticing = false;
    lock_release(&context_lock);
    notification_set(context->notification, context->bits);
    object_put(&context->object);
    return WORK_DONE;
}

bool context_used_up(struct sched_context *context, uint64_t now_ns)
{
    lock_assert(&context_lock);
    if (!context->budget_ns) {
        return false;
    }
    context_update(context, now_ns);
    if (context_left(context) > 0) {
        return false;
    }
    if (!context->depleted) {
        context->depleted = true;
        context->depletions++;
        context_trace(TRACE_DEPLETED, context);
        /* A thread's lock may be held, which a notification's comes before. */
        if (context->notification && !context->noticing) {
            context->noticing = true;
            object_get(&context->object);
            work_start(&context->notice);
        }
    }
    return true;
}

/*
 * What the thread may run on, after what was lent and is used up was given back;
 * *used_up: so is that. NULL: none. Locked.
 */
static struct sched_context *context_usable(struct thread *thread,
                                            uint64_t now_ns, bool *used_up)
{
    struct sched_context *context = context_of(&thread->place);

    *used_up = context && context_used_up(context, now_ns);
    if (*used_up && thread->place.lender) {
        context_take_back(thread->place.lender);
        context = context_of(&thread->place);
        *used_up = context && context_used_up(context, now_ns);
    }
    return context;
}

bool context_admit(struct cpu *cpu, struct thread *thread)
{
    struct sched_context *context;
    bool used_up;

    lock_assert(&thread->lock);
    lock_acquire(&context_lock);
    context = context_usable(thread, hal_time_now(), &used_up);
    if (used_up) {
        list_push_back(&context->parked, &thread->place.link);
        thread->place.parked = true;
        context_arm(context);
    } else {
        context_set(thread, context); /* others may share it by now */
    }
    lock_release(&context_lock);
    cpu->pending |= CPU_PENDING_REARM;
    return !used_up;
}

void context_unpark(struct thread *thread)
{
    lock_assert(&thread->lock);
    lock_acquire(&context_lock);
    list_remove(&thread->place.link);
    lock_release(&context_lock);
    thread->place.parked = false;
}

void context_tick(struct cpu *cpu, uint64_t now_ns)
{
    bool used_up;

    run_account(cpu);
    lock_acquire(&context_lock);
    (void)context_usable(cpu->current, now_ns, &used_up);
    lock_release(&context_lock);
    if (used_up) {
        cpu->pending |= CPU_PENDING_RESCHED;
    }
}

/*
 * What other CPUs are about to book. One whose part is over books it at once, but
 * several may end together. Locked.
 */
static uint64_t context_promised(const struct cpu *cpu,
                                 const struct sched_context *context,
                                 uint64_t now_ns)
{
    uint64_t sum_ns = 0;

    for (uint32_t i = 0; i < cpu_count(); i++) {
        if (i != cpu->number && context_parts[i].context == context &&
            context_parts[i].end_ns + CONTEXT_LOOK_NS > now_ns) {
            sum_ns += context_parts[i].part_ns;
        }
    }
    return sum_ns;
}

/* This CPU's part of what is left, and nobody else's. Locked. */
static uint64_t context_part(const struct cpu *cpu,
                             const struct sched_context *context,
                             uint64_t now_ns)
{
    int64_t left_ns = context_left(context);
    uint64_t least_ns = CONTEXT_LOOK_NS;
    uint64_t cpus = cpu_count();
    uint64_t part_ns;
    int64_t free_ns =
        left_ns - (int64_t)context_promised(cpu, context, now_ns);

    if (left_ns <= 0) {
        return 0;
    }
    if (context->sharers < cpus) {
        cpus = context->sharers ? context->sharers : 1;
    }
    if ((uint64_t)left_ns < least_ns) {
        least_ns = (uint64_t)left_ns;
    }
    part_ns = free_ns > 0 ? (uint64_t)free_ns / cpus : 0;
    return part_ns < least_ns ? least_ns : part_ns;
}

uint64_t context_deadline(const struct cpu *cpu)
{
    struct sched_context *context;
    uint64_t now_ns = hal_time_now();
    uint64_t end_ns = UINT64_MAX;

    lock_acquire(&context_lock);
    context = context_of(&cpu->current->place);
    if (context && context->budget_ns) {
        uint64_t part_ns;

        context_update(context, now_ns);
        part_ns = context_part(cpu, context, now_ns);
        end_ns = sync_load64(&cpu->slice_start_ns) + part_ns;
        if (context->period_end_ns < end_ns) {
            end_ns = context->period_end_ns;
        }
        context_parts[cpu->number].context = context;
        context_parts[cpu->number].part_ns = part_ns;
        context_parts[cpu->number].end_ns = end_ns;
    }
    lock_release(&context_lock);
    return end_ns;
}

void context_charge(struct sched_context *context, uint64_t ran_ns)
{
    (void)sync_add64(&context->used_ns, ran_ns);
    if (context->budget_ns) {
        (void)sync_add64(&context->left_ns, 0 - ran_ns);
    }
}

/* --------------------------------------------------------------------- weight */

/* A thread's weight: its own, or its part of the context's. Locked. */
static void context_weigh(struct thread *thread,
                          const struct sched_context *context)
{
    uint32_t weight = thread->own_weight;

    if (context) {
        weight = context->weight;
        if (context->sharers > 1) {
            weight /= context->sharers;
        }
        weight += weight == 0;
    }
    sync_store(&thread->weight, weight);
    sync_store64(&thread->quantum_virtual_ns,
                 (uint64_t)QUANTUM_NS * THREAD_WEIGHT_ONE / weight);
}

void context_set(struct thread *thread, struct sched_context *context)
{
    lock_assert(&context_lock);
    sync_store_pointer(&thread->place.runs_on, context);
    context_weigh(thread, context);
}

/* ------------------------------------------------------------------ the object */

static int32_t context_check(const struct context_request *request)
{
    uint64_t budget_ns = request->budget_ns;
    uint64_t period_ns = request->period_ns;

    if (request->weight < THREAD_WEIGHT_MIN ||
        request->weight > THREAD_WEIGHT_MAX) {
        return FAIL(ERR_INVALID, "weight: 16 to 65536");
    }
    if (!budget_ns && (period_ns || request->notification)) {
        return FAIL(ERR_INVALID, "a period or notice without budget");
    }
    if (budget_ns && (budget_ns < CONTEXT_BUDGET_NS_MIN ||
                      budget_ns > CONTEXT_PERIOD_NS_MAX)) {
        return FAIL(ERR_INVALID, "budget: 0.1 ms to 100 s");
    }
    if (period_ns && (period_ns < CONTEXT_PERIOD_NS_MIN ||
                      period_ns > CONTEXT_PERIOD_NS_MAX ||
                      budget_ns > period_ns)) {
        return FAIL(ERR_INVALID, "period: 1 ms to 100 s, not below the budget");
    }
    return 0;
}

static void context_init(struct sched_context *context,
                         const struct context_request *request)
{
    context->weight = request->weight;
    context->budget_ns = request->budget_ns;
    context->period_ns = request->period_ns;
    context->bits = request->bits;
    context->notification = request->notification;
    if (context->notification) {
        object_get(context->notification);
    }
    sync_store64(&context->left_ns, request->budget_ns);
    context->period_end_ns = request->period_ns
                                 ? hal_time_now() + request->period_ns
                                 : UINT64_MAX;
    list_init(&context->bindings);
    list_init(&context->parked);
    context->replenishing.fire = context_fire;
    list_node_init(&context->notice.link);
    context->notice.step = context_tell;
    lock_acquire(&context_lock);
    list_push_back(&context_list, &context->link);
    lock_release(&context_lock);
}

int32_t context_create(struct ledger *ledger,
                       const struct context_request *request,
                       struct sched_context **out)
{
    struct object *object;
    int32_t error = context_check(request);

    if (!error) {
        error = ledger_charge(ledger, LEDGER_WEIGHT, request->weight);
    }
    if (error) {
        return error;
    }
    error = object_create(sizeof(struct sched_context),
                          &scheduling_context_type, ledger, &object);
    if (error) {
        ledger_refund(ledger, LEDGER_WEIGHT, request->weight);
        return error;
    }
    *out = container_of(object, struct sched_context, object);
    context_init(*out, request);
    return 0;
}

/*
 * The last reference went, so nothing is bound or parked. A tick of another CPU
 * may just have taken the timer out: it finds nobody to wake.
 */
void context_destroy(struct object *object)
{
    struct sched_context *context =
        container_of(object, struct sched_context, object);

    ASSERT(list_empty(&context->bindings) && list_empty(&context->parked));
    lock_acquire(&context_lock);
    (void)timer_stop(&context->replenishing);
    list_remove(&context->link);
    lock_release(&context_lock);
    ledger_refund(object->ledger, LEDGER_WEIGHT, context->weight);
    if (context->notification) {
        object_put(context->notification);
    }
}

void context_look(struct sched_context *context, struct context_look *look)
{
    struct cpu *cpu = cpu_self();

    if (cpu->current && context_of(&cpu->current->place) == context) {
        run_account(cpu);
    }
    lock_acquire(&context_lock);
    if (context->budget_ns) {
        context_update(context, hal_time_now());
    }
    *look = (struct context_look){
        .left_ns = context_left(context),
        .used_ns = sync_load64(&context->used_ns),
        .depletions = context->depletions,
        .threads = context->sharers,
    };
    lock_release(&context_lock);
}

uint64_t context_weight_of(const struct ledger *ledger)
{
    uint64_t weight = 0;

    lock_acquire(&context_lock);
    for (struct list_node *node = list_first(&context_list); node;
         node = list_next(&context_list, node)) {
        const struct sched_context *context =
            container_of(node, struct sched_context, link);

        if (context->object.ledger == ledger) {
            weight += context->weight;
        }
    }
    lock_release(&context_lock);
    return weight;
}
