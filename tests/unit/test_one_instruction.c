/* SPDX-License-Identifier: MIT */
#include "support/support.h"
#include "wire/one_instruction.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the imaginary routine lies; aligned to a unit. */
#define AT 0xfffff80012345670ull

struct sample {
    const char *hex;
    uint8_t length; /* 0: must be refused */
    bool is_relative;
};

/* First instructions of routines as compilers write them, and some no routine begins with. */
static const struct sample samples[] = {
    {"48 89 5c 24 08", 5, false},                                  /* mov [rsp+8], rbx */
    {"4c 89 4c 24 20", 5, false},                                  /* mov [rsp+20h], r9 */
    {"48 8b c4", 3, false},                                        /* mov rax, rsp */
    {"40 55", 2, false},                                           /* push rbp */
    {"41 57", 2, false},                                           /* push r15 */
    {"53", 1, false},                                              /* push rbx */
    {"48 83 ec 28", 4, false},                                     /* sub rsp, 28h */
    {"48 81 ec 88 00 00 00", 7, false},                            /* sub rsp, 88h */
    {"b8 34 12 00 00", 5, false},                                  /* mov eax, imm32 */
    {"48 b8 01 02 03 04 05 06 07 08", 10, false},                  /* mov rax, imm64 */
    {"66 b8 34 12", 4, false},                                     /* mov ax, imm16 */
    {"65 48 8b 04 25 88 01 00 00", 9, false},                      /* mov rax, gs:[188h] */
    {"0f b6 01", 3, false},                                        /* movzx eax, byte [rcx] */
    {"66 0f 6f 01", 4, false},                                     /* movdqa xmm0, [rcx] */
    {"0f 1f 84 00 00 00 00 00", 8, false},                         /* nop */
    {"f6 01 20", 3, false},                                        /* test byte [rcx], 20h */
    {"f6 d0", 2, false},                                           /* not al */
    {"f7 05 10 00 00 00 78 56 34 12", 10, true},                   /* test [rip+10h], imm32 */
    {"48 8b 05 10 00 00 00", 7, true},                             /* mov rax, [rip+10h] */
    {"48 8d 05 10 00 00 00", 7, true},                             /* lea rax, [rip+10h] */
    {"e8 00 00 00 00", 5, true},                                   /* call */
    {"74 10", 2, true},                                            /* je */
    {"0f 84 10 00 00 00", 6, true},                                /* je */
    {"ff 25 00 00 00 00", 6, true},                                /* jmp [rip] */
    {"ff d0", 2, true},                                            /* call rax */
    {"ff c0", 2, false},                                           /* inc eax */
    {"48 8b 04 25 10 00 00 00", 8, false},                         /* mov rax, [10h] */
    {"42 8b 84 8d 10 00 00 00", 8, false},                         /* mov eax, [rbp+r9*4+10h] */
    {"c5 f8 77", 0, false},                                        /* vzeroupper: unknown here */
    {"c3", 0, false},                                              /* ret: nothing to detour */
    {"f0 48 0f b1 11", 0, false},                                  /* lock cmpxchg: unknown here */
    {"48 66 89 c8", 0, false},                                     /* REX not before the opcode */
    {"06", 0, false},                                              /* not in 64-bit code */
    {"66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90", 0, false}, /* too long */
};

static void
lengths_are_those_of_the_manual(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct atr_instruction found = {0, false};
        uint8_t *bytes;
        size_t size;

        test_hex(samples[i].hex, strlen(samples[i].hex), &bytes, &size);
        CHECK_UINT(atr_instruction_decode(bytes, size, &found), samples[i].length != 0);
        CHECK_UINT(found.length, samples[i].length);
        CHECK_UINT(found.is_relative, samples[i].is_relative);
        free(bytes);
    }
}

static void
every_short_prefix_is_refused_and_not_read_past(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        uint8_t *bytes;
        size_t size;

        test_hex(samples[i].hex, strlen(samples[i].hex), &bytes, &size);
        for (size_t cut = 0; cut < samples[i].length; cut++) {
            uint8_t *guarded = test_guarded(bytes, cut);
            struct atr_instruction found;

            assert_false(atr_instruction_decode(guarded, cut, &found));
            test_guarded_free(guarded, cut);
        }
        free(bytes);
    }
}

static void
random_bytes_never_give_more_than_there_are(void **state)
{
    struct test_random random = {1};

    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        const size_t size = test_random_below(&random, 18);
        struct atr_instruction found;
        struct atr_patch patch;
        uint8_t bytes[18];

        test_random_fill(&random, bytes, sizeof(bytes));
        if (atr_instruction_decode(bytes, size, &found)) {
            assert_true(found.length >= 1 && found.length <= size);
            assert_true(found.length <= ATR_INSTRUCTION_MAX);
        }
        if (atr_patch_plan(AT + i % 32, bytes, size, &patch) == ATR_PATCH_OK) {
            assert_true(patch.jump_bytes <= patch.instruction_bytes);
            assert_true((AT + i % 32) % ATR_PATCH_UNIT + patch.jump_bytes <= ATR_PATCH_UNIT);
        }
    }
}

static enum atr_patch_result
plan(uint64_t address, const char *hex, struct atr_patch *patch)
{
    enum atr_patch_result result;
    uint8_t *bytes;
    size_t size;

    test_hex(hex, strlen(hex), &bytes, &size);
    result = atr_patch_plan(address, bytes, size, patch);
    free(bytes);
    return result;
}

