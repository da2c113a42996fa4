/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "platform/file.h"
#include "platform/os_error.h"
#include "platform/win32/wide.h"
#include "platform/win32/win.h"

enum atr_status
atr_file_delete(const char *path, const struct atr_heap *heap, struct atr_error *error)
{
    wchar_t *wide = atr_wide_from_utf8(heap, path);
    bool done = wide != NULL && DeleteFileW(wide) != 0;
    DWORD code = GetLastError();

    atr_heap_free(heap, wide);
    if (!done && code != ERROR_FILE_NOT_FOUND && code != ERROR_PATH_NOT_FOUND) {
        return atr_os_error_set(error, code, "delete", path);
    }
    return ATR_OK;
}

static HANDLE
find_first(const char *path, WIN32_FIND_DATAW *found, const struct atr_heap *heap)
{
    HANDLE search = INVALID_HANDLE_VALUE;
    struct atr_text pattern;
    wchar_t *wide = NULL;

    atr_text_init(&pattern, *heap);
    atr_text_puts(&pattern, path[0] == '\0' ? "." : path);
    atr_text_puts(&pattern, "\\*");
    atr_text_putc(&pattern, '\0');
    if (pattern.status == ATR_OK) {
        wide = atr_wide_from_utf8(heap, pattern.data);
    }
    if (wide != NULL) {
        search = FindFirstFileW(wide, found);
    }
    atr_heap_free(heap, wide);
    atr_text_fini(&pattern);
    return search;
}

enum atr_status
atr_folder_list(const char *path, atr_folder_fn *fn, void *context, const struct atr_heap *heap,
                struct atr_error *error)
{
    WIN32_FIND_DATAW found;
    HANDLE search = find_first(path, &found, heap);

    if (search == INVALID_HANDLE_VALUE) {
        return atr_os_error_set(error, GetLastError(), "list", path);
    }
    do {
        char *name = atr_wide_to_utf8(heap, found.cFileName);

        if (name != NULL) {
            fn(context, name);
        }
        atr_heap_free(heap, name);
    } while (FindNextFileW(search, &found));
    (void)FindClose(search);
    return ATR_OK;
}
