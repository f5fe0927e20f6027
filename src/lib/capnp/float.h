/*
 * float.h - accessors of floating-point fields.
 *
 * Apart from wire.h and build.h, because the kernel is compiled without
 * floating-point registers; a generated header includes it only when its
 * schema has such fields. Defaults are given as bits, as the wire has them.
 */
#ifndef CAPOS_CAPNP_FLOAT_H
#define CAPOS_CAPNP_FLOAT_H

#include "capnp/build.h"

static inline float wire_get_f32(struct wire_struct s, uint32_t offset,
                                 uint32_t otherwise)
{
    uint32_t bits = wire_get_u32(s, offset, otherwise);
    float value;

    __builtin_memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline double wire_get_f64(struct wire_struct s, uint32_t offset,
                                  uint64_t otherwise)
{
    uint64_t bits = wire_get_u64(s, offset, otherwise);
    double value;

    __builtin_memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline float wire_list_f32(struct wire_list list, uint32_t i)
{
    return wire_get_f32(wire_list_struct(list, i), 0, 0);
}

static inline double wire_list_f64(struct wire_list list, uint32_t i)
{
    return wire_get_f64(wire_list_struct(list, i), 0, 0);
}

static inline void wire_set_f32(struct wire_builder_struct s, uint32_t offset,
                                float value, uint32_t otherwise)
{
    uint32_t bits;

    __builtin_memcpy(&bits, &value, sizeof(bits));
    wire_set_u32(s, offset, bits, otherwise);
}

static inline void wire_set_f64(struct wire_builder_struct s, uint32_t offset,
                                double value, uint64_t otherwise)
{
    uint64_t bits;

    __builtin_memcpy(&bits, &value, sizeof(bits));
    wire_set_u64(s, offset, bits, otherwise);
}

static inline void wire_put_f32(struct wire_builder_list list, uint32_t i,
                                float value)
{
    wire_set_f32(wire_builder_element(list, i), 0, value, 0);
}

static inline void wire_put_f64(struct wire_builder_list list, uint32_t i,
                                double value)
{
    wire_set_f64(wire_builder_element(list, i), 0, value, 0);
}

#endif
