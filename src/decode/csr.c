/* SPDX-License-Identifier: MIT */
#include "decode/decode.h"
#include "decode/layout.h"

/*
 * CSR_API_MSG, the protocol of \Windows\ApiPort (other-protocols 2). Numbers of USERSRV moved with
 * the versions of Windows, so a row says for which builds it holds. A routine without members has
 * no public layout; its bytes come out as the rest.
 */
static const struct atr_layout client_connect[] = {
    {ATR_F_csr_server_dll, ATR_LAYOUT_U32, 0},
    {ATR_F_csr_info, ATR_LAYOUT_POINTER, 0},
    {ATR_F_csr_info_length, ATR_LAYOUT_U32, 0},
};

/* The streams of the side-by-side block shift with the version; they are left as bytes. */
static const struct atr_layout create_process[] = {
    {ATR_F_csr_process_handle, ATR_LAYOUT_TAGGED, ATR_F_csr_process_flags},
    {ATR_F_csr_thread_handle, ATR_LAYOUT_TAGGED, ATR_F_csr_thread_flags},
    {ATR_F_csr_pid, ATR_LAYOUT_POINTER, 0},
    {ATR_F_csr_tid, ATR_LAYOUT_POINTER, 0},
    {ATR_F_csr_creation_flags, ATR_LAYOUT_U32, 0},
    {ATR_F_csr_vdm_binary_type, ATR_LAYOUT_U32, 0},
    {ATR_F_csr_vdm_task, ATR_LAYOUT_U32, 0},
    {ATR_F_csr_vdm_handle, ATR_LAYOUT_POINTER, 0},
    {ATR_F_csr_sxs_flags, ATR_LAYOUT_U32, 0},
    {ATR_F_csr_sxs_parameter_flags, ATR_LAYOUT_U32, 0},
};

static const struct atr_layout shutdown_param[] = {
    {ATR_F_csr_shutdown_level, ATR_LAYOUT_U32, 0},
    {ATR_F_csr_shutdown_flags, ATR_LAYOUT_U32, 0},
};

static const struct atr_layout dos_device[] = {
    {ATR_F_csr_device_flags, ATR_LAYOUT_U32, 0},
    {ATR_F_csr_device_name, ATR_LAYOUT_UNICODE, 0},
    {ATR_F_csr_target_path, ATR_LAYOUT_UNICODE, 0},
};

static const struct atr_layout activation_context[] = {
    {ATR_F_csr_context_flags, ATR_LAYOUT_U32, 0},
    {ATR_F_csr_context_architecture, ATR_LAYOUT_U16, 0},
};

enum {
    BUILD_VISTA = 6000,
    BUILD_7 = 7600,
    BUILD_7_LAST = 7999,
    BUILD_8_LAST = 9599,
    BUILD_8_1 = 9600,
    BUILD_20H1 = 19041,
    BUILD_LAST = 0xffffff,
};

struct csr_api {
    uint32_t number;
    uint32_t first_build;
    uint32_t last_build;
    const char *name;
    const struct atr_layout *members;
    size_t member_count;
};

/* Of several rows for a number the newest comes first: it is the guess for an unknown build. */
static const struct csr_api apis[] = {
    {0x00000, BUILD_VISTA, BUILD_LAST, "ClientConnect", ATR_LAYOUT(client_connect)},
    {0x10000, BUILD_VISTA, BUILD_LAST, "BaseSrvCreateProcess", ATR_LAYOUT(create_process)},
    {0x10005, BUILD_VISTA, BUILD_LAST, "CheckVDM", NULL, 0},
    {0x10006, BUILD_VISTA, BUILD_LAST, "UpdateVDMEntry", NULL, 0},
    {0x10007, BUILD_VISTA, BUILD_LAST, "GetNextVDMCommand", NULL, 0},
    {0x10008, BUILD_VISTA, BUILD_LAST, "ExitVDM", NULL, 0},
    {0x10009, BUILD_VISTA, BUILD_LAST, "IsFirstVDM", NULL, 0},
    {0x1000a, BUILD_VISTA, BUILD_LAST, "GetVDMExitCode", NULL, 0},
    {0x1000b, BUILD_VISTA, BUILD_LAST, "SetReenterCount", NULL, 0},
    {0x1000c, BUILD_VISTA, BUILD_LAST, "SetProcessShutdownParam", ATR_LAYOUT(shutdown_param)},
    {0x1000d, BUILD_VISTA, BUILD_LAST, "GetProcessShutdownParam", ATR_LAYOUT(shutdown_param)},
    {0x1000e, BUILD_VISTA, BUILD_LAST, "SetVDMCurDirs", NULL, 0},
    {0x1000f, BUILD_VISTA, BUILD_LAST, "GetVDMCurDirs", NULL, 0},
    {0x10010, BUILD_VISTA, BUILD_LAST, "BatNotification", NULL, 0},
    {0x10011, BUILD_VISTA, BUILD_LAST, "RegisterWowExec", NULL, 0},
    {0x10012, BUILD_VISTA, BUILD_LAST, "SoundSentryNotification", NULL, 0},
    {0x10013, BUILD_VISTA, BUILD_LAST, "RefreshIniFileMapping", NULL, 0},
    {0x10014, BUILD_VISTA, BUILD_LAST, "DefineDosDevice", ATR_LAYOUT(dos_device)},
    {0x10015, BUILD_VISTA, BUILD_LAST, "SetTermsrvAppInstallMode", NULL, 0},
    {0x10016, BUILD_VISTA, BUILD_LAST, "SetTermsrvClientTimeZone", NULL, 0},
    {0x10017, BUILD_VISTA, BUILD_LAST, "CreateActivationContext", ATR_LAYOUT(activation_context)},
    {0x10019, BUILD_VISTA, BUILD_LAST, "RegisterThread", NULL, 0},
    {0x1001a, BUILD_VISTA, BUILD_LAST, "DeferredCreateProcess", NULL, 0},
    {0x1001b, BUILD_VISTA, BUILD_LAST, "NlsGetUserInfo", NULL, 0},
    {0x1001c, BUILD_VISTA, BUILD_LAST, "NlsUpdateCacheCount", NULL, 0},
    {0x1001d, BUILD_20H1, BUILD_LAST, "CreateProcess2", ATR_LAYOUT(create_process)},
    {0x1001e, BUILD_20H1, BUILD_LAST, "CreateActivationContext2", NULL, 0},
    {0x30400, BUILD_VISTA, BUILD_LAST, "ExitWindowsEx", NULL, 0},
    {0x30401, BUILD_VISTA, BUILD_LAST, "EndTask", NULL, 0},
    {0x30402, BUILD_VISTA, BUILD_LAST, "Logon", NULL, 0},
    {0x30403, BUILD_7, BUILD_LAST, "ActivateDebugger", NULL, 0},
    {0x30404, BUILD_8_1, BUILD_LAST, "CreateSystemThreads", NULL, 0},
    {0x30404, BUILD_7, BUILD_8_LAST, "DeviceEvent", NULL, 0},
    {0x30405, BUILD_8_1, BUILD_LAST, "RecordShutdownReason", NULL, 0},
    {0x30405, BUILD_7, BUILD_8_LAST, "CreateSystemThreads", NULL, 0},
    {0x30406, BUILD_8_1, BUILD_LAST, "CancelShutdown", NULL, 0},
    {0x30406, BUILD_7, BUILD_8_LAST, "RecordShutdownReason", NULL, 0},
    {0x30407, BUILD_7, BUILD_8_LAST, "CancelShutdown", NULL, 0},
    {0x30408, BUILD_7, BUILD_7_LAST, "ConsoleHandleOperation", NULL, 0},
    {0x30409, BUILD_7, BUILD_7_LAST, "GetSetShutdownBlockReason", NULL, 0},
};

