/* SPDX-License-Identifier: MIT */
#include "kernel.h"

static HMODULE Wine;

/* A routine of Wine's own kernel, also when we export one of that name. */
FARPROC
LabWine(const char *Name)
{
    return GetProcAddress(Wine, Name);
}

BOOL WINAPI
DllMain(HINSTANCE Instance, DWORD Reason, LPVOID Reserved)
{
    (void)Reserved;
    if (Reason != DLL_PROCESS_ATTACH) {
        return TRUE;
    }
    DisableThreadLibraryCalls(Instance);
    Wine = GetModuleHandleA("wntos.dll");
    if (Wine == NULL || !LabIdentityInit() || !LabWorkersInit() || !LabPortsInit() ||
        !LabServicesInit()) {
        return FALSE;
    }
    LabSystemInit();
    return TRUE;
}
