/*
 * park.pml - PARK, UNPARK, timeouts and cancelling, for Spin.
 *
 * WAITERS threads wait for a word to become 1: each looks at it and parks if it is
 * still 0. The kernel reads the word again and queues the operation, both under the
 * bucket's lock. One program sets the word, then unparks everybody; a CPU whose
 * timer fires at any moment takes an operation out as well. Whoever takes one out
 * of the bucket completes it before the bucket is unlocked.
 *
 * What must hold, in every interleaving:
 *   nobody stays parked once the word was set and everybody unparked (no invalid
 *   end state)
 *   an operation that was queued completes exactly once, and no other does
 *   UNPARK wakes only those who are parked, and says how many
 *
 * With -DUNLOCKED_READ (the word read before the bucket is locked), -DUNPARK_FIRST
 * (unparking before the word is set) or -DTAKE_TWICE (a timeout that does not look
 * whether the operation is still there) Spin must find an error.
 */
#define WAITERS 2
#define ROUNDS 2
#define TIMEOUTS 2

bool word, locked;
bool parked[WAITERS];   /* in the bucket */
bool answered[WAITERS]; /* its completion is there, not yet read */
byte queued, completed;

inline lock()
{
    atomic { !locked -> locked = true }
}

inline unlock()
{
    locked = false
}

/* Takes an operation out and completes it; locked. */
inline finish(who)
{
    parked[who] = false;
    assert(!answered[who]);
    answered[who] = true;
    completed++;
    assert(completed <= queued)
}

active [WAITERS] proctype waiter()
{
    bool value;

    do
    :: word -> break
    :: else ->
        /* It has seen 0 and parks, expecting 0. */
#ifdef UNLOCKED_READ
        value = word;
        lock();
#else
        lock();
        value = word;
#endif
        if
        :: value -> unlock() /* ERR_VALUE_CHANGED */
        :: else ->
            queued++;
            parked[_pid] = true;
            unlock();
            answered[_pid]; /* waits in the gate */
            assert(!parked[_pid]);
            answered[_pid] = false
        fi
    od
}

active proctype waker()
{
    byte i, woken, were;

#ifdef UNPARK_FIRST
    lock();
    i = 0;
    do
    :: i == WAITERS -> break
    :: i < WAITERS ->
        if
        :: parked[i] -> finish(i)
        :: else
        fi;
        i++
    od;
    unlock();
    word = true
#else
    word = true;
    lock();
    i = 0;
    do
    :: i == WAITERS -> break
    :: i < WAITERS -> were = were + parked[i]; i++
    od;
    i = 0;
    do
    :: i == WAITERS -> break
    :: i < WAITERS ->
        if
        :: parked[i] -> finish(i); woken++
        :: else
        fi;
        i++
    od;
    assert(woken == were);
    unlock()
#endif
}

/* Timeouts and cancels: at any moment, of whoever is parked then. */
active proctype timeouts()
{
    byte left = TIMEOUTS;
    byte who;

    do
    :: left == 0 -> break
    :: left > 0 ->
        if
        :: who = 0
        :: who = WAITERS - 1
        fi;
        if
        :: parked[who] -> /* the timer fired; then the bucket is locked */
            lock();
#ifdef TAKE_TWICE
            finish(who);
#else
            if
            :: parked[who] -> finish(who)
            :: else
            fi;
#endif
            unlock()
        :: true
        fi;
        left--
    od
}
