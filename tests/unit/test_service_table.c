/* SPDX-License-Identifier: MIT */
#include "support/support.h"
#include "wire/service_table.h"

#include <stdlib.h>
#include <string.h>

#define TABLE 0xfffff80020000000ull

static void
put(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

struct test_section {
    const char *name;
    uint32_t rva;
    uint32_t bytes;
    uint32_t flags;
};

static const struct test_section kernel_sections[] = {
    {".rdata", 0x1000, 0x900, 0x48000040},    {".text", 0x200000, 0x1000, 0x68000020},
    {"PAGE", 0x300000, 0x2000, 0x60000020},   {"INIT", 0x400000, 0x1000, 0x60000020},
    {"MINIEX", 0x500000, 0x1000, 0x62000020}, {".data", 0x600000, 0x1000, 0xc8000040},
};

#define SECTION_COUNT (sizeof(kernel_sections) / sizeof(kernel_sections[0]))

/* The first bytes of an x64 image of 0x700000 bytes. */
static void
build_header(uint8_t header[ATR_IMAGE_HEADER_BYTES])
{
    memset(header, 0, ATR_IMAGE_HEADER_BYTES);
    memcpy(header, "MZ", 2);
    put(header + 0x3c, 0x80, 4);
    memcpy(header + 0x80, "PE", 2);
    put(header + 0x84, 0x8664, 2);
    put(header + 0x86, SECTION_COUNT, 2);
    put(header + 0x88, 0x12345678, 4);
    put(header + 0x94, 0xf0, 2);
    put(header + 0x98, 0x20b, 2);
    put(header + 0x98 + 56, 0x700000, 4);
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        uint8_t *const section = header + 0x98 + 0xf0 + 40 * i;

        memcpy(section, kernel_sections[i].name, strlen(kernel_sections[i].name));
        put(section + 8, kernel_sections[i].bytes, 4);
        put(section + 12, kernel_sections[i].rva, 4);
        put(section + 36, kernel_sections[i].flags, 4);
    }
}

static void
an_image_tells_its_identity_and_its_code(void **state)
{
    uint8_t header[ATR_IMAGE_HEADER_BYTES];
    struct atr_image image;

    (void)state;
    build_header(header);
    assert_true(atr_image_parse(header, sizeof(header), &image));
    CHECK_UINT(image.time_stamp, 0x12345678);
    CHECK_UINT(image.size_bytes, 0x700000);
    CHECK_UINT(image.section_count, SECTION_COUNT);
    assert_true(atr_image_is_code(&image, 0x200000));
    assert_true(atr_image_is_code(&image, 0x200fff));
    assert_true(atr_image_is_code(&image, 0x300000));
    assert_false(atr_image_is_code(&image, 0x201000));
    assert_false(atr_image_is_code(&image, 0x1000));
    assert_false(atr_image_is_code(&image, 0x400000));
    assert_false(atr_image_is_code(&image, 0x500000));
    assert_false(atr_image_is_code(&image, 0x10000200000));
    CHECK_UINT(atr_image_section_at(&image, 0x300001)->flags, ATR_SECTION_CODE | ATR_SECTION_PAGED);
    assert_null(atr_image_section_at(&image, 0));
}

static void
a_damaged_header_is_no_image(void **state)
{
    static const struct {
        size_t at;
        uint64_t value;
        unsigned bytes;
    } damages[] = {
        {0, 0, 1},         {0x3c, 0xffffffff, 4}, {0x3c, 0xff0, 4}, {0x80, 0, 1},
        {0x84, 0x14c, 2},  {0x98, 0x10b, 2},      {0x94, 0x10, 2},  {0x94, 0xffff, 2},
        {0x86, 0xffff, 2}, {0x86, 97, 2},
    };

    uint8_t header[ATR_IMAGE_HEADER_BYTES];
    struct atr_image image;

    (void)state;
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        build_header(header);
        put(header + damages[i].at, damages[i].value, damages[i].bytes);
        assert_false(atr_image_parse(header, sizeof(header), &image));
    }
}

static void
no_header_is_read_past_its_end(void **state)
{
    struct test_random random = {1};
    uint8_t header[ATR_IMAGE_HEADER_BYTES];
    struct atr_image image;

    (void)state;
    build_header(header);
    for (size_t size = 0; size < 0x98 + 0xf0 + 40 * SECTION_COUNT; size++) {
        uint8_t *guarded = test_guarded(header, size);

        assert_false(atr_image_parse(guarded, size, &image));
        test_guarded_free(guarded, size);
    }
    for (unsigned i = 0; i < 5000; i++) {
        const size_t size = 0x300 + test_random_below(&random, 0x200);
        uint8_t *guarded;

        build_header(header);
        for (unsigned flip = 0; flip < 4; flip++) {
            header[test_random_below(&random, 0x300)] = (uint8_t)test_random_u32(&random);
        }
        guarded = test_guarded(header, size);
        if (atr_image_parse(guarded, size, &image)) {
            (void)atr_image_is_code(&image, test_random_u64(&random));
        }
        test_guarded_free(guarded, size);
    }
}

static void
the_dispatcher_tells_both_tables(void **state)
{
    static const uint8_t code[] = {
        0x0f, 0x1f, 0x00,                         /* something else */
        0x4c, 0x8d, 0x15, 0x10, 0x00, 0x00, 0x00, /* lea r10, [rip+10h] */
        0x90,                                     /* not the pair */
        0x4c, 0x8d, 0x15, 0x00, 0x01, 0x00, 0x00, /* lea r10, [rip+100h] */
        0x4c, 0x8d, 0x1d, 0xf9, 0xff, 0xff, 0xff, /* lea r11, [rip-7] */
    };
    uint64_t shadow = 0;
    uint64_t table = 0;

    (void)state;
    assert_true(atr_dispatcher_tables(0x1000, code, sizeof(code), &table, &shadow));
    CHECK_UINT(table, 0x1000 + 18 + 0x100);
    CHECK_UINT(shadow, 0x1000 + 18);
    for (size_t size = 0; size < sizeof(code); size++) {
        uint8_t *guarded = test_guarded(code, size);

        assert_false(atr_dispatcher_tables(0x1000, guarded, size, &table, &shadow));
        test_guarded_free(guarded, size);
    }
}

