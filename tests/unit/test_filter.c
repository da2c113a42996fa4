/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "wire/filter.h"

#include <string.h>

/* What the kernel half records and what it leaves out. */

static struct atr_filter filter;

static int
empty_filter(void **state)
{
    (void)state;
    memset(&filter, 0, sizeof(filter));
    return 0;
}

static uint32_t
utf16(const char *text, uint16_t *out)
{
    uint32_t units = 0;

    while (text[units] != '\0') {
        out[units] = (uint8_t)text[units];
        units++;
    }
    return units;
}

static struct atr_filter_row *
add_row(uint16_t kind, bool exclude)
{
    struct atr_filter_row *row = &filter.rows[filter.row_count++];

    row->kind = kind;
    row->exclude = exclude;
    return row;
}

static void
add_name(uint16_t kind, bool exclude, const char *text)
{
    struct atr_filter_row *row = add_row(kind, exclude);

    row->text_units = (uint16_t)utf16(text, row->text);
}

static void
add_range(uint16_t kind, bool exclude, uint32_t low, uint32_t high)
{
    struct atr_filter_row *row = add_row(kind, exclude);

    row->low = low;
    row->high = high;
}

static enum atr_verdict
process(uint32_t pid, const char *name)
{
    uint16_t units[256];

    return name == NULL ? atr_filter_process(&filter, pid, NULL, 0)
                        : atr_filter_process(&filter, pid, units, utf16(name, units));
}

static enum atr_verdict
port(const char *name)
{
    uint16_t units[256];

    return name == NULL ? atr_filter_port(&filter, NULL, 0)
                        : atr_filter_port(&filter, units, utf16(name, units));
}

static enum atr_verdict
half(struct atr_filter_half facts)
{
    return atr_filter_half(&filter, &facts);
}

static void
an_empty_filter_lets_all_pass(void **state)
{
    (void)state;
    assert_true(atr_filter_valid(&filter));
    CHECK_UINT(process(4, NULL), ATR_VERDICT_PASS);
    CHECK_UINT(port(NULL), ATR_VERDICT_PASS);
    CHECK_UINT(half((struct atr_filter_half){0}), ATR_VERDICT_PASS);
}

static void
rows_of_one_kind_are_alternatives(void **state)
{
    (void)state;
    add_range(ATR_FILTER_PID, false, 100, 0);
    add_range(ATR_FILTER_PID, false, 200, 0);
    CHECK_UINT(process(100, NULL), ATR_VERDICT_PASS);
    CHECK_UINT(process(200, NULL), ATR_VERDICT_PASS);
    CHECK_UINT(process(300, NULL), ATR_VERDICT_REFUSE);
}

static void
kinds_must_all_agree(void **state)
{
    (void)state;
    add_range(ATR_FILTER_PID, false, 100, 0);
    add_name(ATR_FILTER_PROCESS_NAME, false, "svchost.exe");
    CHECK_UINT(process(100, "svchost.exe"), ATR_VERDICT_PASS);
    CHECK_UINT(process(101, "svchost.exe"), ATR_VERDICT_REFUSE);
    CHECK_UINT(process(100, "lsass.exe"), ATR_VERDICT_REFUSE);
    CHECK_UINT(process(101, NULL), ATR_VERDICT_REFUSE); /* whatever its name */
    CHECK_UINT(process(100, NULL), ATR_VERDICT_UNKNOWN);
}

static void
an_excluding_row_outweighs_an_including_one(void **state)
{
    (void)state;
    add_name(ATR_FILTER_PROCESS_NAME, false, "s*");
    add_name(ATR_FILTER_PROCESS_NAME, true, "svchost.exe");
    CHECK_UINT(process(1, "services.exe"), ATR_VERDICT_PASS);
    CHECK_UINT(process(1, "svchost.exe"), ATR_VERDICT_REFUSE);
    CHECK_UINT(process(1, "lsass.exe"), ATR_VERDICT_REFUSE);
}

static void
only_what_follows_the_last_backslash_is_compared(void **state)
{
    (void)state;
    add_name(ATR_FILTER_PROCESS_NAME, false, "a.exe");
    add_name(ATR_FILTER_PORT_NAME, false, "ntsvcs");
    CHECK_UINT(process(1, "\\Device\\HarddiskVolume2\\b\\a.exe"), ATR_VERDICT_PASS);
    CHECK_UINT(process(1, "\\a.exe\\b.exe"), ATR_VERDICT_REFUSE);
    CHECK_UINT(process(1, "\\a.exe\\"), ATR_VERDICT_REFUSE);
    CHECK_UINT(port("\\RPC Control\\ntsvcs"), ATR_VERDICT_PASS);
    CHECK_UINT(port("ntsvcs"), ATR_VERDICT_PASS);
    CHECK_UINT(port("\\ntsvcs2"), ATR_VERDICT_REFUSE);
    CHECK_UINT(port("\\ntsvc"), ATR_VERDICT_REFUSE);
    CHECK_UINT(port(""), ATR_VERDICT_REFUSE);
}

