/* SPDX-License-Identifier: MIT */
#include "decode/decode.h"
#include "decode/layout.h"

/* Windows Error Reporting's service port (other-protocols 5). Handles are 64-bit for every caller.
 */
enum {
    ELEVATED_HANDLES = 16,
    ELEVATED_HANDLES_AT = 0x18,
};

struct wer_message {
    uint32_t id;
    const char *name;
    const struct atr_layout *members;
    size_t member_count;
};

static const struct atr_layout exit_request[] = {
    {ATR_F_wer_initiating_tid, ATR_LAYOUT_U32, 0},
    {ATR_F_wer_initiating_pid, ATR_LAYOUT_U32, 0},
    {ATR_F_wer_exiting_pid, ATR_LAYOUT_U32, 0},
    {ATR_F_wer_exit_status, ATR_LAYOUT_U32, 0},
};

static const struct atr_layout exit_reply[] = {
    {ATR_F_wer_reporting_process, ATR_LAYOUT_U64, 0},
};

/* The 16 handles between the shared memory and their count become a list of their own. */
static const struct atr_layout elevated[] = {
    {ATR_F_wer_proc_id, ATR_LAYOUT_U32, 0},
    {ATR_F_wer_shared_memory, ATR_LAYOUT_U64, 0},
    {ATR_F_NONE, ATR_LAYOUT_SEEK, ELEVATED_HANDLES_AT + 8 * ELEVATED_HANDLES},
    {ATR_F_wer_handle_count, ATR_LAYOUT_U32, 0},
    {ATR_F_wer_process_handle, ATR_LAYOUT_U64, 0},
};

static const struct atr_layout not_elevated[] = {
    {ATR_F_wer_shared_memory, ATR_LAYOUT_U64, 0},
    {ATR_F_wer_process_handle, ATR_LAYOUT_U64, 0},
};

static const struct wer_message messages[] = {
    {0x30000000, "SilentProcessExitRequest", ATR_LAYOUT(exit_request)},
    {0x30000001, "SilentProcessExitReply", ATR_LAYOUT(exit_reply)},
    {0x30000002, "SilentProcessExitError", NULL, 0},
    {0x50000000, "ElevatedProcInfoRequest", ATR_LAYOUT(elevated)},
    {0x50000001, "ElevatedProcInfoReply", ATR_LAYOUT(elevated)},
    {0x50000002, "ElevatedProcInfoError", NULL, 0},
    {0x90000000, "NonElevatedProcInfoRequest", ATR_LAYOUT(not_elevated)},
    {0x90000001, "NonElevatedProcInfoReply", ATR_LAYOUT(not_elevated)},
    {0x90000002, "NonElevatedProcInfoError", NULL, 0},
};

static const struct wer_message *
find_message(uint32_t id)
{
    for (size_t i = 0; i < ATR_COUNT(messages); i++) {
        if (messages[i].id == id) {
            return &messages[i];
        }
    }
    return NULL;
}

/* cur stands behind the members; the count says how many of the 16 are in use. */
static void
put_handles(struct atr_cursor handles, struct atr_event *event)
{
    uint32_t count;

    atr_cursor_seek(&handles, ELEVATED_HANDLES_AT + 8 * ELEVATED_HANDLES);
    count = atr_cursor_u32(&handles);
    atr_cursor_seek(&handles, ELEVATED_HANDLES_AT);
    if (count > ELEVATED_HANDLES) {
        atr_decode_problem(event, "too_many_handles");
        count = ELEVATED_HANDLES;
    }
    atr_fields_begin(&event->fields, ATR_F_wer_handles);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t handle = atr_cursor_u64(&handles);

        if (atr_cursor_ok(&handles)) {
            atr_fields_uint(&event->fields, ATR_F_wer_handle, handle);
        }
    }
    atr_fields_end(&event->fields);
}

enum atr_status
atr_wer_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
               struct atr_event *event)
{
    struct atr_fields *fields = &event->fields;
    struct atr_cursor whole = *cur;
    uint32_t id = atr_cursor_u32(cur);
    uint32_t returned = atr_cursor_u32(cur);
    const struct wer_message *message = find_message(id);
    enum atr_status status;

    (void)context;
    if (!atr_cursor_ok(cur)) {
        return atr_layout_finish(cur, event);
    }
    event->meaning.protocol = "wer";
    atr_fields_uint(fields, ATR_F_wer_msg_id, id);
    atr_fields_uint(fields, ATR_F_wer_status, returned);
    if (message != NULL) {
        atr_fields_string(fields, ATR_F_wer_name, message->name);
        event->meaning.method = atr_str_from(message->name);
        (void)atr_layout_decode(cur, 8, message->members, message->member_count, event);
    }
    if (message != NULL && message->members == elevated && atr_cursor_ok(cur)) {
        put_handles(whole, event);
    }
    status = atr_layout_finish(cur, event);
    return status == ATR_OK && message == NULL ? ATR_UNSUPPORTED : status;
}
