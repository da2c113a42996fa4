/* SPDX-License-Identifier: MIT */
#include "platform/processes.h"

#include "base/attributes.h"
#include "base/str.h"
#include "platform/win32/native.h"
#include "platform/win32/wide.h"
#include "platform/win32/win.h"

#include <string.h>

enum {
    PATH_UNITS = 32768,
    MODULES_MAX = 4096, /* of one process; real ones load some hundreds */
};

static char *
full_path(const struct atr_heap *heap, DWORD pid, bool *is_wow64)
{
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    wchar_t *path = atr_heap_alloc(heap, PATH_UNITS, sizeof(*path));
    DWORD units = PATH_UNITS;
    char *text = NULL;
    BOOL wow64 = FALSE;

    if (process != NULL && path != NULL && QueryFullProcessImageNameW(process, 0, path, &units)) {
        text = atr_wide_to_utf8(heap, path);
    }
    if (process != NULL) {
        *is_wow64 = IsWow64Process(process, &wow64) && wow64;
        (void)CloseHandle(process);
    }
    atr_heap_free(heap, path);
    return text;
}

/* The bare name: a counted string of the kernel's. */
static char *
bare_name(const struct atr_heap *heap, const UNICODE_STRING *name)
{
    size_t units = name->Length / sizeof(wchar_t);
    wchar_t *copy = atr_heap_alloc(heap, units + 1, sizeof(*copy));
    char *text = NULL;

    if (copy != NULL) {
        if (units > 0 && name->Buffer != NULL) {
            memcpy(copy, name->Buffer, units * sizeof(*copy));
        }
        text = atr_wide_to_utf8(heap, copy);
    }
    atr_heap_free(heap, copy);
    return text;
}

static uint32_t
pid_of(HANDLE handle)
{
    return (uint32_t)(uintptr_t)handle;
}

static bool
tell_process(const struct atr_heap *heap, const struct atr_system_process *from, atr_process_fn *fn,
             void *context)
{
    struct atr_process_info info = {
        .pid = pid_of(from->pid),
        .parent_pid = pid_of(from->parent_pid),
        .session = from->session,
        .start_100ns = from->create_time.QuadPart > 0 ? (uint64_t)from->create_time.QuadPart : 0,
    };
    bool is_wow64 = false;
    char *path = full_path(heap, info.pid, &is_wow64);
    bool goes_on;

    if (path == NULL) {
        path = bare_name(heap, &from->image);
    }
    info.is_wow64 = is_wow64;
    info.path = path == NULL ? "" : path;
    goes_on = fn(context, &info);
    atr_heap_free(heap, path);
    return goes_on;
}

enum atr_status
atr_processes_list(const struct atr_heap *heap, atr_process_fn *fn, void *context,
                   struct atr_error *error)
{
    size_t size = 0;
    uint8_t *answer = atr_system_information(heap, ATR_SYSTEM_PROCESSES, &size);
    size_t at = 0;

    if (answer == NULL) {
        return atr_error_set(error, ATR_IO, "the processes cannot be listed");
    }
    while (size - at >= sizeof(struct atr_system_process)) {
        const struct atr_system_process *process = (const void *)(answer + at);

        if (!tell_process(heap, process, fn, context) || process->next_offset == 0 ||
            process->next_offset > size - at) {
            break;
        }
        at += process->next_offset;
    }
    atr_heap_free(heap, answer);
    return ATR_OK;
}

static bool
tell_module(HANDLE process, HMODULE handle, wchar_t *path, const struct atr_heap *heap,
            atr_module_fn *fn, void *context)
{
    MODULEINFO about;
    struct atr_module_info info;
    char *text;
    bool goes_on = true;

    if (!GetModuleInformation(process, handle, &about, sizeof(about)) ||
        GetModuleFileNameExW(process, handle, path, PATH_UNITS) == 0) {
        return true;
    }
    text = atr_wide_to_utf8(heap, path);
    if (text != NULL) {
        info = (struct atr_module_info){(uint64_t)(uintptr_t)about.lpBaseOfDll, about.SizeOfImage,
                                        text};
        goes_on = fn(context, &info);
    }
    atr_heap_free(heap, text);
    return goes_on;
}

