/*
 * copy.c - the canonical copy (copy.h).
 *
 * An object is measured before it is allocated, and its children are copied in
 * pointer order right after it: that order of allocation is the canonical one.
 */
#include "capnp/copy.h"

#include "errors.h"

/* Sizes of a struct's sections without their trailing zeros. */
struct extent {
    uint16_t data_words;
    uint16_t pointers;
};

static void wire_copy_body(struct wire_struct from,
                           struct wire_builder_struct to);

static void wire_measure(struct wire_struct s, struct extent *extent)
{
    uint32_t data_words = s.data_bytes / 8;
    uint16_t pointers = s.pointer_count;

    while (data_words > extent->data_words &&
           wire_get_u64(s, 8 * (data_words - 1), 0) == 0) {
        data_words--;
    }
    while (pointers > extent->pointers && s.pointers[pointers - 1] == 0) {
        pointers--;
    }
    if (data_words > extent->data_words) {
        extent->data_words = (uint16_t)data_words;
    }
    if (pointers > extent->pointers) {
        extent->pointers = pointers;
    }
}

static void wire_copy_structs(struct wire_list from,
                              struct wire_builder_struct to, uint32_t index)
{
    struct extent extent = {0, 0};
    struct wire_builder_list list;

    for (uint32_t i = 0; i < from.count; i++) {
        wire_measure(wire_list_struct(from, i), &extent);
    }
    list = wire_init_structs(to, index, from.count, extent.data_words,
                             extent.pointers);
    for (uint32_t i = 0; i < list.count; i++) {
        wire_copy_body(wire_list_struct(from, i),
                       wire_builder_element(list, i));
    }
}

static void wire_copy_bytes(struct wire_list from,
                            struct wire_builder_struct to, uint32_t index)
{
    uint64_t bits = (uint64_t)from.count * from.step_bits;
    struct wire_builder_list list;

    list = wire_init_list(to, index, (enum wire_element)from.element,
                          from.count);
    if (list.count == 0 || bits == 0) {
        return;
    }
    __builtin_memcpy(list.bytes, from.bytes, (size_t)((bits + 7) / 8));
    if (bits % 8 != 0) {
        list.bytes[bits / 8] &= (uint8_t)((1u << bits % 8) - 1);
    }
}

static void wire_copy_pointer(struct wire_struct from, uint32_t from_index,
                              struct wire_builder_struct to, uint32_t index);

static void wire_copy_list(struct wire_list from,
                           struct wire_builder_struct to, uint32_t index)
{
    struct wire_builder_list list;

    if (from.element == WIRE_COMPOSITE) {
        wire_copy_structs(from, to, index);
        return;
    }
    if (from.element != WIRE_POINTER) {
        wire_copy_bytes(from, to, index);
        return;
    }
    list = wire_init_list(to, index, WIRE_POINTER, from.count);
    for (uint32_t i = 0; i < list.count; i++) {
        wire_copy_pointer(wire_list_struct(from, i), 0,
                          wire_builder_element(list, i), 0);
    }
}

static void wire_copy_pointer(struct wire_struct from, uint32_t from_index,
                              struct wire_builder_struct to, uint32_t index)
{
    enum wire_kind kind = wire_get_kind(from, from_index);

    if (kind == WIRE_KIND_STRUCT) {
        struct wire_struct s = wire_get_struct(from, from_index);
        struct extent extent = {0, 0};

        wire_measure(s, &extent);
        wire_copy_body(s, wire_init_struct(to, index, extent.data_words,
                                           extent.pointers));
    } else if (kind == WIRE_KIND_LIST) {
        struct wire_list list = wire_get_list(from, from_index, WIRE_ANY);

        if (list.message) {
            wire_copy_list(list, to, index);
        }
    } else if (kind == WIRE_KIND_CAP) {
        wire_set_cap(to, index, wire_get_cap(from, from_index));
    }
}

static void wire_copy_body(struct wire_struct from,
                           struct wire_builder_struct to)
{
    uint32_t bytes = from.data_bytes < to.data_bytes ? from.data_bytes
                                                     : to.data_bytes;

    if (bytes) {
        __builtin_memcpy(to.data, from.data, bytes);
    }
    for (uint32_t i = 0; i < to.pointer_count && !to.builder->error; i++) {
        wire_copy_pointer(from, i, to, i);
    }
}

int32_t wire_copy(struct wire_struct s, struct wire_builder *builder)
{
    struct extent extent = {0, 0};

    wire_measure(s, &extent);
    wire_copy_body(s, wire_builder_root(builder, extent.data_words,
                                        extent.pointers));
    if (s.message && s.message->error) {
        return ERR_BAD_MESSAGE;
    }
    return wire_builder_bytes(builder);
}