static void
a_trailing_star_makes_a_prefix_and_only_there(void **state)
{
    (void)state;
    add_name(ATR_FILTER_PORT_NAME, false, "LRPC-*");
    add_name(ATR_FILTER_PORT_NAME, false, "a*b");
    CHECK_UINT(port("\\RPC Control\\LRPC-0123456789"), ATR_VERDICT_PASS);
    CHECK_UINT(port("LRPC-"), ATR_VERDICT_PASS);
    CHECK_UINT(port("LRPC"), ATR_VERDICT_REFUSE);
    CHECK_UINT(port("a*b"), ATR_VERDICT_PASS);
    CHECK_UINT(port("axb"), ATR_VERDICT_REFUSE);
    add_name(ATR_FILTER_PORT_NAME, false, "*");
    CHECK_UINT(port(""), ATR_VERDICT_PASS);
    CHECK_UINT(port("\\anything"), ATR_VERDICT_PASS);
}

static void
case_is_ignored_for_ascii_only(void **state)
{
    uint16_t upper = 0xc4;

    (void)state;
    add_name(ATR_FILTER_PROCESS_NAME, false, "CSRSS.exe");
    CHECK_UINT(process(1, "csrss.EXE"), ATR_VERDICT_PASS);
    CHECK_UINT(process(1, "[srss.exe"), ATR_VERDICT_REFUSE);
    filter.rows[0].text_units = 1;
    filter.rows[0].text[0] = 0xe4; /* the small letter of that one */
    CHECK_UINT(atr_filter_process(&filter, 1, &upper, 1), ATR_VERDICT_REFUSE);
    filter.rows[0].text[0] = upper;
    CHECK_UINT(atr_filter_process(&filter, 1, &upper, 1), ATR_VERDICT_PASS);
    upper = 'A' + 0x100;
    filter.rows[0].text[0] = 'a';
    CHECK_UINT(atr_filter_process(&filter, 1, &upper, 1), ATR_VERDICT_REFUSE);
}

static void
an_unknown_name_is_recorded_and_judged_again(void **state)
{
    (void)state;
    add_name(ATR_FILTER_PROCESS_NAME, true, "a.exe");
    add_name(ATR_FILTER_PORT_NAME, false, "b");
    CHECK_UINT(process(1, NULL), ATR_VERDICT_UNKNOWN);
    CHECK_UINT(port(NULL), ATR_VERDICT_UNKNOWN);
}

static void
lengths_are_a_range_with_both_ends(void **state)
{
    struct atr_filter_half facts = {.has_message = true};

    (void)state;
    add_range(ATR_FILTER_LENGTH, false, 16, 32);
    for (facts.data_length = 0; facts.data_length < 40; facts.data_length++) {
        CHECK_UINT(half(facts), facts.data_length >= 16 && facts.data_length <= 32
                                    ? ATR_VERDICT_PASS
                                    : ATR_VERDICT_REFUSE);
    }
    facts.has_message = false;
    CHECK_UINT(half(facts), ATR_VERDICT_UNKNOWN);
}

static void
a_type_is_judged_on_received_messages_only(void **state)
{
    struct atr_filter_half facts = {.has_message = true, .is_exit = true, .message_type = 0x2001};

    (void)state;
    add_range(ATR_FILTER_TYPE, false, 1, 0);
    CHECK_UINT(half(facts), ATR_VERDICT_PASS); /* flag bits do not count */
    facts.message_type = 2;
    CHECK_UINT(half(facts), ATR_VERDICT_REFUSE);
    facts.has_message = false;
    CHECK_UINT(half(facts), ATR_VERDICT_UNKNOWN);
    facts.is_exit = false; /* a sender's type is whatever it left there */
    CHECK_UINT(half(facts), ATR_VERDICT_PASS);
    facts.has_message = true;
    CHECK_UINT(half(facts), ATR_VERDICT_PASS);
}

static void
operation_and_direction_are_always_known(void **state)
{
    (void)state;
    add_range(ATR_FILTER_OPERATION, true, 3, 0);
    add_range(ATR_FILTER_DIRECTION, false, 2, 0);
    CHECK_UINT(half((struct atr_filter_half){.operation = 1, .is_exit = true}), ATR_VERDICT_PASS);
    CHECK_UINT(half((struct atr_filter_half){.operation = 3, .is_exit = true}), ATR_VERDICT_REFUSE);
    CHECK_UINT(half((struct atr_filter_half){.operation = 1}), ATR_VERDICT_REFUSE);
}

