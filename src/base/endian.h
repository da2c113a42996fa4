/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* Little-endian numbers at addresses without alignment. The caller knows that the bytes are there.
 */

static inline uint8_t *
atr_put_u8(uint8_t *at, uint8_t value)
{
    at[0] = value;
    return at + 1;
}

static inline uint8_t *
atr_put_u16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value & 0xff);
    at[1] = (uint8_t)(value >> 8);
    return at + 2;
}

static inline uint8_t *
atr_put_u32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value & 0xff);
    at[1] = (uint8_t)(value >> 8 & 0xff);
    at[2] = (uint8_t)(value >> 16 & 0xff);
    at[3] = (uint8_t)(value >> 24);
    return at + 4;
}

static inline uint8_t *
atr_put_u64(uint8_t *at, uint64_t value)
{
    return atr_put_u32(atr_put_u32(at, (uint32_t)(value & UINT32_MAX)), (uint32_t)(value >> 32));
}

static inline uint16_t
atr_get_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t
atr_get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t
atr_get_u64(const uint8_t *at)
{
    return (uint64_t)atr_get_u32(at) | (uint64_t)atr_get_u32(at + 4) << 32;
}
