/* SPDX-License-Identifier: MIT */
#include "platform/file.h"

#include "platform/file_ops.h"
#include "platform/os_error.h"
#include "platform/win32/owner_only.h"
#include "platform/win32/wide.h"
#include "platform/win32/win.h"

enum {
    CHUNK_BYTES = 1 << 30
}; /* the system counts in 32 bits */

struct win32_file {
    struct atr_file base;
    HANDLE handle; /* INVALID_HANDLE_VALUE: not open yet */
    bool is_standard;
};

static HANDLE
handle_of(const struct atr_file *file)
{
    return ((const struct win32_file *)file)->handle;
}

static enum atr_status
fail(const struct atr_file *file, const char *verb, struct atr_error *error)
{
    return atr_os_error_set(error, GetLastError(), verb, file->label);
}

static DWORD
chunk(size_t size_bytes)
{
    return size_bytes < CHUNK_BYTES ? (DWORD)size_bytes : CHUNK_BYTES;
}

static enum atr_status
win32_read(struct atr_file *file, void *bytes, size_t size_bytes, size_t *got,
           struct atr_error *error)
{
    DWORD some = 0;

    /* A pipe whose writer has gone has ended. */
    if (!ReadFile(handle_of(file), bytes, chunk(size_bytes), &some, NULL) &&
        GetLastError() != ERROR_BROKEN_PIPE && GetLastError() != ERROR_HANDLE_EOF) {
        return fail(file, "read", error);
    }
    *got = some;
    return ATR_OK;
}

static enum atr_status
win32_write(struct atr_file *file, const void *bytes, size_t size_bytes, size_t *put,
            struct atr_error *error)
{
    DWORD some = 0;

    if (!WriteFile(handle_of(file), bytes, chunk(size_bytes), &some, NULL)) {
        return fail(file, "write", error);
    }
    *put = some;
    return ATR_OK;
}

static enum atr_status
win32_sync(struct atr_file *file, struct atr_error *error)
{
    /* On a pipe this would wait for the reader. */
    if (file->can_seek && !FlushFileBuffers(handle_of(file))) {
        return fail(file, "write", error);
    }
    return ATR_OK;
}

static enum atr_status
win32_seek(struct atr_file *file, uint64_t offset, struct atr_error *error)
{
    LARGE_INTEGER to = {.QuadPart = (LONGLONG)offset};

    if (!SetFilePointerEx(handle_of(file), to, NULL, FILE_BEGIN)) {
        return fail(file, "seek in", error);
    }
    return ATR_OK;
}

static enum atr_status
win32_size(struct atr_file *file, uint64_t *size_bytes, struct atr_error *error)
{
    LARGE_INTEGER size;

    if (!GetFileSizeEx(handle_of(file), &size)) {
        return fail(file, "tell the size of", error);
    }
    *size_bytes = (uint64_t)size.QuadPart;
    return ATR_OK;
}

static enum atr_status
win32_cut(struct atr_file *file, uint64_t size_bytes, struct atr_error *error)
{
    enum atr_status status = win32_seek(file, size_bytes, error);

    if (status == ATR_OK && !SetEndOfFile(handle_of(file))) {
        return fail(file, "cut", error);
    }
    return status;
}

static void
win32_close(struct atr_file *file)
{
    const struct win32_file *win32 = (struct win32_file *)file;

    if (win32->handle != INVALID_HANDLE_VALUE && !win32->is_standard) {
        (void)CloseHandle(win32->handle);
    }
}

static const struct atr_file_ops win32_ops = {
    .read = win32_read,
    .write = win32_write,
    .sync = win32_sync,
    .seek = win32_seek,
    .size = win32_size,
    .cut = win32_cut,
    .close = win32_close,
};

static struct win32_file *
file_create(const char *path, const char *standard, DWORD standard_handle,
            const struct atr_heap *heap)
{
    struct win32_file *file = atr_heap_alloc(heap, 1, sizeof(*file));

    if (file != NULL) {
        atr_file_init(&file->base, &win32_ops, heap, "");
        atr_file_label_path(&file->base, path, standard);
        file->is_standard = strcmp(path, "-") == 0;
        file->handle = file->is_standard ? GetStdHandle(standard_handle) : INVALID_HANDLE_VALUE;
    }
    return file;
}

/* The system only says "denied" when asked to open a directory. */
static void
name_directory(const wchar_t *path)
{
    DWORD code = GetLastError();
    DWORD attributes =
        code == ERROR_ACCESS_DENIED ? GetFileAttributesW(path) : INVALID_FILE_ATTRIBUTES;

    if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
        code = ERROR_DIRECTORY_NOT_SUPPORTED;
    }
    SetLastError(code);
}

static HANDLE
open_for_reading(const wchar_t *path)
{
    HANDLE handle =
        CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN, NULL);

    if (handle == INVALID_HANDLE_VALUE) {
        name_directory(path);
    }
    return handle;
}

/*
 * Opens what is there, else makes a new file that only its owner may use. A named pipe need not
 * let us change its rights, and holds nothing afterwards.
 */