static const struct csr_api *
find_api(uint32_t number, uint32_t os_build)
{
    for (size_t i = 0; i < ATR_COUNT(apis); i++) {
        if (apis[i].number == number && (os_build == 0 || (os_build >= apis[i].first_build &&
                                                           os_build <= apis[i].last_build))) {
            return &apis[i];
        }
    }
    return NULL;
}

/* Whether the number means the same on every build that the table covers. */
static bool
is_certain(const struct csr_api *api)
{
    return api->first_build == BUILD_VISTA && api->last_build == BUILD_LAST;
}

static void
put_server(struct atr_fields *fields, uint32_t number)
{
    static const char *const servers[] = {"csrsrv", "basesrv", "consrv", "usersrv"};

    if (number >> 16 < ATR_COUNT(servers)) {
        atr_fields_string(fields, ATR_F_csr_server, servers[number >> 16]);
    }
}

static void
put_name(struct atr_event *event, const struct csr_api *api, uint32_t os_build)
{
    atr_fields_string(&event->fields, ATR_F_csr_name, api->name);
    if (os_build == 0 && !is_certain(api)) {
        atr_fields_grade(&event->fields, ATR_GRADE_GUESS);
    }
    event->meaning.method = atr_str_from(api->name);
}

enum atr_status
atr_csr_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
               struct atr_event *event)
{
    struct atr_fields *fields = &event->fields;
    unsigned pointer_bytes = context->pointer_bytes == 4 ? 4 : 8;
    uint64_t capture_buffer = atr_cursor_pointer(cur, pointer_bytes);
    uint32_t number = atr_cursor_u32(cur);
    uint32_t return_value = atr_cursor_u32(cur);
    const struct csr_api *api;
    enum atr_status status;

    atr_cursor_skip(cur, 4);
    if (!atr_cursor_ok(cur)) {
        return atr_layout_finish(cur, event);
    }
    api = find_api(number, context->os_build);
    event->meaning.protocol = "csr";
    atr_fields_uint(fields, ATR_F_csr_api_number, number);
    put_server(fields, number);
    atr_fields_uint(fields, ATR_F_csr_capture_buffer, capture_buffer);
    atr_fields_uint(fields, ATR_F_csr_return_value, return_value);
    if (api != NULL) {
        put_name(event, api, context->os_build);
    }
    if (atr_cursor_left(cur) > 0) {
        atr_cursor_align(cur, pointer_bytes);
    }
    if (api != NULL) {
        (void)atr_layout_decode(cur, pointer_bytes, api->members, api->member_count, event);
    }
    status = atr_layout_finish(cur, event);
    return status == ATR_OK && api == NULL ? ATR_UNSUPPORTED : status;
}

/* What a client sends with its connection request and gets back, since Windows 8. */
enum atr_status
atr_csr_connect_decode(struct atr_cursor *cur, const struct atr_decode_context *context,
                       struct atr_event *event)
{
    static const struct atr_layout members[] = {
        {ATR_F_csr_section_base, ATR_LAYOUT_POINTER, 0},
        {ATR_F_csr_static_data, ATR_LAYOUT_POINTER, 0},
        {ATR_F_csr_server_pid, ATR_LAYOUT_POINTER, 0},
    };

    event->meaning.protocol = "csr";
    (void)atr_layout_decode(cur, context->pointer_bytes, ATR_LAYOUT(members), event);
    return atr_layout_finish(cur, event);
}
