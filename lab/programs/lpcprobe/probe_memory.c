/* SPDX-License-Identifier: MIT */
/* What the compiler calls by itself; built with -ffreestanding, or each would call itself. */
#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *left, const void *right, size_t size);

void *
memcpy(void *to, const void *from, size_t size)
{
    unsigned char *out = to;
    const unsigned char *in = from;

    while (size-- > 0) {
        *out++ = *in++;
    }
    return to;
}

void *
memset(void *to, int value, size_t size)
{
    unsigned char *out = to;

    while (size-- > 0) {
        *out++ = (unsigned char)value;
    }
    return to;
}

int
memcmp(const void *left, const void *right, size_t size)
{
    const unsigned char *a = left;
    const unsigned char *b = right;

    for (; size > 0; size--, a++, b++) {
        if (*a != *b) {
            return *a < *b ? -1 : 1;
        }
    }
    return 0;
}
