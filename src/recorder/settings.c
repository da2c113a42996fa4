/* SPDX-License-Identifier: MIT */
#include "recorder/settings.h"

#include "base/attributes.h"
#include "base/str.h"
#include "base/utf.h"

#include <inttypes.h>

/* The largest power of two a ring may have: 64 rings of it are more than any machine gives. */
enum {
    RING_BYTES_MAX = 256 * 1024 * 1024
};

/* One row's text: UTF-16 out of UTF-8. False: too long, or no UTF-8. */
static bool
put_text(struct atr_filter_row *row, struct atr_str text)
{
    size_t at = 0;

    while (at < text.size_bytes) {
        uint32_t point = 0;
        size_t length = atr_utf8_get(text.data + at, text.size_bytes - at, &point);
        uint32_t units = point > 0xffff ? 2 : 1;

        if (length == 0 || row->text_units + units > ATR_FILTER_TEXT_UNITS) {
            return false;
        }
        if (units == 2) {
            row->text[row->text_units++] = (uint16_t)(0xd800 + ((point - 0x10000) >> 10));
            point = 0xdc00 + ((point - 0x10000) & 0x3ff);
        }
        row->text[row->text_units++] = (uint16_t)point;
        at += length;
    }
    return row->text_units > 0;
}

static struct atr_filter_row *
add_row(struct atr_filter *filter, enum atr_filter_kind kind)
{
    struct atr_filter_row *row;

    if (filter->row_count >= ATR_FILTER_ROWS_MAX) {
        return NULL;
    }
    row = &filter->rows[filter->row_count++];
    *row = (struct atr_filter_row){.kind = (uint16_t)kind};
    return row;
}

static enum atr_status
too_many(struct atr_error *error)
{
    return atr_error_set(error, ATR_ARG, "more than %d conditions; use a prefix ('NAME*')",
                         (int)ATR_FILTER_ROWS_MAX);
}

static enum atr_status
add_texts(struct atr_filter *filter, enum atr_filter_kind kind, const char *const *texts,
          size_t count, struct atr_error *error)
{
    for (size_t i = 0; i < count; i++) {
        struct atr_filter_row *row = add_row(filter, kind);

        if (row == NULL) {
            return too_many(error);
        }
        if (!put_text(row, atr_str_leaf(atr_str_from(texts[i])))) {
            return atr_error_set(error, ATR_ARG, "'%.60s' is no name of 1 to %d characters",
                                 texts[i], (int)ATR_FILTER_TEXT_UNITS);
        }
    }
    return ATR_OK;
}

static enum atr_status
add_pids(struct atr_filter *filter, const struct atr_record_options *options, uint32_t child_pid,
         struct atr_error *error)
{
    struct atr_filter_row *row;

    for (size_t i = 0; i < options->pid_count; i++) {
        row = add_row(filter, ATR_FILTER_PID);
        if (row == NULL) {
            return too_many(error);
        }
        row->low = options->pids[i];
    }
    if (child_pid != UINT32_MAX) {
        row = add_row(filter, ATR_FILTER_PID);
        if (row == NULL) {
            return too_many(error);
        }
        row->low = child_pid;
        filter->inherit = 1;
    }
    return ATR_OK;
}

/* What a message must be like. */
static enum atr_status
add_messages(struct atr_filter *filter, const struct atr_record_options *options,
             struct atr_error *error)
{
    struct atr_filter_row *row;

    for (size_t i = 0; i < options->type_count; i++) {
        row = add_row(filter, ATR_FILTER_TYPE);
        if (row == NULL) {
            return too_many(error);
        }
        row->low = options->types[i];
    }
    if (options->direction != ATR_RECORD_BOTH) {
        row = add_row(filter, ATR_FILTER_DIRECTION);
        if (row == NULL) {
            return too_many(error);
        }
        row->low = options->direction == ATR_RECORD_SENT_ONLY ? 1 : 2;
    }
    if (options->min_length != 0 || options->max_length != 0) {
        row = add_row(filter, ATR_FILTER_LENGTH);
        if (row == NULL) {
            return too_many(error);
        }
        row->low = options->min_length;
        row->high = options->max_length == 0 ? UINT16_MAX : options->max_length;
        if (row->high < row->low) {
            return atr_error_set(error, ATR_ARG, "--min-length is above --max-length");
        }
    }
    return ATR_OK;
}

