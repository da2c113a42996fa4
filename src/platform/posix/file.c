/* SPDX-License-Identifier: MIT */
#include "platform/file.h"

#include "platform/file_ops.h"
#include "platform/os_error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    OWNER_ONLY = 0600
};

struct posix_file {
    struct atr_file base;
    int descriptor; /* -1: not open yet */
    bool is_standard;
};

static struct posix_file *
from_base(struct atr_file *file)
{
    return (struct posix_file *)file;
}

static enum atr_status
fail(const struct atr_file *file, const char *verb, struct atr_error *error)
{
    return atr_os_error_set(error, (uint32_t)errno, verb, file->label);
}

static enum atr_status
posix_read(struct atr_file *file, void *bytes, size_t size_bytes, size_t *got,
           struct atr_error *error)
{
    ssize_t some;

    do {
        some = read(from_base(file)->descriptor, bytes, size_bytes);
    } while (some < 0 && errno == EINTR);
    if (some < 0) {
        return fail(file, "read", error);
    }
    *got = (size_t)some;
    return ATR_OK;
}

static enum atr_status
posix_write(struct atr_file *file, const void *bytes, size_t size_bytes, size_t *put,
            struct atr_error *error)
{
    ssize_t some;

    do {
        some = write(from_base(file)->descriptor, bytes, size_bytes);
    } while (some < 0 && errno == EINTR);
    if (some < 0) {
        return fail(file, "write", error);
    }
    *put = (size_t)some;
    return ATR_OK;
}

static enum atr_status
posix_sync(struct atr_file *file, struct atr_error *error)
{
    int result;

    if (!file->can_seek) {
        return ATR_OK;
    }
    do {
        result = fdatasync(from_base(file)->descriptor);
    } while (result != 0 && errno == EINTR);
    return result == 0 ? ATR_OK : fail(file, "write", error);
}

static enum atr_status
posix_seek(struct atr_file *file, uint64_t offset, struct atr_error *error)
{
    if (offset > INT64_MAX) {
        errno = EINVAL;
        return fail(file, "seek in", error);
    }
    if (lseek(from_base(file)->descriptor, (off_t)offset, SEEK_SET) < 0) {
        return fail(file, "seek in", error);
    }
    return ATR_OK;
}

static enum atr_status
posix_size(struct atr_file *file, uint64_t *size_bytes, struct atr_error *error)
{
    struct stat info;

    if (fstat(from_base(file)->descriptor, &info) != 0) {
        return fail(file, "tell the size of", error);
    }
    *size_bytes = (uint64_t)info.st_size;
    return ATR_OK;
}

static enum atr_status
posix_cut(struct atr_file *file, uint64_t size_bytes, struct atr_error *error)
{
    if (size_bytes > INT64_MAX || ftruncate(from_base(file)->descriptor, (off_t)size_bytes) != 0) {
        return fail(file, "cut", error);
    }
    return posix_seek(file, size_bytes, error);
}

static void
posix_close(struct atr_file *file)
{
    struct posix_file *posix = from_base(file);

    if (posix->descriptor >= 0 && !posix->is_standard) {
        (void)close(posix->descriptor);
    }
}

static const struct atr_file_ops posix_ops = {
    .read = posix_read,
    .write = posix_write,
    .sync = posix_sync,
    .seek = posix_seek,
    .size = posix_size,
    .cut = posix_cut,
    .close = posix_close,
};

static struct posix_file *
file_create(const char *path, const char *standard, int standard_descriptor,
            const struct atr_heap *heap)
{
    struct posix_file *file = atr_heap_alloc(heap, 1, sizeof(*file));

    if (file != NULL) {
        atr_file_init(&file->base, &posix_ops, heap, "");
        atr_file_label_path(&file->base, path, standard);
        file->is_standard = strcmp(path, "-") == 0;
        file->descriptor = file->is_standard ? standard_descriptor : -1;
    }
    return file;
}

static enum atr_status
file_open(struct posix_file *file, const char *path, int flags, struct stat *info,
          struct atr_error *error)
{
    const char *verb = flags == O_RDONLY ? "open" : "create";

