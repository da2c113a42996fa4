/* SPDX-License-Identifier: MIT */
#include "output/values.h"

#include "output/time.h"

/* 100 ns from 1601 to 1970. */
#define UNIX_EPOCH_100NS UINT64_C(116444736000000000)

void
atr_filetime_write(struct atr_text *text, uint64_t time_100ns)
{
    struct atr_time_writer writer;

    if (time_100ns < UNIX_EPOCH_100NS || time_100ns - UNIX_EPOCH_100NS > UINT64_MAX / 100) {
        atr_text_u64(text, time_100ns);
        return;
    }
    atr_time_writer_init(&writer, ATR_TIME_DATE);
    atr_time_write(&writer, text, (time_100ns - UNIX_EPOCH_100NS) * 100, true);
    text->size_bytes -= text->status == ATR_OK ? 1 : 0; /* the blank behind the time */
}

static bool
is_container(const struct atr_value *value)
{
    return value->type == ATR_FIELD_OBJECT || value->type == ATR_FIELD_LIST;
}

static void
write_bytes(struct atr_text *text, struct atr_bytes bytes, uint32_t max)
{
    struct atr_bytes shown = bytes;

    if (max != 0 && shown.size_bytes > max) {
        shown.size_bytes = max;
    }
    atr_text_bytes(text, shown);
    if (shown.size_bytes < bytes.size_bytes) {
        atr_text_printf(text, "... (%zu bytes)", bytes.size_bytes);
    }
}

void
atr_value_write(struct atr_text *text, const struct atr_value *value, uint32_t string_max)
{
    switch ((enum atr_field_type)value->type) {
    case ATR_FIELD_BOOL:
        atr_text_puts(text, value->as.number != 0 ? "true" : "false");
        break;
    case ATR_FIELD_UINT:
        atr_text_u64(text, value->as.number);
        break;
    case ATR_FIELD_HEX:
        atr_text_puts(text, "0x");
        atr_text_hex(text, value->as.number);
        break;
    case ATR_FIELD_INT:
        atr_text_i64(text, value->as.integer);
        break;
    case ATR_FIELD_TEXT:
        atr_text_putc(text, '"');
        if (atr_text_quoted(text, value->as.text, string_max)) {
            atr_text_puts(text, "\xe2\x80\xa6");
        }
        atr_text_putc(text, '"');
        break;
    case ATR_FIELD_GUID:
        atr_text_guid(text, &value->as.guid);
        break;
    case ATR_FIELD_BYTES:
        write_bytes(text, value->as.bytes, string_max);
        break;
    case ATR_FIELD_TIME:
        atr_filetime_write(text, value->as.number);
        break;
    case ATR_FIELD_NULL:
        atr_text_puts(text, "null");
        break;
    default:
        atr_text_puts(text, value->count == 0 ? "none" : "");
        break;
    }
    if (value->grade == ATR_GRADE_GUESS || value->grade == ATR_GRADE_INFERRED) {
        atr_text_putc(text, '?');
    }
}

static void
json_scalar(struct atr_text *text, const struct atr_value *value)
{
    switch ((enum atr_field_type)value->type) {
    case ATR_FIELD_BOOL:
        atr_text_puts(text, value->as.number != 0 ? "true" : "false");
        break;
    case ATR_FIELD_UINT:
    case ATR_FIELD_HEX:
    case ATR_FIELD_TIME:
        atr_text_u64(text, value->as.number);
        break;
    case ATR_FIELD_INT:
        atr_text_i64(text, value->as.integer);
        break;
    case ATR_FIELD_TEXT:
        atr_text_json(text, value->as.text);
        break;
    case ATR_FIELD_GUID:
        atr_text_putc(text, '"');
        atr_text_guid(text, &value->as.guid);
        atr_text_putc(text, '"');
        break;
    case ATR_FIELD_BYTES:
        atr_text_putc(text, '"');
        atr_text_bytes(text, value->as.bytes);
        atr_text_putc(text, '"');
        break;
    default:
        atr_text_puts(text, "null");
        break;
    }
}

