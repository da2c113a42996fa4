/* SPDX-License-Identifier: MIT */
#include "platform/os_error.h"

#include <errno.h>

static const struct atr_os_reason reasons[] = {
    {ENOENT, ATR_IO, "no such file"},
    {ENOTDIR, ATR_IO, "no such directory"},
    {EACCES, ATR_DENIED, "access denied"},
    {EPERM, ATR_DENIED, "access denied"},
    {EISDIR, ATR_ARG, "it is a directory"},
    {EEXIST, ATR_IO, "the file exists"},
    {EROFS, ATR_DENIED, "the disk is read-only"},
    {ENOSPC, ATR_FULL, "the disk is full"},
    {EDQUOT, ATR_FULL, "the disk quota is used up"},
    {EFBIG, ATR_FULL, "the file would get too large"},
    {ETXTBSY, ATR_IO, "the file is in use"},
    {EBUSY, ATR_IO, "the file is in use"},
    {EMFILE, ATR_IO, "too many open files"},
    {ENFILE, ATR_IO, "too many open files"},
    {EINVAL, ATR_ARG, "bad argument"},
    {ENAMETOOLONG, ATR_ARG, "the name is too long"},
    {ELOOP, ATR_ARG, "too many symbolic links"},
    {ENOMEM, ATR_NOMEM, "out of memory"},
    {EBADF, ATR_IO, "it is not open"},
    {EIO, ATR_IO, "the device failed"},
    {EPIPE, ATR_END, "nobody reads the pipe any more"},
    {EAGAIN, ATR_IO, "it is not ready"},
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