    if (!file->is_standard) {
        do {
            file->descriptor = open(path, flags | O_CLOEXEC, OWNER_ONLY);
        } while (file->descriptor < 0 && errno == EINTR);
    }
    if (file->descriptor < 0 || fstat(file->descriptor, info) != 0) {
        if (errno == ENOENT && flags != O_RDONLY) {
            errno = ENOTDIR; /* only the folder can be missing */
        }
        return fail(&file->base, verb, error);
    }
    if (S_ISDIR(info->st_mode)) {
        errno = EISDIR;
        return fail(&file->base, verb, error);
    }

    /* A standard stream somebody has already read from has no start we could seek to. */
    file->base.can_seek = S_ISREG(info->st_mode) && lseek(file->descriptor, 0, SEEK_CUR) == 0;
    return ATR_OK;
}

enum atr_status
atr_file_open(struct atr_file **out, const char *path, const struct atr_heap *heap,
              struct atr_error *error)
{
    struct posix_file *file = file_create(path, "standard input", STDIN_FILENO, heap);
    struct stat info = {0};
    enum atr_status status;

    if (file == NULL) {
        return atr_error_set(error, ATR_NOMEM, "out of memory");
    }
    status = file_open(file, path, O_RDONLY, &info, error);
    if (status != ATR_OK) {
        atr_file_close(&file->base);
        return status;
    }
    *out = &file->base;
    return ATR_OK;
}

/*
 * A file that was there keeps its owner, and its owner could read what we write: refuse a
 * stranger's. Closing our own to others is best done: some file systems have no permissions.
 */
static enum atr_status
make_ours(struct posix_file *file, const struct stat *info, struct atr_error *error)
{
    if (info->st_uid != geteuid()) {
        return atr_error_set(error, ATR_DENIED,
                             "cannot replace %s: it belongs to another user (remove it first)",
                             file->base.label);
    }
    (void)fchmod(file->descriptor, OWNER_ONLY);
    if (ftruncate(file->descriptor, 0) != 0) {
        return fail(&file->base, "replace", error);
    }
    return ATR_OK;
}

enum atr_status
atr_file_create(struct atr_file **out, const char *path, const struct atr_heap *heap,
                struct atr_error *error)
{
    struct posix_file *file = file_create(path, "standard output", STDOUT_FILENO, heap);
    struct stat info = {0};
    enum atr_status status;

    if (file == NULL) {
        return atr_error_set(error, ATR_NOMEM, "out of memory");
    }
    status = file_open(file, path, O_WRONLY | O_CREAT, &info, error);
    if (status == ATR_OK && !file->is_standard && S_ISREG(info.st_mode)) {
        status = make_ours(file, &info, error);
    }
    if (status != ATR_OK) {
        atr_file_close(&file->base);
        return status;
    }
    *out = &file->base;
    return ATR_OK;
}

bool
atr_file_is_same(const char *a, const char *b)
{
    struct stat info_a;
    struct stat info_b;

    if (strcmp(a, "-") == 0 || strcmp(b, "-") == 0 || stat(a, &info_a) != 0 ||
        stat(b, &info_b) != 0) {
        return false;
    }
    return info_a.st_dev == info_b.st_dev && info_a.st_ino == info_b.st_ino;
}

enum atr_status
atr_file_delete(const char *path, const struct atr_heap *heap, struct atr_error *error)
{
    (void)heap;
    if (unlink(path) != 0 && errno != ENOENT) {
        return atr_os_error_set(error, (uint32_t)errno, "delete", path);
    }
    return ATR_OK;
}

enum atr_status
atr_folder_list(const char *path, atr_folder_fn *fn, void *context, const struct atr_heap *heap,
                struct atr_error *error)
{
    DIR *folder = opendir(path[0] == '\0' ? "." : path);
    const struct dirent *entry;

    (void)heap;
    if (folder == NULL) {
        return atr_os_error_set(error, (uint32_t)errno, "list", path);
    }
    while ((entry = readdir(folder)) != NULL) {
        fn(context, entry->d_name);
    }
    (void)closedir(folder);
    return ATR_OK;
}
