/* SPDX-License-Identifier: MIT */
#include "probe.h"

/* The service manager, looked up at run time: advapi32 is no import of this program. */

typedef SC_HANDLE WINAPI open_manager_fn(LPCSTR, LPCSTR, DWORD);
typedef SC_HANDLE WINAPI open_service_fn(SC_HANDLE, LPCSTR, DWORD);
typedef SC_HANDLE WINAPI create_service_fn(SC_HANDLE, LPCSTR, LPCSTR, DWORD, DWORD, DWORD, DWORD,
                                           LPCSTR, LPCSTR, LPDWORD, LPCSTR, LPCSTR, LPCSTR);
typedef BOOL WINAPI start_service_fn(SC_HANDLE, DWORD, LPCSTR *);
typedef BOOL WINAPI control_service_fn(SC_HANDLE, DWORD, LPSERVICE_STATUS);
typedef BOOL WINAPI one_handle_fn(SC_HANDLE);

struct manager {
    SC_HANDLE handle;
    open_manager_fn *open_manager;
    open_service_fn *open_service;
    create_service_fn *create_service;
    start_service_fn *start_service;
    control_service_fn *control_service;
    one_handle_fn *delete_service;
    one_handle_fn *close_handle;
};

static const char pin_name[] = "AlpcPin";
static const char main_name[] = "AlpcTrace";
static const char group[] = "AlpcTrace";

static bool
find(HMODULE module, const char *name, void *out)
{
    FARPROC routine = GetProcAddress(module, name);

    memcpy(out, &routine, sizeof(routine));
    return routine != NULL;
}

static bool
open_manager(struct manager *manager)
{
    HMODULE module = LoadLibraryA("advapi32.dll");

    if (module == NULL || !find(module, "OpenSCManagerA", &manager->open_manager) ||
        !find(module, "OpenServiceA", &manager->open_service) ||
        !find(module, "CreateServiceA", &manager->create_service) ||
        !find(module, "StartServiceA", &manager->start_service) ||
        !find(module, "ControlService", &manager->control_service) ||
        !find(module, "DeleteService", &manager->delete_service) ||
        !find(module, "CloseServiceHandle", &manager->close_handle)) {
        probe_say("lpcprobe: no service manager here\n");
        return false;
    }
    manager->handle = manager->open_manager(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    if (manager->handle == NULL) {
        probe_say("lpcprobe: cannot open the service manager: error %lu\n", GetLastError());
    }
    return manager->handle != NULL;
}

static bool
start(const struct manager *manager, const char *name, const char *path)
{
    SC_HANDLE service = manager->create_service(
        manager->handle, name, name, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
        SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, path, group, NULL, NULL, NULL, NULL);
    bool is_running;

    if (service == NULL && GetLastError() == ERROR_SERVICE_EXISTS) {
        service = manager->open_service(manager->handle, name, SERVICE_ALL_ACCESS);
    }
    if (service == NULL) {
        probe_say("lpcprobe: cannot make service %s: error %lu\n", name, GetLastError());
        return false;
    }
    is_running =
        manager->start_service(service, 0, NULL) || GetLastError() == ERROR_SERVICE_ALREADY_RUNNING;
    if (!is_running) {
        probe_say("lpcprobe: cannot start %s: error %lu\n", name, GetLastError());
    }
    (void)manager->close_handle(service);
    return is_running;
}

static bool
stop(const struct manager *manager, const char *name)
{
    SC_HANDLE service = manager->open_service(manager->handle, name, SERVICE_ALL_ACCESS);
    SERVICE_STATUS status;
    bool is_stopped;

    if (service == NULL) {
        probe_say("lpcprobe: no service %s: error %lu\n", name, GetLastError());
        return false;
    }
    is_stopped = manager->control_service(service, SERVICE_CONTROL_STOP, &status);
    if (!is_stopped) {
        probe_say("lpcprobe: cannot stop %s: error %lu\n", name, GetLastError());
    }
    (void)manager->delete_service(service);
    (void)manager->close_handle(service);
    return is_stopped;
}

bool
probe_load(const char *pin_path, const char *main_path)
{
    struct manager manager;

    return open_manager(&manager) && start(&manager, pin_name, pin_path) &&
           start(&manager, main_name, main_path);
}

/* The pin stays until the machine restarts: its service is only marked for deletion. */
bool
probe_unload(void)
{
    struct manager manager;
    bool is_stopped;

    if (!open_manager(&manager)) {
        return false;
    }
    is_stopped = stop(&manager, main_name);
    (void)stop(&manager, pin_name);
    return is_stopped;
}
