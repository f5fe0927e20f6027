/*
 * client.h - a service's client that finds the service again.
 *
 * A service that has died takes its endpoint along: calls end with
 * ERR_DISCONNECTED. The program's Directory ("directory" in its CapSet) gives
 * out a capability to the next instance, under the name that the manifest
 * chose. struct client keeps what is needed for that:
 *
 *     struct client echo;
 *
 *     client_open(&echo, "echo", ECHO_INTERFACE_ID);
 *     status = client_call(&echo, echo_add, 1, 2, &sum);
 *
 * What client_call repeats may have been done already by the instance that died:
 * it is for calls that may happen twice. For others, call the stub with
 * client.cap, and after ERR_DISCONNECTED decide, then client_reconnect.
 *
 * A client belongs to one thread at a time.
 */
#ifndef CAPOS_RT_CLIENT_H
#define CAPOS_RT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "thread.h"

/* So often does client_call ask for another instance before it gives up. */
#define CLIENT_TRIES_MAX 16u

struct client {
    const char *name;
    uint64_t interface_id;
    uint64_t cap; /* what stubs are called with; CAP_NONE after a failure */
    uint32_t reconnects; /* since client_open */
    uint32_t tries;      /* of the present client_call */
    bool owned;          /* cap came from the directory */
};

/*
 * The capability of that name and interface: the one in the CapSet, or, if
 * there is none, one from the directory. 0, or as client_reconnect.
 */
int32_t client_open(struct client *client, const char *name,
                    uint64_t interface_id);

/*
 * Gives the capability up and asks the directory for another; waits until the
 * service is ready. 0; ERR_NOT_FOUND: no directory, or not a name of it;
 * ERR_DISCONNECTED: the service was given up; ERR_OVERLOADED: too many lookups
 * wait; ERR_BAD_CAPABILITY: the service does not offer that interface.
 */
int32_t client_reconnect(struct client *client);

/* Gives the capability up, unless it is the process's own from its CapSet. */
void client_close(struct client *client);

/*
 * True if a call that ended with status is worth repeating, because client now
 * has another capability. At most CLIENT_TRIES_MAX times in a row.
 */
bool client_again(struct client *client, int32_t status);

/*
 * Calls a generated stub that waits: stub(rt(), client->cap, ...), again after
 * each reconnection. Arguments are evaluated each time. The stub's result.
 */
#define client_call(client, stub, ...)                                        \
    ({                                                                        \
        int32_t client_status;                                                \
                                                                              \
        do {                                                                  \
            client_status = stub(rt(), (client)->cap, ##__VA_ARGS__);         \
        } while (client_again((client), client_status));                      \
        client_status;                                                        \
    })

#endif