static HANDLE
open_for_writing(const wchar_t *path, PSECURITY_DESCRIPTOR owner_only)
{
    SECURITY_ATTRIBUTES security = {.nLength = sizeof(security),
                                    .lpSecurityDescriptor = owner_only};
    DWORD share = FILE_SHARE_READ | FILE_SHARE_DELETE;
    HANDLE handle = CreateFileW(path, GENERIC_WRITE | WRITE_DAC, share, NULL, OPEN_EXISTING,
                                FILE_ATTRIBUTE_NORMAL, NULL);

    if (handle == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND) {
        return CreateFileW(path, GENERIC_WRITE, share, &security, CREATE_NEW, FILE_ATTRIBUTE_NORMAL,
                           NULL);
    }
    if (handle == INVALID_HANDLE_VALUE && GetLastError() == ERROR_ACCESS_DENIED) {
        handle = CreateFileW(path, GENERIC_WRITE, share, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL,
                             NULL);
        if (handle != INVALID_HANDLE_VALUE && GetFileType(handle) == FILE_TYPE_DISK) {
            (void)CloseHandle(handle);
            handle = INVALID_HANDLE_VALUE;
            SetLastError(ERROR_ACCESS_DENIED);
        }
    }
    if (handle == INVALID_HANDLE_VALUE) {
        name_directory(path);
    } else if (GetFileType(handle) == FILE_TYPE_DISK) {
        (void)SetKernelObjectSecurity(handle, DACL_SECURITY_INFORMATION, owner_only);
        (void)SetEndOfFile(handle);
    }
    return handle;
}

static HANDLE
open_owner_only(const wchar_t *path)
{
    PSECURITY_DESCRIPTOR owner_only = atr_owner_only_make();
    HANDLE handle = INVALID_HANDLE_VALUE;
    DWORD code;

    if (owner_only != NULL) {
        handle = open_for_writing(path, owner_only);
    }
    code = GetLastError();
    (void)LocalFree(owner_only);
    SetLastError(code);
    return handle;
}

static void
find_out_seek(struct win32_file *file)
{
    LARGE_INTEGER none = {.QuadPart = 0};
    LARGE_INTEGER at = {.QuadPart = 0};

    /* A standard stream somebody has already read from has no start we could seek to. */
    file->base.can_seek = GetFileType(file->handle) == FILE_TYPE_DISK &&
                          SetFilePointerEx(file->handle, none, &at, FILE_CURRENT) &&
                          at.QuadPart == 0;
}

static enum atr_status
file_open(struct win32_file *file, const char *path, HANDLE (*open_path)(const wchar_t *path),
          const char *verb, struct atr_error *error)
{
    if (!file->is_standard) {
        wchar_t *wide = atr_wide_from_utf8(&file->base.heap, path);
        DWORD code;

        if (wide == NULL) {
            return fail(&file->base, verb, error);
        }
        file->handle = open_path(wide);
        code = GetLastError();
        atr_heap_free(&file->base.heap, wide);
        SetLastError(code);
    }
    if (file->handle == INVALID_HANDLE_VALUE || file->handle == NULL) {
        return fail(&file->base, verb, error);
    }
    find_out_seek(file);
    return ATR_OK;
}

static enum atr_status
file_finish(struct atr_file **out, struct win32_file *file, enum atr_status status)
{
    if (status != ATR_OK) {
        atr_file_close(&file->base);
    } else {
        *out = &file->base;
    }
    return status;
}

enum atr_status
atr_file_open(struct atr_file **out, const char *path, const struct atr_heap *heap,
              struct atr_error *error)
{
    struct win32_file *file = file_create(path, "standard input", STD_INPUT_HANDLE, heap);

    if (file == NULL) {
        return atr_error_set(error, ATR_NOMEM, "out of memory");
    }
    return file_finish(out, file, file_open(file, path, open_for_reading, "open", error));
}

enum atr_status
atr_file_create(struct atr_file **out, const char *path, const struct atr_heap *heap,
                struct atr_error *error)
{
    struct win32_file *file = file_create(path, "standard output", STD_OUTPUT_HANDLE, heap);

    if (file == NULL) {
        return atr_error_set(error, ATR_NOMEM, "out of memory");
    }
    return file_finish(out, file, file_open(file, path, open_owner_only, "create", error));
}

static bool
identity(const struct atr_heap *heap, const char *path, BY_HANDLE_FILE_INFORMATION *info)
{
    wchar_t *wide = atr_wide_from_utf8(heap, path);
    HANDLE handle = INVALID_HANDLE_VALUE;
    bool found = false;

    if (wide != NULL) {
        handle = CreateFileW(wide, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                             OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    }
    if (handle != INVALID_HANDLE_VALUE) {
        found = GetFileInformationByHandle(handle, info) != 0;
        (void)CloseHandle(handle);
    }
    atr_heap_free(heap, wide);
    return found;
}

bool
atr_file_is_same(const char *a, const char *b)
{
    struct atr_heap heap = atr_heap_default();
    BY_HANDLE_FILE_INFORMATION of_a;
    BY_HANDLE_FILE_INFORMATION of_b;

    if (strcmp(a, "-") == 0 || strcmp(b, "-") == 0 || !identity(&heap, a, &of_a) ||
        !identity(&heap, b, &of_b)) {
        return false;
    }
    return of_a.dwVolumeSerialNumber == of_b.dwVolumeSerialNumber &&
           of_a.nFileIndexHigh == of_b.nFileIndexHigh && of_a.nFileIndexLow == of_b.nFileIndexLow;
}
