/* client.c - asking the directory; see client.h. */
#include "client.h"

#include "calls.h"
#include "cap.h"
#include "exception.h"
#include "process.h"
#include "text.h"

#define LOOKUP_BYTES                                                          \
    (DIRECTORY_LOOKUP_BUFFER_BYTES + ((NAME_BYTES_MAX + 8u) & ~7u))

/* The directory's exceptions, in the words of client_reconnect. */
static int32_t lookup_error(const struct rpc *rpc)
{
    struct exception exception;
    int32_t status = exception_read(rpc, &exception);

    if (status != ERR_EXCEPTION && status != ERR_EXCEPTION_TRUNCATED) {
        return status;
    }
    switch (exception.kind) {
    case CAP_EXCEPTION_KIND_DISCONNECTED:
        return ERR_DISCONNECTED;
    case CAP_EXCEPTION_KIND_OVERLOADED:
        return ERR_OVERLOADED;
    default:
        return ERR_NOT_FOUND;
    }
}

static int32_t lookup(const char *name, uint64_t *cap, uint64_t *interface_id)
{
    uint64_t directory = capset_find("directory", DIRECTORY_INTERFACE_ID);
    uint64_t memory[LOOKUP_BYTES / 8];
    struct rpc_buffer buffer;
    struct rpc rpc = {.complete = NULL};
    struct wire_text text = {name, (uint32_t)text_length(name)};
    int32_t status;

    if (directory == CAP_NONE) {
        return ERR_NOT_FOUND;
    }
    rpc_buffer_init(&buffer, memory, sizeof(memory));
    status = directory_lookup_submit(rt(), &rpc, directory, text, &buffer);
    if (status < 0) {
        return status;
    }
    status = transport_await(rt(), &rpc);
    if (status < 0) {
        return rpc.done ? lookup_error(&rpc) : status;
    }
    return directory_lookup_finish(&rpc, cap, interface_id);
}

int32_t client_reconnect(struct client *client)
{
    uint64_t interface_id = 0;
    uint64_t cap = CAP_NONE;
    int32_t status;

    client_close(client);
    status = lookup(client->name, &cap, &interface_id);
    if (status >= 0 && interface_id != client->interface_id) {
        status = ERR_BAD_CAPABILITY;
    }
    if (status < 0) {
        cap_release(cap);
        return status;
    }
    client->cap = cap;
    client->owned = true;
    client->reconnects++;
    return 0;
}

int32_t client_open(struct client *client, const char *name,
                    uint64_t interface_id)
{
    int32_t status;

    *client = (struct client){
        .name = name,
        .interface_id = interface_id,
        .cap = capset_find(name, interface_id),
    };
    if (client->cap != CAP_NONE) {
        return 0;
    }
    status = client_reconnect(client);
    client->reconnects = 0;
    return status;
}

void client_close(struct client *client)
{
    uint64_t cap = cap_take(&client->cap);

    if (client->owned) {
        cap_release(cap);
    }
    client->owned = false;
}

bool client_again(struct client *client, int32_t status)
{
    bool gone = status == ERR_DISCONNECTED ||
                (status == ERR_BAD_CAPABILITY && client->cap == CAP_NONE);

    if (!gone || client->tries == CLIENT_TRIES_MAX) {
        client->tries = 0;
        return false;
    }
    client->tries++;
    if (client_reconnect(client) < 0) {
        client->tries = 0;
        return false;
    }
    return true;
}