static uint32_t
start_flags(const struct atr_record_options *options)
{
    static const uint32_t stacks[] = {
        [ATR_RECORD_STACKS_ALL] = ATR_START_STACKS_KERNEL | ATR_START_STACKS_USER,
        [ATR_RECORD_STACKS_NONE] = 0,
        [ATR_RECORD_STACKS_KERNEL] = ATR_START_STACKS_KERNEL,
        [ATR_RECORD_STACKS_USER] = ATR_START_STACKS_USER,
    };

    return stacks[options->stacks] | (options->use_inline ? (uint32_t)ATR_START_INLINE : 0) |
           (options->force_gate ? (uint32_t)ATR_START_FORCE_GATE : 0);
}

static enum atr_status
check_numbers(const struct atr_record_options *options, struct atr_error *error)
{
    uint32_t ring = options->ring_bytes;

    if (ring != 0 &&
        ((ring & (ring - 1)) != 0 || ring < ATR_RING_BYTES_MIN || ring > RING_BYTES_MAX)) {
        return atr_error_set(error, ATR_ARG, "--ring-size is a power of two from 2M to 256M");
    }
    if (options->snap_message > ATR_SNAP_MESSAGE_DEFAULT ||
        options->snap_view > ATR_SNAP_VIEW_DEFAULT) {
        return atr_error_set(error, ATR_ARG, "at most %d bytes of a message and %d of a view",
                             (int)ATR_SNAP_MESSAGE_DEFAULT, (int)ATR_SNAP_VIEW_DEFAULT);
    }
    return ATR_OK;
}

enum atr_status
atr_settings_start(const struct atr_record_options *options, uint32_t child_pid,
                   struct atr_device_start *out, struct atr_error *error)
{
    enum atr_status status = check_numbers(options, error);

    *out = (struct atr_device_start){
        .magic = ATR_DEVICE_MAGIC,
        .flags = start_flags(options),
        .snap_message = options->snap_message,
        .snap_view = options->snap_view,
        .stack_every = options->stack_every,
    };
    for (size_t i = 0; i < ATR_SERVICE_COUNT; i++) {
        out->services[i].number = UINT32_MAX;
    }
    if (!options->no_default_filter) {
        atr_filter_default(&out->filter);
    }
    if (status == ATR_OK) {
        status = add_pids(&out->filter, options, child_pid, error);
    }
    if (status == ATR_OK) {
        status = add_texts(&out->filter, ATR_FILTER_PROCESS_NAME, options->names,
                           options->name_count, error);
    }
    if (status == ATR_OK) {
        status = add_texts(&out->filter, ATR_FILTER_PORT_NAME, options->ports, options->port_count,
                           error);
    }
    if (status == ATR_OK) {
        status = add_messages(&out->filter, options, error);
    }
    return status;
}

static void
describe_row(const struct atr_filter_row *row, struct atr_text *out)
{
    static const char *const kinds[] = {
        [ATR_FILTER_PID] = "pid",
        [ATR_FILTER_PROCESS_NAME] = "process",
        [ATR_FILTER_PORT_NAME] = "port",
        [ATR_FILTER_OPERATION] = "operation",
        [ATR_FILTER_TYPE] = "type",
        [ATR_FILTER_LENGTH] = "length from",
        [ATR_FILTER_DIRECTION] = "direction",
    };

    atr_text_puts(out, row->exclude != 0 ? ", not " : ", ");
    atr_text_puts(out, row->kind < ATR_COUNT(kinds) && kinds[row->kind] != NULL ? kinds[row->kind]
                                                                                : "other");
    atr_text_putc(out, ' ');
    if (row->text_units == 0) {
        atr_text_u64(out, row->low);
        if (row->kind == ATR_FILTER_LENGTH) {
            atr_text_printf(out, " to %" PRIu32, row->high);
        }
        return;
    }
    for (uint16_t i = 0; i < row->text_units; i++) {
        char utf8[ATR_UTF8_MAX];

        atr_text_put(out, atr_str_make(utf8, atr_utf8_put(utf8, row->text[i])));
    }
}

void
atr_settings_describe(const struct atr_device_start *start, struct atr_text *out)
{
    static const char *const stacks[] = {"none", "kernel", "user", "all"};

    atr_text_printf(out, "snaplen %" PRIu32 ", view %" PRIu32 ", stacks %s", start->snap_message,
                    start->snap_view, stacks[start->flags & 3]);
    if (start->stack_every > 1) {
        atr_text_printf(out, " every %" PRIu32, start->stack_every);
    }
    if ((start->flags & ATR_START_INLINE) != 0) {
        atr_text_puts(out, ", inline");
    }
    if ((start->flags & ATR_START_FORCE_GATE) != 0) {
        atr_text_puts(out, ", gate forced");
    }
    /* Against the kernel's own count of messages. */
    atr_text_puts(out, ", coverage not measured");
    for (uint32_t i = 0; i < start->filter.row_count && i < ATR_FILTER_ROWS_MAX; i++) {
        describe_row(&start->filter.rows[i], out);
    }
}