static void
json_key(struct atr_text *text, const struct atr_value *value)
{
    atr_text_json(text, atr_str_from(atr_field_row_get((enum atr_field)value->field)->key));
    atr_text_putc(text, ':');
}

/* Depth first over siblings; the open containers stand on a small stack. */
void
atr_values_json_members(struct atr_text *text, const struct atr_value *root)
{
    const struct atr_value *next[ATR_FIELDS_DEPTH_MAX + 2];
    bool is_list[ATR_FIELDS_DEPTH_MAX + 2];
    bool is_first = true;
    uint32_t depth = 0;

    next[0] = root->as.children.first;
    is_list[0] = root->type == ATR_FIELD_LIST;
    for (;;) {
        const struct atr_value *value = next[depth];

        if (value == NULL) {
            if (depth == 0) {
                break;
            }
            atr_text_putc(text, is_list[depth] ? ']' : '}');
            depth--;
            is_first = false;
            continue;
        }
        next[depth] = value->next;
        if (!is_first) {
            atr_text_putc(text, ',');
        }
        if (!is_list[depth]) {
            json_key(text, value);
        }
        if (is_container(value)) {
            depth++;
            next[depth] = value->as.children.first;
            is_list[depth] = value->type == ATR_FIELD_LIST;
            atr_text_putc(text, is_list[depth] ? '[' : '{');
            is_first = true;
        } else {
            json_scalar(text, value);
            is_first = false;
        }
    }
}

void
atr_values_json(struct atr_text *text, const struct atr_value *root)
{
    atr_text_putc(text, '{');
    atr_values_json_members(text, root);
    atr_text_putc(text, '}');
}

static bool
all_scalars(const struct atr_value *list)
{
    for (const struct atr_value *item = list->as.children.first; item != NULL; item = item->next) {
        if (is_container(item)) {
            return false;
        }
    }
    return true;
}

static void
write_short_list(struct atr_text *text, const struct atr_value *list, uint32_t string_max)
{
    for (const struct atr_value *item = list->as.children.first; item != NULL; item = item->next) {
        atr_text_puts(text, item == list->as.children.first ? "" : ", ");
        if (item->type == ATR_FIELD_TEXT && list->grade == ATR_GRADE_BOUND) {
            atr_text_name(text, item->as.text);
        } else {
            atr_value_write(text, item, string_max);
        }
    }
}

void
atr_values_write(struct atr_text *text, const struct atr_value *root, unsigned indent,
                 uint32_t string_max)
{
    const struct atr_value *next[ATR_FIELDS_DEPTH_MAX + 2];
    const struct atr_value *open[ATR_FIELDS_DEPTH_MAX + 2];
    uint32_t depth = 0;

    next[0] = root->as.children.first;
    open[0] = root;
    for (;;) {
        const struct atr_value *value = next[depth];

        if (value == NULL) {
            if (depth == 0) {
                break;
            }
            depth--;
            continue;
        }
        next[depth] = value->next;
        atr_text_pad(text, ' ', indent + 2 * depth);
        if (open[depth]->type == ATR_FIELD_LIST) {
            atr_text_puts(text, "-");
        } else {
            atr_text_puts(text, atr_field_row_get((enum atr_field)value->field)->key);
            atr_text_putc(text, ':');
        }
        if (!is_container(value) || value->count == 0) {
            atr_text_putc(text, ' ');
            atr_value_write(text, value, string_max);
        } else if (value->type == ATR_FIELD_LIST && all_scalars(value)) {
            atr_text_putc(text, ' ');
            write_short_list(text, value, string_max);
        } else {
            depth++;
            next[depth] = value->as.children.first;
            open[depth] = value;
        }
        atr_text_putc(text, '\n');
    }
}