static void
the_default_leaves_out_known_noise(void **state)
{
    (void)state;
    memset(&filter, 0xff, sizeof(filter));
    atr_filter_default(&filter);
    assert_true(atr_filter_valid(&filter));
    CHECK_UINT(process(1, "\\x\\msmpeng.exe"), ATR_VERDICT_REFUSE);
    CHECK_UINT(process(1, "MpCmdRun.exe"), ATR_VERDICT_REFUSE);
    CHECK_UINT(process(1, "svchost.exe"), ATR_VERDICT_PASS);
    CHECK_UINT(port("\\CoreMessagingRegistrar"), ATR_VERDICT_REFUSE);
    CHECK_UINT(port("\\RPC Control\\lsapolicylookup"), ATR_VERDICT_PASS);
    CHECK_UINT(half((struct atr_filter_half){0}), ATR_VERDICT_PASS);
    for (uint32_t i = filter.row_count; i < ATR_FILTER_ROWS_MAX; i++) {
        CHECK_UINT(filter.rows[i].kind, 0);
    }
}

static void
check_refused(void)
{
    assert_false(atr_filter_valid(&filter));
    /* And yet nothing reads outside. */
    (void)process(1, "a");
    (void)port("a");
    (void)half((struct atr_filter_half){.has_message = true});
}

static void
what_a_version_does_not_understand_is_refused(void **state)
{
    static const uint16_t kinds[] = {0, 8, UINT16_MAX};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        (void)empty_filter(state);
        add_row(kinds[i], false);
        check_refused();
    }
    (void)empty_filter(state);
    add_range(ATR_FILTER_LENGTH, false, 2, 1);
    check_refused();
    (void)empty_filter(state);
    add_range(ATR_FILTER_DIRECTION, false, 3, 0);
    check_refused();
    (void)empty_filter(state);
    add_name(ATR_FILTER_PID, false, "a");
    check_refused();
    (void)empty_filter(state);
    add_name(ATR_FILTER_PORT_NAME, false, "a");
    filter.rows[0].text_units = ATR_FILTER_TEXT_UNITS + 1;
    check_refused();
    filter.rows[0].text_units = UINT16_MAX;
    check_refused();
    filter.rows[0].text_units = 1;
    filter.rows[0].exclude = 2;
    check_refused();
    filter.rows[0].exclude = 0;
    filter.row_count = ATR_FILTER_ROWS_MAX + 1;
    check_refused();
    filter.row_count = UINT32_MAX;
    check_refused();
    filter.row_count = 0;
    filter.inherit = 2;
    check_refused();
}

static void
a_full_table_with_full_texts_works(void **state)
{
    char name[ATR_FILTER_TEXT_UNITS + 2];

    (void)state;
    memset(name, 'x', sizeof(name));
    name[ATR_FILTER_TEXT_UNITS] = '\0';
    while (filter.row_count < ATR_FILTER_ROWS_MAX) {
        add_name(ATR_FILTER_PORT_NAME, false, name);
    }
    assert_true(atr_filter_valid(&filter));
    CHECK_UINT(port(name), ATR_VERDICT_PASS);
    name[ATR_FILTER_TEXT_UNITS] = 'x';
    name[ATR_FILTER_TEXT_UNITS + 1] = '\0';
    CHECK_UINT(port(name), ATR_VERDICT_REFUSE);
    filter.rows[7].text[ATR_FILTER_TEXT_UNITS - 1] = '*';
    CHECK_UINT(port(name), ATR_VERDICT_PASS);
}

int
main(void)
{
#define FILTER_TEST(test) cmocka_unit_test_setup(test, empty_filter)
    const struct CMUnitTest tests[] = {
        FILTER_TEST(an_empty_filter_lets_all_pass),
        FILTER_TEST(rows_of_one_kind_are_alternatives),
        FILTER_TEST(kinds_must_all_agree),
        FILTER_TEST(an_excluding_row_outweighs_an_including_one),
        FILTER_TEST(only_what_follows_the_last_backslash_is_compared),
        FILTER_TEST(a_trailing_star_makes_a_prefix_and_only_there),
        FILTER_TEST(case_is_ignored_for_ascii_only),
        FILTER_TEST(an_unknown_name_is_recorded_and_judged_again),
        FILTER_TEST(lengths_are_a_range_with_both_ends),
        FILTER_TEST(a_type_is_judged_on_received_messages_only),
        FILTER_TEST(operation_and_direction_are_always_known),
        FILTER_TEST(the_default_leaves_out_known_noise),
        FILTER_TEST(what_a_version_does_not_understand_is_refused),
        FILTER_TEST(a_full_table_with_full_texts_works),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