static void
a_routine_is_detoured_only_by_its_first_instruction(void **state)
{
    struct atr_patch patch;

    (void)state;
    CHECK_UINT(plan(AT, "48 89 5c 24 08 57", &patch), ATR_PATCH_OK);
    CHECK_UINT(patch.jump_bytes, ATR_NEAR_BYTES);
    CHECK_UINT(patch.instruction_bytes, 5);
    CHECK_UINT(plan(AT, "48 8b c4 57", &patch), ATR_PATCH_OK);
    CHECK_UINT(patch.jump_bytes, ATR_SHORT_BYTES);
    CHECK_UINT(patch.instruction_bytes, 3);
    CHECK_UINT(plan(AT, "53 48 83 ec 20", &patch), ATR_PATCH_SHORT);
    CHECK_UINT(plan(AT, "48 8b 05 10 00 00 00", &patch), ATR_PATCH_RELATIVE);
    CHECK_UINT(plan(AT, "c5 f8 77", &patch), ATR_PATCH_UNKNOWN);
}

static void
what_is_detoured_already_is_left_alone(void **state)
{
    static const char *const taken[] = {"e9 10 00 00 00", "eb 10", "cc cc", "ff 25 00 00 00 00"};
    struct atr_patch patch;

    (void)state;
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        CHECK_UINT(plan(AT, taken[i], &patch), ATR_PATCH_TAKEN);
    }
}

static void
a_jump_over_two_units_is_refused(void **state)
{
    struct atr_patch patch;

    (void)state;
    CHECK_UINT(plan(AT + 11, "48 89 5c 24 08", &patch), ATR_PATCH_OK);
    CHECK_UINT(plan(AT + 12, "48 89 5c 24 08", &patch), ATR_PATCH_UNALIGNED);
    CHECK_UINT(plan(AT + 14, "48 8b c4", &patch), ATR_PATCH_OK);
    CHECK_UINT(plan(AT + 15, "48 8b c4", &patch), ATR_PATCH_UNALIGNED);
}

/* The unit before and after: nothing but the jump's own bytes may differ. */
static void
the_jump_goes_where_it_should_and_changes_nothing_else(void **state)
{
    static const struct {
        uint8_t at;
        uint8_t jump_bytes;
        int64_t distance; /* from the end of the jump */
        bool reaches;
    } cases[] = {
        {0, 5, 0x7fffffff, true},    {3, 5, -0x80000000ll, true},  {11, 5, 0x1000, true},
        {0, 5, 0x80000000ll, false}, {0, 5, -0x80000001ll, false}, {0, 2, 0x7f, true},
        {14, 2, -0x80, true},        {0, 2, 0x80, false},          {0, 2, -0x81, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct atr_patch patch = {cases[i].jump_bytes, cases[i].jump_bytes};
        const uint64_t address = AT + cases[i].at;
        const uint64_t to = address + cases[i].jump_bytes + (uint64_t)cases[i].distance;
        uint8_t unit[ATR_PATCH_UNIT];
        uint8_t want[ATR_PATCH_UNIT];

        memset(unit, 0xaa, sizeof(unit));
        memcpy(want, unit, sizeof(want));
        CHECK_UINT(atr_patch_apply(address, &patch, to, unit), cases[i].reaches);
        if (cases[i].reaches) {
            want[cases[i].at] = cases[i].jump_bytes == 5 ? 0xe9 : 0xeb;
            for (uint8_t byte = 1; byte < cases[i].jump_bytes; byte++) {
                want[cases[i].at + byte] =
                    (uint8_t)((uint64_t)cases[i].distance >> (8 * (byte - 1)));
            }
        }
        assert_memory_equal(unit, want, sizeof(want));
    }
}

static void
a_trampoline_is_the_instruction_and_a_jump_behind_it(void **state)
{
    static const uint8_t code[] = {0x48, 0x8b, 0xc4, 0x57};
    static const uint8_t want[] = {0x48, 0x8b, 0xc4, 0xff, 0x25, 0,    0,    0,   0,
                                   0x73, 0x56, 0x34, 0x12, 0x00, 0xf8, 0xff, 0xff};
    const struct atr_patch patch = {3, 2};
    uint8_t out[ATR_TRAMPOLINE_MAX];

    (void)state;
    CHECK_UINT(atr_trampoline_make(AT, code, &patch, out), sizeof(want));
    assert_memory_equal(out, want, sizeof(want));
}

static void
the_reach_stays_inside_the_address_space(void **state)
{
    const struct atr_patch patch = {5, 5};
    uint64_t high;
    uint64_t low;

    (void)state;
    atr_patch_reach(0x10, &patch, &low, &high);
    CHECK_UINT(low, 0);
    atr_patch_reach(UINT64_MAX - 0x20, &patch, &low, &high);
    CHECK_UINT(high, UINT64_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_are_those_of_the_manual),
        cmocka_unit_test(every_short_prefix_is_refused_and_not_read_past),
        cmocka_unit_test(random_bytes_never_give_more_than_there_are),
        cmocka_unit_test(a_routine_is_detoured_only_by_its_first_instruction),
        cmocka_unit_test(what_is_detoured_already_is_left_alone),
        cmocka_unit_test(a_jump_over_two_units_is_refused),
        cmocka_unit_test(the_jump_goes_where_it_should_and_changes_nothing_else),
        cmocka_unit_test(a_trampoline_is_the_instruction_and_a_jump_behind_it),
        cmocka_unit_test(the_reach_stays_inside_the_address_space),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
