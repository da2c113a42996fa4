/* SPDX-License-Identifier: MIT */
#include "decode/ndr.h"

static void
counts_write(struct atr_fields *fields, const struct atr_ndr_item *item)
{
    atr_fields_uint(fields, ATR_F_ndr_item_max, item->max_count);
    atr_fields_uint(fields, ATR_F_ndr_item_actual, item->actual_count);
}

static void
text_write(struct atr_fields *fields, const struct atr_ndr_item *item)
{
    if (item->text.data == NULL) {
        atr_fields_null(fields, ATR_F_ndr_item_value);
    } else {
        atr_fields_text(fields, ATR_F_ndr_item_value, item->text);
    }
}

static void
guid_write(struct atr_fields *fields, const struct atr_ndr_item *item)
{
    atr_fields_guid(fields, ATR_F_ndr_item_value, &item->guid);
    if (item->text.data != NULL) {
        atr_fields_text(fields, ATR_F_ndr_item_name, item->text);
    }
}

static void
value_write(struct atr_fields *fields, const struct atr_ndr_item *item)
{
    switch ((enum atr_ndr_kind)item->kind) {
    case ATR_NDR_WSTRING:
    case ATR_NDR_ASTRING:
    case ATR_NDR_COUNTED_STRING:
    case ATR_NDR_BSTR:
        text_write(fields, item);
        counts_write(fields, item);
        break;
    case ATR_NDR_SID:
        text_write(fields, item);
        break;
    case ATR_NDR_GUID:
        guid_write(fields, item);
        break;
    case ATR_NDR_OBJREF:
        guid_write(fields, item);
        atr_fields_uint(fields, ATR_F_ndr_item_length, item->bytes.size_bytes);
        break;
    case ATR_NDR_CONTEXT_HANDLE:
        atr_fields_uint(fields, ATR_F_ndr_item_attributes, item->number);
        atr_fields_guid(fields, ATR_F_ndr_item_uuid, &item->guid);
        break;
    case ATR_NDR_SYSTEM_HANDLE:
        atr_fields_uint(fields, ATR_F_ndr_item_index, item->number);
        break;
    case ATR_NDR_BYTES:
        atr_fields_bytes(fields, ATR_F_ndr_item_value, item->bytes);
        atr_fields_uint(fields, ATR_F_ndr_item_length, item->bytes.size_bytes);
        break;
    default:
        atr_fields_uint(fields, ATR_F_ndr_item_value, item->number);
        break;
    }
}

static void
item_write(struct atr_fields *fields, const struct atr_ndr_item *item)
{
    atr_fields_begin(fields, ATR_F_ndr_item);
    atr_fields_uint(fields, ATR_F_ndr_item_offset, item->offset);
    atr_fields_string(fields, ATR_F_ndr_item_type, atr_ndr_kind_text(item->kind));
    value_write(fields, item);
    atr_fields_uint(fields, ATR_F_ndr_item_trust, item->trust);
    atr_fields_string(fields, ATR_F_ndr_item_grade, atr_grade_text(item->grade));
    atr_fields_end(fields);
    atr_fields_grade(fields, item->grade);
}

static void
syntax_write(struct atr_fields *fields, const struct atr_ndr_view *view)
{
    bool is_guess = view->syntax_grade == ATR_GRADE_GUESS;

    if (view->syntax != ATR_SYNTAX_UNKNOWN) {
        atr_fields_string(fields, is_guess ? ATR_F_ndr_syntax_guess : ATR_F_ndr_syntax,
                          atr_syntax_text(view->syntax));
        atr_fields_grade(fields, view->syntax_grade);
    }
}

void
atr_ndr_fields(struct atr_event *event, const struct atr_ndr_view *view)
{
    struct atr_fields *fields = &event->fields;

    if (fields->arena == NULL) {
        return;
    }
    syntax_write(fields, view);
    if (view->item_count > 0) {
        atr_fields_begin(fields, ATR_F_ndr_values);
        for (uint32_t i = 0; i < view->item_count; i++) {
            item_write(fields, &view->items[i]);
        }
        atr_fields_end(fields);
    }
    if (view->error != NULL) {
        atr_fields_string(fields, ATR_F_ndr_error, view->error);
    }
}