static enum atr_status
list_user(uint32_t pid, const struct atr_heap *heap, atr_module_fn *fn, void *context)
{
    HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, pid);
    HMODULE *modules = atr_heap_alloc(heap, MODULES_MAX, sizeof(*modules));
    wchar_t *path = atr_heap_alloc(heap, PATH_UNITS, sizeof(*path));
    DWORD bytes = 0;
    enum atr_status status = ATR_DENIED;

    if (modules == NULL || path == NULL) {
        status = ATR_NOMEM;
    } else if (process != NULL &&
               EnumProcessModulesEx(process, modules, MODULES_MAX * sizeof(*modules), &bytes,
                                    LIST_MODULES_ALL)) {
        size_t count = bytes / sizeof(*modules);

        status = ATR_OK;
        for (size_t i = 0; i < count && i < MODULES_MAX; i++) {
            if (!tell_module(process, modules[i], path, heap, fn, context)) {
                break;
            }
        }
    }
    if (process != NULL) {
        (void)CloseHandle(process);
    }
    atr_heap_free(heap, path);
    atr_heap_free(heap, modules);
    return status;
}

static enum atr_status
list_kernel(const struct atr_heap *heap, atr_module_fn *fn, void *context)
{
    size_t size = 0;
    struct atr_system_modules *list = atr_system_information(heap, ATR_SYSTEM_MODULES, &size);
    size_t room = size < sizeof(*list) ? 0
                                       : (size - offsetof(struct atr_system_modules, modules)) /
                                             sizeof(list->modules[0]);

    if (list == NULL) {
        return ATR_DENIED;
    }
    for (size_t i = 0; i < list->count && i < room; i++) {
        struct atr_system_module *module = &list->modules[i];
        struct atr_module_info info = {(uint64_t)(uintptr_t)module->base, module->size_bytes,
                                       module->path};

        module->path[sizeof(module->path) - 1] = '\0';
        if (!fn(context, &info)) {
            break;
        }
    }
    atr_heap_free(heap, list);
    return ATR_OK;
}

enum atr_status
atr_modules_list(uint32_t pid, const struct atr_heap *heap, atr_module_fn *fn, void *context)
{
    return pid == 0 ? list_kernel(heap, fn, context) : list_user(pid, heap, fn, context);
}

char *
atr_path_of_kernel(const struct atr_heap *heap, const char *path)
{
    /* GLOBALROOT leads from Win32 names into the kernel's own name space. */
    static const struct {
        struct atr_str from;
        struct atr_str to;
    } rows[] = {
        {{"\\??\\", 4}, {"", 0}},
        {{"\\SystemRoot\\", 12}, {"\\\\?\\GLOBALROOT\\SystemRoot\\", 26}},
        {{"\\Device\\", 8}, {"\\\\?\\GLOBALROOT\\Device\\", 22}},
    };
    struct atr_str text = atr_str_from(path);
    struct atr_str start = {"", 0};
    char *copy;

    for (size_t i = 0; i < ATR_COUNT(rows); i++) {
        if (text.size_bytes >= rows[i].from.size_bytes &&
            atr_str_equal_nocase(atr_str_make(path, rows[i].from.size_bytes), rows[i].from)) {
            start = rows[i].to;
            text = atr_str_skip(text, rows[i].from.size_bytes);
            break;
        }
    }
    copy = atr_heap_alloc(heap, start.size_bytes + text.size_bytes + 1, 1);
    if (copy != NULL) {
        memcpy(copy, start.data, start.size_bytes);
        memcpy(copy + start.size_bytes, text.data, text.size_bytes);
    }
    return copy;
}
