/* SPDX-License-Identifier: MIT */
#include "decode/decode.h"
#include "decode/layout.h"

/* The session manager's two ports (other-protocols 3): number, status, then a union. */
struct sm_api {
    uint32_t number;
    const char *name;
    const struct atr_layout *members;
    size_t member_count;
};

/* RTL_USER_PROCESS_INFORMATION; its image information has 0x40 bytes on x64. */
#define PROCESS_INFORMATION                                                                      \
    {ATR_F_sm_info_length, ATR_LAYOUT_U32, 0}, {ATR_F_sm_process_handle, ATR_LAYOUT_POINTER, 0}, \
        {ATR_F_sm_thread_handle, ATR_LAYOUT_POINTER, 0}, {ATR_F_sm_pid, ATR_LAYOUT_POINTER, 0},  \
        {ATR_F_sm_tid, ATR_LAYOUT_POINTER, 0},                                                   \
    {                                                                                            \
        ATR_F_sm_image_information, ATR_LAYOUT_BYTES, 0x40                                       \
    }

static const struct atr_layout session_complete[] = {
    {ATR_F_sm_session_id, ATR_LAYOUT_U32, 0},
    {ATR_F_sm_completion_status, ATR_LAYOUT_U32, 0},
};

static const struct atr_layout exec_program[] = {
    PROCESS_INFORMATION,
    {ATR_F_sm_debug, ATR_LAYOUT_U8, 0},
};

static const struct atr_layout load_subsystem[] = {
    {ATR_F_sm_subsystem_length, ATR_LAYOUT_U32, 0},
    {ATR_F_sm_subsystem, ATR_LAYOUT_WTEXT_LEN, 32},
};

static const struct atr_layout start_csr[] = {
    {ATR_F_sm_session_id, ATR_LAYOUT_U32, 0},      {ATR_F_sm_command_length, ATR_LAYOUT_U32, 0},
    {ATR_F_sm_command, ATR_LAYOUT_WTEXT_LEN, 128}, {ATR_F_sm_pid, ATR_LAYOUT_POINTER, 0},
    {ATR_F_sm_csrss_pid, ATR_LAYOUT_POINTER, 0},
};

static const struct atr_layout stop_csr[] = {
    {ATR_F_sm_session_id, ATR_LAYOUT_U32, 0},
};

static const struct atr_layout start_silo[] = {
    {ATR_F_sm_job_handle, ATR_LAYOUT_POINTER, 0},
    {ATR_F_sm_create_suspended, ATR_LAYOUT_U8, 0},
};

static const struct sm_api sm_apis[] = {
    {1, "SessionComplete", ATR_LAYOUT(session_complete)},
    {3, "ExecPgm", ATR_LAYOUT(exec_program)},
    {4, "LoadDeferedSubsystem", ATR_LAYOUT(load_subsystem)},
    {5, "StartCsr", ATR_LAYOUT(start_csr)},
    {6, "StopCsr", ATR_LAYOUT(stop_csr)},
    {7, "StartServerSilo", ATR_LAYOUT(start_silo)},
};

static const struct atr_layout create_session[] = {
    {ATR_F_sm_session_id, ATR_LAYOUT_U32, 0},
    {ATR_F_NONE, ATR_LAYOUT_SEEK, 0x10},
    PROCESS_INFORMATION,
};

static const struct atr_layout create_process[] = {
    {ATR_F_sm_image_name, ATR_LAYOUT_POINTER, 0},   {ATR_F_sm_directory, ATR_LAYOUT_POINTER, 0},
    {ATR_F_sm_command_line, ATR_LAYOUT_POINTER, 0}, {ATR_F_sm_dll_path, ATR_LAYOUT_POINTER, 0},
    {ATR_F_sm_create_flags, ATR_LAYOUT_U32, 0},
};

static const struct sm_api sb_apis[] = {
    {0, "CreateSession", ATR_LAYOUT(create_session)},
    {1, "TerminateSession", ATR_LAYOUT(session_complete)},
    {2, "ForeignSessionComplete", ATR_LAYOUT(session_complete)},
    {3, "CreateProcess", ATR_LAYOUT(create_process)},
};

static const struct sm_api *
find_api(const struct sm_api *apis, size_t count, uint32_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (apis[i].number == number) {
            return &apis[i];
        }
    }
    return NULL;
}

static enum atr_status
decode(struct atr_cursor *cur, const struct sm_api *apis, size_t count, unsigned pointer_bytes,
       struct atr_event *event)
{
    struct atr_fields *fields = &event->fields;
    uint32_t number = atr_cursor_u32(cur);
    uint32_t returned = atr_cursor_u32(cur);
    const struct sm_api *api = find_api(apis, count, number);
    enum atr_status status;

    if (!atr_cursor_ok(cur)) {
        return atr_layout_finish(cur, event);
    }
    event->meaning.protocol = "sm";
    atr_fields_uint(fields, ATR_F_sm_api_number, number);
    atr_fields_uint(fields, ATR_F_sm_status, returned);
    if (api != NULL) {
        atr_fields_string(fields, ATR_F_sm_name, api->name);
        event->meaning.method = atr_str_from(api->name);
        (void)atr_layout_decode(cur, pointer_bytes, api->members, api->member_count, event);
    }
    status = atr_layout_finish(cur, event);
    return status == ATR_OK && api == NULL ? ATR_UNSUPPORTED : status;
}

enum atr_status
atr_sm_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
              struct atr_event *event)
{
    return decode(cur, ATR_LAYOUT(sm_apis), context->pointer_bytes, event);
}

enum atr_status
atr_sb_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
              struct atr_event *event)
{
    return decode(cur, ATR_LAYOUT(sb_apis), context->pointer_bytes, event);
}

/* What a subsystem sends with its connection request. */
enum atr_status
atr_sb_connect_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
                      struct atr_event *event)
{
    static const struct atr_layout members[] = {
        {ATR_F_sb_image_type, ATR_LAYOUT_U32, 0},
        {ATR_F_sb_port_name, ATR_LAYOUT_WTEXT, 120},
    };

    event->meaning.protocol = "sm";
    (void)atr_layout_decode(cur, context->pointer_bytes, ATR_LAYOUT(members), event);
    return atr_layout_finish(cur, event);
}
