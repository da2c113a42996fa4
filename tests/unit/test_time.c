/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include "output/time.h"
#include "output/values.h"

#include <time.h>

/* Times and durations as people read them. */

#define SECOND UINT64_C(1000000000)

static struct atr_text text;

static int
set_up(void **state)
{
    (void)state;
    atr_text_init(&text, atr_heap_default());
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    atr_text_fini(&text);
    return 0;
}

static struct atr_str
clock_text(enum atr_time_form form, int32_t bias, uint64_t time_ns)
{
    struct atr_time_writer writer;

    atr_time_writer_init(&writer, form);
    writer.utc_bias_minutes = bias;
    atr_text_clear(&text);
    atr_time_write(&writer, &text, time_ns, true);
    return atr_text_view(&text);
}

static void
clock_times_are_local_when_the_bias_is_known(void **state)
{
    const uint64_t at = UINT64_C(1714636931204518999); /* 2024-05-02 08:02:11 UTC */

    (void)state;
    CHECK_STR(clock_text(ATR_TIME_CLOCK, INT32_MIN, at), "08:02:11.204518Z ");
    CHECK_STR(clock_text(ATR_TIME_CLOCK, 0, at), "08:02:11.204518 ");
    CHECK_STR(clock_text(ATR_TIME_CLOCK, -120, at), "10:02:11.204518 ");
    CHECK_STR(clock_text(ATR_TIME_CLOCK, 480, at), "00:02:11.204518 ");
    CHECK_STR(clock_text(ATR_TIME_DATE, 510, at), "2024-05-01 23:32:11.204518 ");
    CHECK_STR(clock_text(ATR_TIME_DATE, -960, at), "2024-05-03 00:02:11.204518 ");
}

