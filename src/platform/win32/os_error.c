/* SPDX-License-Identifier: MIT */
#include "platform/os_error.h"

#include "platform/win32/win.h"

static const struct atr_os_reason reasons[] = {
    {ERROR_FILE_NOT_FOUND, ATR_IO, "no such file"},
    {ERROR_PATH_NOT_FOUND, ATR_IO, "no such directory"},
    {ERROR_INVALID_DRIVE, ATR_IO, "no such drive"},
    {ERROR_BAD_PATHNAME, ATR_ARG, "no valid name"},
    {ERROR_INVALID_NAME, ATR_ARG, "no valid name"},
    {ERROR_NO_UNICODE_TRANSLATION, ATR_ARG, "the name is no UTF-8"},
    {ERROR_ACCESS_DENIED, ATR_DENIED, "access denied"},
    {ERROR_PRIVILEGE_NOT_HELD, ATR_DENIED, "access denied"},
    {ERROR_DIRECTORY_NOT_SUPPORTED, ATR_ARG, "it is a directory"},
    {ERROR_FILE_EXISTS, ATR_IO, "the file exists"},
    {ERROR_WRITE_PROTECT, ATR_DENIED, "the disk is read-only"},
    {ERROR_DISK_FULL, ATR_FULL, "the disk is full"},
    {ERROR_HANDLE_DISK_FULL, ATR_FULL, "the disk is full"},
    {ERROR_DISK_QUOTA_EXCEEDED, ATR_FULL, "the disk quota is used up"},
    {ERROR_FILE_TOO_LARGE, ATR_FULL, "the file would get too large"},
    {ERROR_SHARING_VIOLATION, ATR_IO, "the file is in use"},
    {ERROR_LOCK_VIOLATION, ATR_IO, "the file is in use"},
    {ERROR_PIPE_BUSY, ATR_IO, "the file is in use"},
    {ERROR_TOO_MANY_OPEN_FILES, ATR_IO, "too many open files"},
    {ERROR_INVALID_PARAMETER, ATR_ARG, "bad argument"},
    {ERROR_FILENAME_EXCED_RANGE, ATR_ARG, "the name is too long"},
    {ERROR_NOT_ENOUGH_MEMORY, ATR_NOMEM, "out of memory"},
    {ERROR_OUTOFMEMORY, ATR_NOMEM, "out of memory"},
    {ERROR_INVALID_HANDLE, ATR_IO, "it is not open"},
    {ERROR_IO_DEVICE, ATR_IO, "the device failed"},
    {ERROR_CRC, ATR_IO, "the device failed"},
    {ERROR_NOT_READY, ATR_IO, "it is not ready"},
    {ERROR_SERVICE_DOES_NOT_EXIST, ATR_IO, "there is no such service"},
    {ERROR_SERVICE_MARKED_FOR_DELETE, ATR_IO, "it is being removed (close what shows services)"},
    {ERROR_SERVICE_DISABLED, ATR_IO, "it is disabled"},
    {ERROR_SERVICE_REQUEST_TIMEOUT, ATR_IO, "it does not answer in time"},
    {ERROR_INVALID_IMAGE_HASH, ATR_IO, "Windows does not trust its signature"},
    {ERROR_DRIVER_BLOCKED, ATR_IO, "Windows blocks this driver"},
    {ERROR_BAD_EXE_FORMAT, ATR_IO, "it is no program for this machine"},
    {ERROR_REVISION_MISMATCH, ATR_IO, "another version is loaded (restart the machine)"},
    {ERROR_BROKEN_PIPE, ATR_END, "nobody reads the pipe any more"},
    {ERROR_NO_DATA, ATR_END, "nobody reads the pipe any more"},
};

const struct atr_os_reason *
atr_os_reason_find(uint32_t code)
{
    for (size_t i = 0; i < ATR_COUNT(reasons); i++) {
        if (reasons[i].code == code) {
            return &reasons[i];
        }
    }
    return NULL;
}
