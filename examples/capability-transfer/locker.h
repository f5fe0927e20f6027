/* locker.h - the service of capability-transfer, in a process of its own. */
#ifndef CAPOS_EXAMPLE_LOCKER_H
#define CAPOS_EXAMPLE_LOCKER_H

#define LOCKERS 32u

/* Serves the endpoint "service" until it is killed; the exit code. */
int locker_serve(void);

#endif
