/* SPDX-License-Identifier: MIT */
#include "decode/decode.h"
#include "decode/layout.h"
#include "names/names.h"

/*
 * HARDERROR_MSG: what the kernel sends to CSRSS in a message of type 9 (other-protocols 5). Not
 * confirmed for current builds.
 */
enum {
    PARAMETERS_MAX = 5
};

static const char *const option_names[] = {
    "abort_retry_ignore", "ok",         "ok_cancel",
    "retry_cancel",       "yes_no",     "yes_no_cancel",
    "shutdown_system",    "ok_no_wait", "cancel_try_continue",
};

static const char *const response_names[] = {
    "return_to_caller", "not_handled", "abort", "cancel", "ignore", "no", "ok", "retry", "yes",
    "try_again",        "continue",
};

static void
put_named(struct atr_fields *fields, enum atr_field number_field, enum atr_field name_field,
          uint32_t number, const char *const *names, size_t count)
{
    atr_fields_uint(fields, number_field, number);
    if (number < count) {
        atr_fields_string(fields, name_field, names[number]);
    }
}

static void
put_parameters(struct atr_cursor *cur, unsigned pointer_bytes, uint32_t count,
               struct atr_event *event)
{
    struct atr_fields *fields = &event->fields;

    atr_cursor_align(cur, pointer_bytes);
    if (count > PARAMETERS_MAX) {
        atr_decode_problem(event, "too_many_parameters");
    }
    atr_fields_begin(fields, ATR_F_hard_parameters);
    for (uint32_t i = 0; i < PARAMETERS_MAX; i++) {
        uint64_t value = atr_cursor_pointer(cur, pointer_bytes);

        if (i < count && atr_cursor_ok(cur)) {
            atr_fields_uint(fields, ATR_F_hard_parameter, value);
        }
    }
    atr_fields_end(fields);
}

enum atr_status
atr_hard_error_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
                      struct atr_event *event)
{
    struct atr_fields *fields = &event->fields;
    uint32_t error = atr_cursor_u32(cur);
    struct atr_str name = atr_names_ntstatus(error);
    uint64_t time;
    uint32_t options;
    uint32_t response;
    uint32_t count;
    uint32_t mask;

    atr_cursor_align(cur, 8);
    time = atr_cursor_u64(cur);
    options = atr_cursor_u32(cur);
    response = atr_cursor_u32(cur);
    count = atr_cursor_u32(cur);
    mask = atr_cursor_u32(cur);
    if (!atr_cursor_ok(cur)) {
        return atr_layout_finish(cur, event);
    }
    event->meaning.protocol = "hard_error";
    event->meaning.method = name;
    atr_fields_uint(fields, ATR_F_hard_status, error);
    if (name.data != NULL) {
        atr_fields_text(fields, ATR_F_hard_status_name, name);
    }
    atr_fields_uint(fields, ATR_F_hard_time, time);
    put_named(fields, ATR_F_hard_options, ATR_F_hard_options_name, options,
              ATR_LAYOUT(option_names));
    put_named(fields, ATR_F_hard_response, ATR_F_hard_response_name, response,
              ATR_LAYOUT(response_names));
    atr_fields_uint(fields, ATR_F_hard_count, count);
    atr_fields_uint(fields, ATR_F_hard_mask, mask);
    put_parameters(cur, context->pointer_bytes == 4 ? 4 : 8, count, event);
    return atr_layout_finish(cur, event);
}
