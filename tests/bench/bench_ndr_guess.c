/* SPDX-License-Identifier: MIT */
/* Time of one guess, for stubs as a listing meets them. */
#include "decode/ndr_guess.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    ROUNDS = 2000000,
    STUB_BYTES = 120
};

static uint64_t
now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void
bench(const char *name, const uint8_t *bytes, size_t size, bool is_response)
{
    struct atr_ndr_guess_options options = {.is_response = is_response};
    struct atr_arena arena;
    uint64_t begin;
    uint64_t items = 0;

    atr_arena_init(&arena, atr_heap_default(), ATR_EVENT_ARENA_BYTES);
    begin = now_ns();
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct atr_ndr_view view = {.bytes = {bytes, size}, .original_bytes = size};

        atr_arena_reset(&arena);
        atr_ndr_guess(&arena, &view, &options);
        items += view.item_count;
    }
    printf("%-28s %4zu bytes %2llu values %6.1f ns\n", name, size,
           (unsigned long long)(items / ROUNDS), (double)(now_ns() - begin) / ROUNDS);
    atr_arena_fini(&arena);
}

static void
put_u32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static void
put_text(uint8_t *at, const char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        at[2 * i] = (uint8_t)text[i];
    }
}

int
main(void)
{
    static const char text[] = "Please wait for the Windows Modules Installer";
    uint8_t bytes[STUB_BYTES] = {0};
    uint64_t state = 1;

    bench("zeros", bytes, sizeof(bytes), false);
    for (uint32_t i = 0; i < STUB_BYTES / 4; i++) {
        put_u32(bytes + 4 * (size_t)i, i % 3 == 0 ? 0 : i * 7);
    }
    bench("small numbers", bytes, sizeof(bytes), false);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        bytes[i] = (uint8_t)(state >> 56);
    }
    bench("random", bytes, sizeof(bytes), false);
    memset(bytes, 0, sizeof(bytes));
    bench("zeros, a response", bytes, 8, true);
    put_u32(bytes, sizeof(text));
    put_u32(bytes + 16, sizeof(text));
    put_text(bytes + 24, text);
    bench("a string, NDR64", bytes, sizeof(bytes), false);
    return 0;
}
