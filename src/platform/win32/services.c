/* SPDX-License-Identifier: MIT */
#include "platform/services.h"

#include "platform/os_error.h"
#include "platform/win32/interrupt.h"
#include "platform/win32/wide.h"
#include "platform/win32/win.h"

#include <string.h>

enum {
    WAIT_STEP_MS = 50,
    WAIT_STEPS = 200, /* 10 s: a driver's unload takes up to 5 */
};

/* The manager and one service, opened for one piece of work. */
struct opened {
    SC_HANDLE manager;
    SC_HANDLE service;
    DWORD code; /* why service is NULL */
};

static enum atr_status
fail(DWORD code, const char *verb, const char *name, struct atr_error *error)
{
    return atr_os_error_set(error, code, verb, name);
}

static void
close_both(struct opened *opened)
{
    if (opened->service != NULL) {
        (void)CloseServiceHandle(opened->service);
    }
    if (opened->manager != NULL) {
        (void)CloseServiceHandle(opened->manager);
    }
}

static struct opened
open_service(const char *name, DWORD manager_rights, DWORD rights)
{
    struct atr_heap heap = atr_heap_default();
    wchar_t *wide = atr_wide_from_utf8(&heap, name);
    struct opened opened = {.code = ERROR_NOT_ENOUGH_MEMORY};

    if (wide != NULL) {
        opened.manager = OpenSCManagerW(NULL, NULL, manager_rights);
        opened.code = opened.manager == NULL ? GetLastError() : ERROR_SUCCESS;
    }
    if (opened.manager != NULL) {
        opened.service = OpenServiceW(opened.manager, wide, rights);
        opened.code = opened.service == NULL ? GetLastError() : ERROR_SUCCESS;
    }
    atr_heap_free(&heap, wide);
    return opened;
}

/* The texts of a plan as the system takes them. */
struct wide_plan {
    wchar_t *name;
    wchar_t *title;
    wchar_t *command;
    wchar_t *group;
};

static bool
widen(struct wide_plan *wide, const struct atr_service_plan *plan, const struct atr_heap *heap)
{
    *wide = (struct wide_plan){
        .name = atr_wide_from_utf8(heap, plan->name),
        .title = atr_wide_from_utf8(heap, plan->title),
        .command = atr_wide_from_utf8(heap, plan->command),
        .group = plan->group == NULL ? NULL : atr_wide_from_utf8(heap, plan->group),
    };
    return wide->name != NULL && wide->title != NULL && wide->command != NULL &&
           (plan->group == NULL || wide->group != NULL);
}

static void
free_wide(struct wide_plan *wide, const struct atr_heap *heap)
{
    atr_heap_free(heap, wide->name);
    atr_heap_free(heap, wide->title);
    atr_heap_free(heap, wide->command);
    atr_heap_free(heap, wide->group);
}

static DWORD
create_or_change(const struct opened *opened, const struct atr_service_plan *plan,
                 const struct wide_plan *wide, bool *created)
{
    DWORD type =
        plan->kind == ATR_SERVICE_DRIVER ? SERVICE_KERNEL_DRIVER : SERVICE_WIN32_OWN_PROCESS;
    DWORD start = plan->from_boot ? SERVICE_AUTO_START : SERVICE_DEMAND_START;
    SC_HANDLE service;

    if (opened->service != NULL) {
        *created = false;
        return ChangeServiceConfigW(opened->service, type, start, SERVICE_ERROR_NORMAL,
                                    wide->command, wide->group, NULL, NULL, NULL, NULL, wide->title)
                   ? ERROR_SUCCESS
                   : GetLastError();
    }
    service =
        CreateServiceW(opened->manager, wide->name, wide->title, SERVICE_ALL_ACCESS, type, start,
                       SERVICE_ERROR_NORMAL, wide->command, wide->group, NULL, NULL, NULL, NULL);
    if (service == NULL) {
        return GetLastError();
    }
    (void)CloseServiceHandle(service);
    *created = true;
    return ERROR_SUCCESS;
}

enum atr_status
atr_service_create(const struct atr_service_plan *plan, bool *created, struct atr_error *error)
{
    struct atr_heap heap = atr_heap_default();
    struct opened opened = open_service(plan->name, SC_MANAGER_CREATE_SERVICE | SC_MANAGER_CONNECT,
                                        SERVICE_CHANGE_CONFIG);
    struct wide_plan wide;
    bool is_new = false;
    DWORD code = opened.code;

    if (!widen(&wide, plan, &heap)) {
        code = ERROR_NOT_ENOUGH_MEMORY;
    } else if (code == ERROR_SUCCESS || code == ERROR_SERVICE_DOES_NOT_EXIST) {
        code = create_or_change(&opened, plan, &wide, &is_new);
    }
    free_wide(&wide, &heap);
    close_both(&opened);
    if (code != ERROR_SUCCESS) {
        return fail(code, "install the service", plan->name, error);
    }
    if (created != NULL) {
        *created = is_new;
    }
    return ATR_OK;
}

