/*
 * ring.pml - the protocol of a thread's ring, for Spin.
 *
 * One program submits OPS operations through a submission queue of SQ entries,
 * enters, and reads a completion queue of CQ entries. The kernel accepts an entry
 * only with a place for its completion; it completes an operation at once, or
 * another CPU does so later. Places: `promised` is the owner's alone, `kept` grows
 * under the lock, after the tail that it stands for.
 *
 * What must hold, in every interleaving:
 *   the completion queue never overflows
 *   what is read was written, and is read once
 *   every accepted operation completes exactly once
 *   a thread that waits is woken when what it waits for is there (no invalid end
 *   state), and finds at least that many
 *
 * With -DUNPROMISED (accepting without a place), -DUNLOCKED_WAIT (looking before
 * the lock is taken) or -DEARLY_TAIL (publishing before writing) Spin must find an
 * error: tests/model/run-spin tries that too.
 */
#define SQ 2
#define CQ 2
#define OPS 4
#define NOTHING 255

byte sq_tail, sq_head, cq_tail, cq_head;
byte sqes[SQ];
byte cqes[CQ] = NOTHING;
byte promised, kept;
bool locked, waiting;
byte wake_tail;
byte completed[OPS];
byte seen[OPS];
chan later = [OPS] of { byte };

inline lock()
{
    atomic { !locked -> locked = true }
}

inline unlock()
{
    locked = false
}

/* Writes a completion; the lock is held. */
inline post(op)
{
    assert(cq_tail - cq_head < CQ);
    completed[op]++;
    assert(completed[op] == 1);
#ifdef EARLY_TAIL
    cq_tail++;
    cqes[(cq_tail - 1) % CQ] = op;
#else
    cqes[cq_tail % CQ] = op;
    cq_tail++
#endif
}

/* Another CPU, on which operations end. */
active [2] proctype other_cpu()
{
    byte ended;

end:
    do
    :: later?ended ->
        lock();
        post(ended);
        kept++;
        if
        :: waiting && cq_tail == wake_tail -> waiting = false
        :: else
        fi;
        unlock()
    od
}

/* The CPU of the program: what it does in the kernel and outside. */
active proctype program()
{
    byte next, tail, op, available, wanted, used, k, read;

    do
    :: read == OPS -> break
    :: read < OPS ->
        /* Submit what there is room for, and show it. */
        do
        :: next < OPS && sq_tail - sq_head < SQ ->
            sqes[sq_tail % SQ] = next;
            sq_tail++;
            next++
        :: break
        od;

        /* In the kernel: drain. */
        tail = sq_tail;
        do
        :: sq_head == tail -> break
        :: else ->
            k = kept;
            used = cq_tail - cq_head + promised - k;
            if
            :: used >= CQ ->
#ifndef UNPROMISED
                break
#endif
            :: used < CQ
            fi;
            op = sqes[sq_head % SQ];
            sq_head++;
            if
            :: lock(); post(op); unlock()
            :: promised++; later!op
            fi
        od;

        /* Wait for no more than what will come. */
        wanted = sq_head - read;
        if
        :: wanted > CQ -> wanted = CQ
        :: else
        fi;
        do
        :: wanted > 0 -> wanted--
        :: break
        od;
#ifdef UNLOCKED_WAIT
        available = cq_tail - cq_head;
        lock();
#else
        lock();
        available = cq_tail - cq_head;
#endif
        if
        :: available < wanted ->
            wake_tail = cq_tail - available + wanted;
            waiting = true;
            unlock();
            !waiting;
            available = wanted
        :: else -> unlock()
        fi;
        assert(available <= cq_tail - cq_head);

        /* Outside: read as many as the gate said, or as the tail says now. */
        if
        :: available = cq_tail - cq_head
        :: true
        fi;
        do
        :: available == 0 -> break
        :: else ->
            op = cqes[cq_head % CQ];
            assert(op != NOTHING);
            cqes[cq_head % CQ] = NOTHING;
            cq_head++;
            available--;
            seen[op]++;
            assert(seen[op] == 1 && completed[op] == 1);
            read++
        od
    od
}
