/* SPDX-License-Identifier: MIT */
#include "platform/device.h"

#include "platform/os_error.h"
#include "platform/win32/wide.h"
#include "platform/win32/win.h"

struct atr_device {
    struct atr_heap heap;
    HANDLE handle;
};

enum atr_status
atr_device_open(struct atr_device **out, const char *path, const struct atr_heap *heap,
                struct atr_error *error)
{
    struct atr_device *device = atr_heap_alloc(heap, 1, sizeof(*device));
    wchar_t *wide = atr_wide_from_utf8(heap, path);
    DWORD code = ERROR_NOT_ENOUGH_MEMORY;

    if (device != NULL && wide != NULL) {
        device->heap = *heap;
        device->handle =
            CreateFileW(wide, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                        NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
        code = device->handle == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_SUCCESS;
    }
    atr_heap_free(heap, wide);
    if (code != ERROR_SUCCESS) {
        atr_heap_free(heap, device);
        return atr_os_error_set(error, code, "open", path);
    }
    *out = device;
    return ATR_OK;
}

/* The native call: the Win32 one folds different refusals into one code. */
enum atr_status
atr_device_control(const struct atr_device *device, const struct atr_device_request *request,
                   size_t *got, struct atr_error *error)
{
    IO_STATUS_BLOCK block = {.Information = 0};

    union {
        const void *from;
        void *to;
    } input = {.from = request->in}; /* the system only reads it, but does not say so */

    NTSTATUS status =
        NtDeviceIoControlFile(device->handle, NULL, NULL, NULL, &block, request->code, input.to,
                              (ULONG)request->in_bytes, request->out, (ULONG)request->out_bytes);

    if (status != 0) {
        enum atr_status kind = (uint32_t)status == 0xc0000022U ? ATR_DENIED : ATR_IO;

        (void)atr_error_set(error, kind, "the driver refuses: status 0x%08x", (unsigned)status);
        if (error != NULL) {
            error->os_code = (uint32_t)status;
        }
        return kind;
    }
    *got = block.Information < request->out_bytes ? (size_t)block.Information : request->out_bytes;
    return ATR_OK;
}

void
atr_device_close(struct atr_device *device)
{
    if (device != NULL) {
        struct atr_heap heap = device->heap;

        (void)CloseHandle(device->handle);
        atr_heap_free(&heap, device);
    }
}
