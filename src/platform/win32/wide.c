/* SPDX-License-Identifier: MIT */
#include "platform/win32/wide.h"

#include "platform/win32/win.h"

wchar_t *
atr_wide_from_utf8(const struct atr_heap *heap, const char *text)
{
    int units = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
    wchar_t *wide = units > 0 ? atr_heap_alloc(heap, (size_t)units, sizeof(*wide)) : NULL;

    if (units > 0 && wide == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    }
    if (wide != NULL) {
        (void)MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, units);
    }
    return wide;
}

char *
atr_wide_to_utf8(const struct atr_heap *heap, const wchar_t *wide)
{
    int bytes = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *text = bytes > 0 ? atr_heap_alloc(heap, (size_t)bytes, 1) : NULL;

    if (text != NULL) {
        (void)WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, bytes, NULL, NULL);
    }
    return text;
}