/* Waits while the service is on its way to what is wanted; gives its last state. */
static DWORD
wait_state(SC_HANDLE service, DWORD wanted, DWORD passing, DWORD *exit_code)
{
    SERVICE_STATUS status = {.dwCurrentState = 0};

    for (int i = 0; i < WAIT_STEPS; i++) {
        if (!QueryServiceStatus(service, &status) || status.dwCurrentState == wanted ||
            (status.dwCurrentState != passing && i > 0)) {
            break;
        }
        Sleep(WAIT_STEP_MS);
    }
    *exit_code = status.dwWin32ExitCode;
    return status.dwCurrentState;
}

enum atr_status
atr_service_start(const char *name, struct atr_error *error)
{
    struct opened opened =
        open_service(name, SC_MANAGER_CONNECT, SERVICE_START | SERVICE_QUERY_STATUS);
    DWORD code = opened.code;
    DWORD exit_code = 0;

    if (code == ERROR_SUCCESS && !StartServiceW(opened.service, 0, NULL)) {
        code = GetLastError();
    }
    if (code == ERROR_SERVICE_ALREADY_RUNNING) {
        code = ERROR_SUCCESS;
    }
    if (code == ERROR_SUCCESS && wait_state(opened.service, SERVICE_RUNNING, SERVICE_START_PENDING,
                                            &exit_code) != SERVICE_RUNNING) {
        code = exit_code != 0 ? exit_code : ERROR_SERVICE_REQUEST_TIMEOUT;
    }
    close_both(&opened);
    return code == ERROR_SUCCESS ? ATR_OK : fail(code, "start the service", name, error);
}

enum atr_status
atr_service_stop(const char *name, struct atr_error *error)
{
    struct opened opened =
        open_service(name, SC_MANAGER_CONNECT, SERVICE_STOP | SERVICE_QUERY_STATUS);
    SERVICE_STATUS status;
    DWORD code = opened.code;
    DWORD exit_code = 0;

    if (code == ERROR_SUCCESS && !ControlService(opened.service, SERVICE_CONTROL_STOP, &status)) {
        code = GetLastError();
    }
    if (code == ERROR_SUCCESS && wait_state(opened.service, SERVICE_STOPPED, SERVICE_STOP_PENDING,
                                            &exit_code) != SERVICE_STOPPED) {
        code = ERROR_SERVICE_REQUEST_TIMEOUT;
    }
    close_both(&opened);
    if (code == ERROR_SUCCESS || code == ERROR_SERVICE_NOT_ACTIVE ||
        code == ERROR_SERVICE_DOES_NOT_EXIST) {
        return ATR_OK;
    }
    return fail(code, "stop the service", name, error);
}

enum atr_status
atr_service_remove(const char *name, struct atr_error *error)
{
    struct opened opened = open_service(name, SC_MANAGER_CONNECT, DELETE);
    DWORD code = opened.code;

    if (code == ERROR_SUCCESS && !DeleteService(opened.service)) {
        code = GetLastError();
    }
    close_both(&opened);
    if (code == ERROR_SUCCESS || code == ERROR_SERVICE_DOES_NOT_EXIST ||
        code == ERROR_SERVICE_MARKED_FOR_DELETE) {
        return ATR_OK;
    }
    return fail(code, "remove the service", name, error);
}

enum atr_status
atr_service_query(const char *name, enum atr_service_state *state, struct atr_error *error)
{
    struct opened opened = open_service(name, SC_MANAGER_CONNECT, SERVICE_QUERY_STATUS);
    SERVICE_STATUS status = {.dwCurrentState = 0};
    DWORD code = opened.code;

    if (code == ERROR_SUCCESS && !QueryServiceStatus(opened.service, &status)) {
        code = GetLastError();
    }
    close_both(&opened);
    if (code == ERROR_SERVICE_DOES_NOT_EXIST) {
        *state = ATR_SERVICE_ABSENT;
        return ATR_OK;
    }
    if (code != ERROR_SUCCESS) {
        return fail(code, "ask the service", name, error);
    }
    *state = status.dwCurrentState == SERVICE_RUNNING   ? ATR_SERVICE_RUNNING
             : status.dwCurrentState == SERVICE_STOPPED ? ATR_SERVICE_STOPPED
                                                        : ATR_SERVICE_CHANGING;
    return ATR_OK;
}
