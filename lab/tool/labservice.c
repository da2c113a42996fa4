/* SPDX-License-Identifier: MIT */
/* labservice load|stop|state NAME [FILE]: kernel services of the lab, all in one process. */
#include <windows.h>

#include <stdio.h>
#include <string.h>

/* Wine puts the drivers of one load-order group into one process. */
#define GROUP "AlpcTrace"

static int
fail(const char *what, const char *name)
{
    fprintf(stderr, "labservice: cannot %s %s: error %lu\n", what, name, GetLastError());
    return 1;
}

static int
load(SC_HANDLE manager, const char *name, const char *file)
{
    char path[MAX_PATH];
    SC_HANDLE service;

    GetFullPathNameA(file, sizeof(path), path, NULL);
    service = CreateServiceA(manager, name, name, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
                             SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, path, GROUP, NULL, NULL,
                             NULL, NULL);
    if (service == NULL) {
        service = OpenServiceA(manager, name, SERVICE_ALL_ACCESS);
    }
    if (service == NULL) {
        return fail("create", name);
    }
    if (!StartServiceA(service, 0, NULL) && GetLastError() != ERROR_SERVICE_ALREADY_RUNNING) {
        return fail("start", name);
    }
    return 0;
}

static int
state(SC_HANDLE service, const char *name)
{
    SERVICE_STATUS_PROCESS status;
    DWORD bytes;

    if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof(status),
                              &bytes)) {
        return fail("query", name);
    }
    printf("%s %s\n", name, status.dwCurrentState == SERVICE_RUNNING ? "running" : "stopped");
    return status.dwCurrentState != SERVICE_RUNNING;
}

static int
stop(SC_HANDLE service, const char *name)
{
    SERVICE_STATUS status;

    return ControlService(service, SERVICE_CONTROL_STOP, &status) ? 0 : fail("stop", name);
}

int
main(int count, char **arguments)
{
    SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    SC_HANDLE service;

    if (count < 3 || manager == NULL) {
        fputs("labservice load NAME FILE | stop NAME | state NAME\n", stderr);
        return 2;
    }
    if (count == 4 && strcmp(arguments[1], "load") == 0) {
        return load(manager, arguments[2], arguments[3]);
    }
    service = OpenServiceA(manager, arguments[2], SERVICE_ALL_ACCESS);
    if (service == NULL) {
        printf("%s absent\n", arguments[2]);
        return 1;
    }
    return strcmp(arguments[1], "stop") == 0 ? stop(service, arguments[2])
                                             : state(service, arguments[2]);
}
