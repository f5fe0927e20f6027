/* check.c - the answers of check.h for pointers that have to be followed. */
#include "capnp/check.h"

bool wire_check_bytes_followed(struct wire_message *message, uint32_t index,
                               bool text)
{
    struct wire_struct root = wire_root(message);

    if (text) {
        wire_get_text(root, index);
    } else {
        wire_get_data(root, index);
    }
    return !wire_message_error(message);
}

bool wire_check_kind_followed(struct wire_message *message, uint32_t index,
                              bool cap)
{
    struct wire_struct root = wire_root(message);

    if (cap) {
        wire_get_cap(root, index);
    } else {
        wire_get_kind(root, index);
    }
    return !wire_message_error(message);
}

bool wire_check_list_followed(struct wire_message *message, uint32_t index,
                              enum wire_element expected)
{
    wire_get_list(wire_root(message), index, expected);
    return !wire_message_error(message);
}