static void
every_jump_of_a_short_entry_is_tried(void **state)
{
    static const uint8_t code[] = {0xe9, 0xe9, 0x01, 0x00, 0x00, 0x00, 0xe9, 0xfb, 0xff};
    uint64_t to = 0;
    size_t at = 0;

    (void)state;
    assert_true(atr_dispatcher_jump(0x1000, code, sizeof(code), &at, &to));
    CHECK_UINT(to, 0x1000 + 5 + 0x1e9);
    assert_true(atr_dispatcher_jump(0x1000, code, sizeof(code), &at, &to));
    CHECK_UINT(to, 0x1000 + 6 + 1);
    assert_false(atr_dispatcher_jump(0x1000, code, sizeof(code), &at, &to));
}

/* Zw routines as Windows 10 has them, ntdll's, and what is neither. */
static void
a_stub_tells_its_number(void **state)
{
    static const struct {
        const char *hex;
        uint32_t number; /* ATR_NOT_FOUND: no stub */
    } stubs[] = {
        {"48 8b c4 fa 48 83 ec 10 50 9c 6a 10 48 8d 05 ed 29 00 00 50 b8 8c 00 00 00 e9 41 b8 01 "
         "00",
         0x8c},
        {"48 8b c4 90 0f 1f 40 00 90 90 66 90 0f 1f 80 00 00 00 00 90 b8 8c 00 00 00 e9", 0x8c},
        {"4c 8b d1 b8 d5 01 00 00 f6 04 25 08 03 fe 7f 01", 0x1d5},
        {"b8 8c 00 00 00", 0x8c},
        {"48 89 5c 24 08 b8 8c 00 00 00", ATR_NOT_FOUND},
        {"ff 25 10 00 00 00", ATR_NOT_FOUND},
        {"4c 8b d1 b8 8c 00 00", ATR_NOT_FOUND},
        {"48 8b c4 fa 48 83", ATR_NOT_FOUND},
        {"", ATR_NOT_FOUND},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(stubs) / sizeof(stubs[0]); i++) {
        uint32_t number = ATR_NOT_FOUND;
        uint8_t *guarded;
        uint8_t *bytes;
        size_t size;

        test_hex(stubs[i].hex, strlen(stubs[i].hex), &bytes, &size);
        guarded = test_guarded(bytes, size);
        CHECK_UINT(atr_stub_number(guarded, size, &number), stubs[i].number != ATR_NOT_FOUND);
        CHECK_UINT(number, stubs[i].number);
        test_guarded_free(guarded, size);
        free(bytes);
    }
}

static void
entries_and_targets_are_two_sides_of_one_thing(void **state)
{
    static const int64_t distances[] = {0, 1, 0x12345, -1, -0x12345, 0x7ffffff, -0x8000000};

    (void)state;
    for (size_t i = 0; i < sizeof(distances) / sizeof(distances[0]); i++) {
        for (uint32_t arguments = 0; arguments < 16; arguments++) {
            const uint64_t target = TABLE + (uint64_t)distances[i];
            uint32_t entry = 0;

            assert_true(atr_entry_make(TABLE, target, arguments, &entry));
            CHECK_UINT(atr_entry_target(TABLE, entry), target);
            CHECK_UINT(atr_entry_stack_arguments(entry), arguments);
        }
    }
}

static void
what_an_entry_cannot_say_is_refused(void **state)
{
    uint32_t entry = 7;

    (void)state;
    assert_false(atr_entry_make(TABLE, TABLE + 0x8000000, 4, &entry));
    assert_false(atr_entry_make(TABLE, TABLE - 0x8000001, 4, &entry));
    assert_false(atr_entry_make(TABLE, TABLE, 16, &entry));
    assert_false(atr_entry_make(TABLE, 0, 0, &entry));
    CHECK_UINT(entry, 7);
}

static void
padding_is_found_behind_its_first_byte(void **state)
{
    uint8_t code[64];

    (void)state;
    memset(code, 0x90, sizeof(code));
    CHECK_UINT(atr_padding_find(code, sizeof(code), 14), ATR_NOT_FOUND);
    memset(code + 20, 0xcc, 14);
    CHECK_UINT(atr_padding_find(code, sizeof(code), 14), ATR_NOT_FOUND);
    code[34] = 0xcc;
    CHECK_UINT(atr_padding_find(code, sizeof(code), 14), 21);
    CHECK_UINT(atr_padding_find(code, 35, 14), 21);
    CHECK_UINT(atr_padding_find(code, 34, 14), ATR_NOT_FOUND);
    CHECK_UINT(atr_padding_find(code, 0, 14), ATR_NOT_FOUND);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_tells_its_identity_and_its_code),
        cmocka_unit_test(a_damaged_header_is_no_image),
        cmocka_unit_test(no_header_is_read_past_its_end),
        cmocka_unit_test(the_dispatcher_tells_both_tables),
        cmocka_unit_test(every_jump_of_a_short_entry_is_tried),
        cmocka_unit_test(a_stub_tells_its_number),
        cmocka_unit_test(entries_and_targets_are_two_sides_of_one_thing),
        cmocka_unit_test(what_an_entry_cannot_say_is_refused),
        cmocka_unit_test(padding_is_found_behind_its_first_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
