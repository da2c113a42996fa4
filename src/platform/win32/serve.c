/* SPDX-License-Identifier: MIT */
#include "platform/os_error.h"
#include "platform/services.h"
#include "platform/win32/interrupt.h"
#include "platform/win32/wide.h"
#include "platform/win32/win.h"

/*
 * The system calls the service's main without a context, so what it needs is of the process: a
 * process serves one service, once.
 */
static struct {
    wchar_t *name;
    atr_service_run *run;
    void *context;
    SERVICE_STATUS_HANDLE handle;
} served;

static void
tell(DWORD state, DWORD exit_code)
{
    SERVICE_STATUS status = {
        .dwServiceType = SERVICE_WIN32_OWN_PROCESS,
        .dwCurrentState = state,
        .dwControlsAccepted =
            state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN : 0,
        .dwWin32ExitCode = exit_code == 0 ? NO_ERROR : ERROR_SERVICE_SPECIFIC_ERROR,
        .dwServiceSpecificExitCode = exit_code,
        .dwWaitHint = state == SERVICE_STOP_PENDING ? 10000 : 0,
    };

    (void)SetServiceStatus(served.handle, &status);
}

static DWORD WINAPI
handle_control(DWORD control, DWORD type, void *data, void *context)
{
    (void)type;
    (void)data;
    (void)context;
    if (control == SERVICE_CONTROL_STOP || control == SERVICE_CONTROL_SHUTDOWN) {
        tell(SERVICE_STOP_PENDING, 0);
        atr_interrupt_raise();
        return NO_ERROR;
    }
    return control == SERVICE_CONTROL_INTERROGATE ? NO_ERROR : ERROR_CALL_NOT_IMPLEMENTED;
}

static void WINAPI
service_main(DWORD count, wchar_t **words)
{
    int result;

    (void)count;
    (void)words;
    served.handle = RegisterServiceCtrlHandlerExW(served.name, handle_control, NULL);
    tell(SERVICE_RUNNING, 0);
    result = served.run(served.context);
    tell(SERVICE_STOPPED, (DWORD)result);
}

enum atr_status
atr_service_serve(const char *name, atr_service_run *run, void *context, struct atr_error *error)
{
    struct atr_heap heap = atr_heap_default();
    SERVICE_TABLE_ENTRYW table[2] = {{NULL, NULL}, {NULL, NULL}};
    DWORD code = ERROR_SUCCESS;

    served.name = atr_wide_from_utf8(&heap, name);
    if (served.name == NULL) {
        return atr_error_set(error, ATR_NOMEM, "out of memory");
    }
    served.run = run;
    served.context = context;
    table[0].lpServiceName = served.name;
    table[0].lpServiceProc = service_main;
    if (!StartServiceCtrlDispatcherW(table)) {
        code = GetLastError();
    }
    atr_heap_free(&heap, served.name);
    if (code == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) {
        return atr_error_set(error, ATR_ARG,
                             "only the system starts this: 'alpctrace service start'");
    }
    return code == ERROR_SUCCESS ? ATR_OK : atr_os_error_set(error, code, "serve", name);
}
