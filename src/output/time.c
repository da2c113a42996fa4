/* SPDX-License-Identifier: MIT */
#include "output/time.h"

#include <stdio.h>

#define NS_PER_SECOND   UINT64_C(1000000000)
#define SECONDS_PER_DAY UINT64_C(86400)

void
atr_time_writer_init(struct atr_time_writer *writer, enum atr_time_form form)
{
    *writer = (struct atr_time_writer){
        .form = form, .utc_bias_minutes = INT32_MIN, .cached_second = UINT64_MAX};
}

/* Days since 1970-01-01 to a date of the Gregorian calendar, by eras of 400 years. */
static void
civil_date(uint64_t days, uint32_t *year, uint32_t *month, uint32_t *day)
{
    uint64_t shifted = days + 719468;
    uint64_t era = shifted / 146097;
    uint64_t day_of_era = shifted % 146097;
    uint64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t month_index = (5 * day_of_year + 2) / 153;

    *day = (uint32_t)(day_of_year - (153 * month_index + 2) / 5 + 1);
    *month = (uint32_t)(month_index < 10 ? month_index + 3 : month_index - 9);
    *year = (uint32_t)(year_of_era + era * 400 + (*month <= 2 ? 1 : 0));
}

static void
cache_second(struct atr_time_writer *writer, uint64_t second)
{
    uint32_t of_day = (uint32_t)(second % SECONDS_PER_DAY);
    int size = 0;

    if (writer->form == ATR_TIME_DATE) {
        uint32_t year;
        uint32_t month;
        uint32_t day;

        civil_date(second / SECONDS_PER_DAY, &year, &month, &day);
        size = snprintf(writer->cached, sizeof(writer->cached), "%04u-%02u-%02u ", (unsigned)year,
                        (unsigned)month, (unsigned)day);
    }
    size +=
        snprintf(writer->cached + size, sizeof(writer->cached) - (size_t)size, "%02u:%02u:%02u",
                 (unsigned)(of_day / 3600), (unsigned)(of_day / 60 % 60), (unsigned)(of_day % 60));
    writer->cached_bytes = (uint32_t)size;
    writer->cached_second = second;
}

static void
write_clock(struct atr_time_writer *writer, struct atr_text *text, uint64_t time_ns)
{
    bool is_local = writer->utc_bias_minutes != INT32_MIN;
    int64_t bias_s = is_local ? (int64_t)writer->utc_bias_minutes * 60 : 0;
    int64_t second = (int64_t)(time_ns / NS_PER_SECOND) - bias_s;

    if (second < 0) {
        second = 0;
    }
    if ((uint64_t)second != writer->cached_second) {
        cache_second(writer, (uint64_t)second);
    }
    atr_text_put(text, atr_str_make(writer->cached, writer->cached_bytes));
    atr_text_putc(text, '.');
    atr_text_u64_padded(text, time_ns % NS_PER_SECOND / 1000, 6);
    if (!is_local) {
        atr_text_putc(text, 'Z');
    }
}

static void
write_seconds(struct atr_text *text, uint64_t duration_ns)
{
    atr_text_u64(text, duration_ns / NS_PER_SECOND);
    atr_text_putc(text, '.');
    atr_text_u64_padded(text, duration_ns % NS_PER_SECOND / 1000, 6);
}

void
atr_time_write(struct atr_time_writer *writer, struct atr_text *text, uint64_t time_ns, bool known)
{
    if (!known) {
        return;
    }
    if (!writer->has_first) {
        writer->has_first = true;
        writer->first_ns = time_ns;
        writer->last_ns = time_ns;
    }
    switch (writer->form) {
    case ATR_TIME_SINCE_START:
        write_seconds(text, time_ns >= writer->first_ns ? time_ns - writer->first_ns : 0);
        break;
    case ATR_TIME_SINCE_LAST:
        write_seconds(text, time_ns >= writer->last_ns ? time_ns - writer->last_ns : 0);
        break;
    default:
        write_clock(writer, text, time_ns);
        break;
    }
    atr_text_putc(text, ' ');
    writer->last_ns = time_ns;
}

void
atr_duration_write(struct atr_text *text, uint64_t duration_ns)
{
    static const struct {
        uint64_t unit_ns;
        const char *name;
    } units[] = {{NS_PER_SECOND, " s"}, {1000000, " ms"}, {1000, " us"}};

    size_t i = duration_ns >= NS_PER_SECOND ? 0 : duration_ns >= 10000000 ? 1 : 2;
    uint64_t whole = duration_ns / units[i].unit_ns;

    atr_text_u64(text, whole);
    if (whole < 10) {
        atr_text_putc(text, '.');
        atr_text_u64(text, duration_ns % units[i].unit_ns / (units[i].unit_ns / 10));
    }
    atr_text_puts(text, units[i].name);
}
