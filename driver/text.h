/* SPDX-License-Identifier: MIT */
#pragma once

#include "os.h"

#include "wire/device.h"

/* Into a field of ATR_DEVICE_REASON_CHARS; longer text is cut. */
static inline VOID
AtrTextCopy(_Out_writes_(ATR_DEVICE_REASON_CHARS) PCHAR Field, _In_z_ const CHAR *Text)
{
    ULONG i = 0;

    for (; i < ATR_DEVICE_REASON_CHARS - 1 && Text[i] != '\0'; i++) {
        Field[i] = Text[i];
    }
    Field[i] = '\0';
}
