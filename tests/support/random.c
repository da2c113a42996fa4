/* SPDX-License-Identifier: MIT */
#include "support/support.h"

/* Sums and products wrap by design; 64 bits at a time, so no value is narrowed on the way. */
uint64_t
test_random_u64(struct test_random *random)
{
    uint64_t z = 0;

    random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = random->state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint32_t
test_random_u32(struct test_random *random)
{
    return (uint32_t)(test_random_u64(random) >> 32);
}

uint32_t
test_random_below(struct test_random *random, uint32_t limit)
{
    return (uint32_t)(((uint64_t)test_random_u32(random) * limit) >> 32);
}

void
test_random_fill(struct test_random *random, void *bytes, size_t size)
{
    uint8_t *out = bytes;

    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(test_random_u64(random) >> 56);
    }
}
