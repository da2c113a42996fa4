/* SPDX-License-Identifier: MIT */
#include "decode/decode.h"
#include "decode/layout.h"

/*
 * \LsaAuthenticationPort up to Windows XP and in ReactOS (other-protocols 4). The numbers are
 * those of ReactOS; Windows is known to differ at least in one, so a name is a guess.
 */
enum atr_status
atr_lsa_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
               struct atr_event *event)
{
    static const char *const names[] = {
        "CallAuthenticationPackage",   "DeregisterLogonProcess", "LogonUser",
        "LookupAuthenticationPackage", "EnumLogonSessions",      "GetLogonSessionData",
        "PolicyChangeNotify",
    };
    struct atr_fields *fields = &event->fields;
    uint32_t number = atr_cursor_u32(cur);
    uint32_t returned = atr_cursor_u32(cur);
    enum atr_status status;

    (void)context;
    if (!atr_cursor_ok(cur)) {
        return atr_layout_finish(cur, event);
    }
    event->meaning.protocol = "lsa";
    atr_fields_uint(fields, ATR_F_lsa_api_number, number);
    atr_fields_uint(fields, ATR_F_lsa_status, returned);
    if (number < ATR_COUNT(names)) {
        atr_fields_string(fields, ATR_F_lsa_name, names[number]);
        atr_fields_grade(fields, ATR_GRADE_GUESS);
        event->meaning.method = atr_str_from(names[number]);
    }
    status = atr_layout_finish(cur, event);
    return status == ATR_OK && number >= ATR_COUNT(names) ? ATR_UNSUPPORTED : status;
}

/* What a logon process sends with its connection request. */
enum atr_status
atr_lsa_connect_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
                       struct atr_event *event)
{
    static const struct atr_layout members[] = {
        {ATR_F_lsa_status, ATR_LAYOUT_U32, 0},
        {ATR_F_lsa_mode, ATR_LAYOUT_U32, 0},
        {ATR_F_lsa_process_length, ATR_LAYOUT_U32, 0},
        {ATR_F_lsa_process_name, ATR_LAYOUT_ATEXT_LEN, 128},
    };

    event->meaning.protocol = "lsa";
    (void)atr_layout_decode(cur, context->pointer_bytes, ATR_LAYOUT(members), event);
    return atr_layout_finish(cur, event);
}
