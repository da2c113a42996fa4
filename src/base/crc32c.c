/* SPDX-License-Identifier: MIT */
#include "base/crc32c.h"

#include "base/endian.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define HAVE_SSE42 1
#include <nmmintrin.h>
#else
#define HAVE_SSE42 0
#endif

/*
 * Slicing by 8: table k gives the effect of a byte that k more bytes follow. The tables are linear
 * over exclusive or, so that the values of the eight one-bit bytes make up each of them.
 */
#define VALUE(b, c0, c1, c2, c3, c4, c5, c6, c7)                                             \
    (((b)&1 ? (c0) : 0U) ^ ((b)&2 ? (c1) : 0U) ^ ((b)&4 ? (c2) : 0U) ^ ((b)&8 ? (c3) : 0U) ^ \
     ((b)&16 ? (c4) : 0U) ^ ((b)&32 ? (c5) : 0U) ^ ((b)&64 ? (c6) : 0U) ^ ((b)&128 ? (c7) : 0U))
#define ROW4(b, ...)                                                                   \
    VALUE((b), __VA_ARGS__), VALUE((b) + 1, __VA_ARGS__), VALUE((b) + 2, __VA_ARGS__), \
        VALUE((b) + 3, __VA_ARGS__)
#define ROW16(b, ...)                                                               \
    ROW4((b), __VA_ARGS__), ROW4((b) + 4, __VA_ARGS__), ROW4((b) + 8, __VA_ARGS__), \
        ROW4((b) + 12, __VA_ARGS__)
#define ROW64(b, ...)                                                                    \
    ROW16((b), __VA_ARGS__), ROW16((b) + 16, __VA_ARGS__), ROW16((b) + 32, __VA_ARGS__), \
        ROW16((b) + 48, __VA_ARGS__)
#define ROW256(...)                                                             \
    {                                                                           \
        ROW64(0, __VA_ARGS__), ROW64(64, __VA_ARGS__), ROW64(128, __VA_ARGS__), \
            ROW64(192, __VA_ARGS__)                                             \
    }

static const uint32_t tables[8][256] = {
    ROW256(0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf, 0x105ec76f, 0x20bd8ede, 0x417b1dbc,
           0x82f63b78),
    ROW256(0x13a29877, 0x274530ee, 0x4e8a61dc, 0x9d14c3b8, 0x3fc5f181, 0x7f8be302, 0xff17c604,
           0xfbc3faf9),
    ROW256(0xa541927e, 0x4f6f520d, 0x9edea41a, 0x38513ec5, 0x70a27d8a, 0xe144fb14, 0xc76580d9,
           0x8b277743),
    ROW256(0xdd45aab8, 0xbf672381, 0x7b2231f3, 0xf64463e6, 0xe964b13d, 0xd725148b, 0xaba65fe7,
           0x52a0c93f),
    ROW256(0x38116fac, 0x7022df58, 0xe045beb0, 0xc5670b91, 0x8f2261d3, 0x1ba8b557, 0x37516aae,
           0x6ea2d55c),
    ROW256(0xef306b19, 0xdb8ca0c3, 0xb2f53777, 0x6006181f, 0xc00c303e, 0x85f4168d, 0x0e045beb,
           0x1c08b7d6),
    ROW256(0x68032cc8, 0xd0065990, 0xa5e0c5d1, 0x4e2dfd53, 0x9c5bfaa6, 0x3d5b83bd, 0x7ab7077a,
           0xf56e0ef4),
    ROW256(0x493c7d27, 0x9278fa4e, 0x211d826d, 0x423b04da, 0x847609b4, 0x0d006599, 0x1a00cb32,
           0x34019664),
};

static uint32_t
add_byte(uint32_t state, uint8_t byte)
{
    return state >> 8 ^ tables[0][(state ^ byte) & 0xff];
}

static uint32_t
add_eight(uint32_t state, const uint8_t *at)
{
    uint32_t low = state ^ atr_get_u32(at);
    uint32_t high = atr_get_u32(at + 4);

    return tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff] ^
           tables[4][low >> 24] ^ tables[3][high & 0xff] ^ tables[2][high >> 8 & 0xff] ^
           tables[1][high >> 16 & 0xff] ^ tables[0][high >> 24];
}

uint32_t
atr_crc32c_portable(uint32_t crc, const void *bytes, size_t size_bytes)
{
    const uint8_t *at = bytes;
    uint32_t state = ~crc;

    for (; size_bytes >= 8; size_bytes -= 8, at += 8) {
        state = add_eight(state, at);
    }
    for (; size_bytes > 0; size_bytes--, at++) {
        state = add_byte(state, *at);
    }
    return ~state;
}

#if HAVE_SSE42

__attribute__((target("sse4.2"))) static uint32_t
crc32c_sse42(uint32_t crc, const void *bytes, size_t size_bytes)
{
    const uint8_t *at = bytes;
    uint64_t state = (uint32_t)~crc;

    for (; size_bytes >= 8; size_bytes -= 8, at += 8) {
        state = _mm_crc32_u64(state, atr_get_u64(at));
    }
    for (; size_bytes > 0; size_bytes--, at++) {
        state = _mm_crc32_u8((uint32_t)state, *at);
    }
    return ~(uint32_t)state;
}

uint32_t
atr_crc32c(uint32_t crc, const void *bytes, size_t size_bytes)
{
    return __builtin_cpu_supports("sse4.2") ? crc32c_sse42(crc, bytes, size_bytes)
                                            : atr_crc32c_portable(crc, bytes, size_bytes);
}

#else

uint32_t
atr_crc32c(uint32_t crc, const void *bytes, size_t size_bytes)
{
    return atr_crc32c_portable(crc, bytes, size_bytes);
}

#endif
