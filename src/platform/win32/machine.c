/* SPDX-License-Identifier: MIT */
#include "platform/machine.h"

#include "platform/win32/native.h"
#include "platform/win32/wide.h"
#include "platform/win32/win.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

/* Exported by advapi32 as documented under the name RtlGenRandom. */
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG size_bytes);

/* Tells the truth without a manifest, unlike GetVersionEx. */
NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW info);

enum {
    PATH_UNITS = 32768
};

static int32_t
utc_bias(void)
{
    TIME_ZONE_INFORMATION zone;
    DWORD kind = GetTimeZoneInformation(&zone);

    switch (kind) {
    case TIME_ZONE_ID_UNKNOWN:
        return zone.Bias;
    case TIME_ZONE_ID_STANDARD:
        return zone.Bias + zone.StandardBias;
    case TIME_ZONE_ID_DAYLIGHT:
        return zone.Bias + zone.DaylightBias;
    default:
        return INT32_MIN;
    }
}

static uint64_t
boot_time(void)
{
    struct atr_system_time_of_day times = {.boot_time = {.QuadPart = 0}};
    ULONG got = 0;
    NTSTATUS status = NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)ATR_SYSTEM_TIME_OF_DAY,
                                               &times, sizeof(times), &got);

    return status == 0 && times.boot_time.QuadPart > 0 ? (uint64_t)times.boot_time.QuadPart : 0;
}

void
atr_machine_look(struct atr_machine *out)
{
    RTL_OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof(version)};

    *out = (struct atr_machine){
        .architecture = IMAGE_FILE_MACHINE_AMD64,
        .utc_bias_minutes = utc_bias(),
        .boot_100ns = boot_time(),
    };
    if (RtlGetVersion(&version) == 0) {
        out->os_build = version.dwBuildNumber;
        out->os_major = version.dwMajorVersion;
        out->os_minor = version.dwMinorVersion;
        (void)snprintf(out->os_name, sizeof(out->os_name), "Windows %u.%u build %u",
                       (unsigned)version.dwMajorVersion, (unsigned)version.dwMinorVersion,
                       (unsigned)version.dwBuildNumber);
    }
}

enum atr_status
atr_machine_random(void *bytes, size_t size_bytes)
{
    return SystemFunction036(bytes, (ULONG)size_bytes) ? ATR_OK : ATR_IO;
}

static char *
program_and(const struct atr_heap *heap, const wchar_t *beside)
{
    wchar_t *path = atr_heap_alloc(heap, PATH_UNITS, sizeof(*path));
    char *text = NULL;
    DWORD units = 0;

    if (path != NULL) {
        units = GetModuleFileNameW(NULL, path, PATH_UNITS);
    }
    if (units > 0 && units < PATH_UNITS) {
        wchar_t *slash = wcsrchr(path, L'\\');

        if (beside != NULL && slash != NULL &&
            wcslen(beside) + (size_t)(slash - path) + 2 <= PATH_UNITS) {
            memcpy(slash + 1, beside, (wcslen(beside) + 1) * sizeof(*beside));
        }
        text = atr_wide_to_utf8(heap, path);
    }
    atr_heap_free(heap, path);
    return text;
}

char *
atr_machine_program(const struct atr_heap *heap)
{
    return program_and(heap, NULL);
}

char *
atr_machine_beside_program(const struct atr_heap *heap, const char *name)
{
    wchar_t *wide = atr_wide_from_utf8(heap, name);
    char *text = wide == NULL ? NULL : program_and(heap, wide);

    atr_heap_free(heap, wide);
    return text;
}

char *
atr_machine_in_system_folder(const struct atr_heap *heap, const char *name)
{
    wchar_t folder[MAX_PATH];
    UINT units = GetSystemDirectoryW(folder, MAX_PATH);
    char *text = units > 0 && units < MAX_PATH ? atr_wide_to_utf8(heap, folder) : NULL;
    size_t size = text == NULL ? 0 : strlen(text) + strlen(name) + 2;
    char *path = size == 0 ? NULL : atr_heap_alloc(heap, size, 1);

    if (path != NULL) {
        (void)snprintf(path, size, "%s\\%s", text, name);
    }
    atr_heap_free(heap, text);
    return path;
}

char *
atr_machine_full_path(const struct atr_heap *heap, const char *path)
{
    wchar_t *wide = atr_wide_from_utf8(heap, path);
    wchar_t *whole = atr_heap_alloc(heap, PATH_UNITS, sizeof(*whole));
    DWORD units = 0;
    char *text = NULL;

    if (wide != NULL && whole != NULL) {
        units = GetFullPathNameW(wide, PATH_UNITS, whole, NULL);
    }
    if (units > 0 && units < PATH_UNITS) {
        text = atr_wide_to_utf8(heap, whole);
    }
    atr_heap_free(heap, whole);
    atr_heap_free(heap, wide);
    return text;
}

void
atr_machine_sleep_ms(uint32_t ms)
{
    Sleep(ms);
}

uint64_t
atr_machine_counter(void)
{
    LARGE_INTEGER now = {.QuadPart = 0};

    (void)QueryPerformanceCounter(&now);
    return (uint64_t)now.QuadPart;
}