static void
years_and_leap_days_turn_where_they_should(void **state)
{
    static const struct {
        uint64_t second;
        const char *date;
    } rows[] = {
        {0, "1970-01-01 00:00:00.000000Z "},
        {UINT64_C(951782399), "2000-02-28 23:59:59.000000Z "},
        {UINT64_C(951782400), "2000-02-29 00:00:00.000000Z "},
        {UINT64_C(951868800), "2000-03-01 00:00:00.000000Z "},
        {UINT64_C(1703980800), "2023-12-31 00:00:00.000000Z "},
        {UINT64_C(1704067199), "2023-12-31 23:59:59.000000Z "},
        {UINT64_C(1704067200), "2024-01-01 00:00:00.000000Z "},
        {UINT64_C(1709164800), "2024-02-29 00:00:00.000000Z "},
        {UINT64_C(4107542399), "2100-02-28 23:59:59.000000Z "},
        {UINT64_C(4107542400), "2100-03-01 00:00:00.000000Z "},
        {UINT64_C(18446744073), "2554-07-21 23:34:33.000000Z "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_STR(clock_text(ATR_TIME_DATE, INT32_MIN, rows[i].second * SECOND), rows[i].date);
    }
}

static void
dates_agree_with_the_c_library(void **state)
{
    struct test_random random = {9};

    (void)state;
    for (int i = 0; i < 5000; i++) {
        time_t second = (time_t)(test_random_u64(&random) % UINT64_C(18446744073));
        struct tm parts;
        char expected[64];

        assert_non_null(gmtime_r(&second, &parts));
        assert_true(strftime(expected, sizeof(expected), "%Y-%m-%d %H:%M:%S.000000Z ", &parts) > 0);
        CHECK_STR(clock_text(ATR_TIME_DATE, INT32_MIN, (uint64_t)second * SECOND), expected);
    }
}

/* A bias nobody has; what matters is that it ends. */
static void
a_hostile_bias_is_survived(void **state)
{
    (void)state;
    CHECK_STR(clock_text(ATR_TIME_DATE, INT32_MAX, 5 * SECOND), "1970-01-01 00:00:00.000000 ");
    assert_true(clock_text(ATR_TIME_DATE, INT32_MIN + 1, UINT64_MAX).size_bytes < 64);
}

static void
seconds_count_from_the_first_line_or_the_last(void **state)
{
    struct atr_time_writer writer;

    (void)state;
    atr_time_writer_init(&writer, ATR_TIME_SINCE_START);
    atr_text_clear(&text);
    atr_time_write(&writer, &text, 100 * SECOND, true);
    atr_time_write(&writer, &text, 101 * SECOND + 5000, true);
    atr_time_write(&writer, &text, 99 * SECOND, true); /* out of order */
    CHECK_STR(atr_text_view(&text), "0.000000 1.000005 0.000000 ");

    atr_time_writer_init(&writer, ATR_TIME_SINCE_LAST);
    atr_text_clear(&text);
    atr_time_write(&writer, &text, 100 * SECOND, true);
    atr_time_write(&writer, &text, 101 * SECOND, true);
    atr_time_write(&writer, &text, 0, false);
    atr_time_write(&writer, &text, 101 * SECOND + 999, true);
    CHECK_STR(atr_text_view(&text), "0.000000 1.000000 0.000000 ");
}

static void
an_unknown_time_is_left_out(void **state)
{
    struct atr_time_writer writer;

    (void)state;
    for (unsigned form = ATR_TIME_CLOCK; form <= ATR_TIME_SINCE_LAST; form++) {
        atr_time_writer_init(&writer, (enum atr_time_form)form);
        atr_text_clear(&text);
        atr_time_write(&writer, &text, 5, false);
        CHECK_UINT(text.size_bytes, 0);
    }
}

static void
a_change_of_bias_is_heard_at_once(void **state)
{
    struct atr_time_writer writer;

    (void)state;
    atr_time_writer_init(&writer, ATR_TIME_CLOCK);
    atr_text_clear(&text);
    atr_time_write(&writer, &text, 3600 * SECOND, true);
    writer.utc_bias_minutes = 0;
    atr_time_write(&writer, &text, 3600 * SECOND, true);
    writer.utc_bias_minutes = 60;
    atr_time_write(&writer, &text, 3600 * SECOND, true);
    CHECK_STR(atr_text_view(&text), "01:00:00.000000Z 01:00:00.000000 00:00:00.000000 ");
}

static void
durations_have_the_unit_that_fits(void **state)
{
    static const struct {
        uint64_t ns;
        const char *text;
    } rows[] = {
        {0, "0.0 us"},
        {999, "0.9 us"},
        {1000, "1.0 us"},
        {9999, "9.9 us"},
        {10000, "10 us"},
        {412000, "412 us"},
        {9999999, "9999 us"},
        {10000000, "10 ms"},
        {999999999, "999 ms"},
        {UINT64_C(1000000000), "1.0 s"},
        {UINT64_C(3599000000000), "3599 s"},
        {UINT64_MAX, "18446744073 s"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        atr_text_clear(&text);
        atr_duration_write(&text, rows[i].ns);
        CHECK_STR(atr_text_view(&text), rows[i].text);
    }
}

static void
windows_times_outside_ours_stay_numbers(void **state)
{
    (void)state;
    atr_text_clear(&text);
    atr_filetime_write(&text, UINT64_C(116444736000000000));
    CHECK_STR(atr_text_view(&text), "1970-01-01 00:00:00.000000Z");
    atr_text_clear(&text);
    atr_filetime_write(&text, UINT64_C(116444735999999999));
    CHECK_STR(atr_text_view(&text), "116444735999999999");
    atr_text_clear(&text);
    atr_filetime_write(&text, UINT64_MAX);
    CHECK_STR(atr_text_view(&text), "18446744073709551615");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(clock_times_are_local_when_the_bias_is_known),
        TEST(years_and_leap_days_turn_where_they_should),
        TEST(dates_agree_with_the_c_library),
        TEST(a_hostile_bias_is_survived),
        TEST(seconds_count_from_the_first_line_or_the_last),
        TEST(an_unknown_time_is_left_out),
        TEST(a_change_of_bias_is_heard_at_once),
        TEST(durations_have_the_unit_that_fits),
        TEST(windows_times_outside_ours_stay_numbers),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
