/* SPDX-License-Identifier: MIT */
#include "platform/file.h"

#include "platform/file_ops.h"

#include <stdio.h>

void
atr_file_init(struct atr_file *file, const struct atr_file_ops *ops, const struct atr_heap *heap,
              const char *label)
{
    file->ops = ops;
    file->heap = *heap;
    file->can_seek = false;
    (void)snprintf(file->label, sizeof(file->label), "%s", label);
}

void
atr_file_label_path(struct atr_file *file, const char *path, const char *standard)
{
    if (strcmp(path, "-") == 0) {
        (void)snprintf(file->label, sizeof(file->label), "%s", standard);
    } else {
        (void)snprintf(file->label, sizeof(file->label), "'%.296s'", path);
    }
}

void
atr_file_close(struct atr_file *file)
{
    if (file != NULL) {
        struct atr_heap heap = file->heap;

        file->ops->close(file);
        atr_heap_free(&heap, file);
    }
}

const char *
atr_file_label(const struct atr_file *file)
{
    return file->label;
}

enum atr_status
atr_file_read_some(struct atr_file *file, void *bytes, size_t size_bytes, size_t *got,
                   struct atr_error *error)
{
    size_t some = 0;
    enum atr_status status = file->ops->read(file, bytes, size_bytes, &some, error);

    if (status != ATR_OK) {
        return status;
    }
    *got = some;
    return some == 0 && size_bytes != 0 ? ATR_END : ATR_OK;
}

enum atr_status
atr_file_read(struct atr_file *file, void *bytes, size_t size_bytes, size_t *got,
              struct atr_error *error)
{
    uint8_t *to = bytes;
    size_t total = 0;

    while (total < size_bytes) {
        size_t some = 0;
        enum atr_status status =
            atr_file_read_some(file, to + total, size_bytes - total, &some, error);

        if (status == ATR_END) {
            break;
        }
        if (status != ATR_OK) {
            return status;
        }
        total += some;
    }
    *got = total;
    return total == 0 && size_bytes != 0 ? ATR_END : ATR_OK;
}

enum atr_status
atr_file_write(struct atr_file *file, const void *bytes, size_t size_bytes, struct atr_error *error)
{
    const uint8_t *from = bytes;

    while (size_bytes > 0) {
        size_t some = 0;
        enum atr_status status = file->ops->write(file, from, size_bytes, &some, error);

        if (status != ATR_OK) {
            return status;
        }
        from += some;
        size_bytes -= some;
    }
    return ATR_OK;
}

enum atr_status
atr_file_sync(struct atr_file *file, struct atr_error *error)
{
    return file->ops->sync(file, error);
}

bool
atr_file_can_seek(const struct atr_file *file)
{
    return file->can_seek;
}

enum atr_status
atr_file_seek(struct atr_file *file, uint64_t offset, struct atr_error *error)
{
    if (!file->can_seek) {
        return atr_error_set(error, ATR_UNSUPPORTED, "cannot seek in %s: it is no regular file",
                             file->label);
    }
    return file->ops->seek(file, offset, error);
}

enum atr_status
atr_file_size(struct atr_file *file, uint64_t *size_bytes, struct atr_error *error)
{
    if (!file->can_seek) {
        return atr_error_set(error, ATR_UNSUPPORTED,
                             "cannot tell the size of %s: it is no regular file", file->label);
    }
    return file->ops->size(file, size_bytes, error);
}

enum atr_status
atr_file_cut(struct atr_file *file, uint64_t size_bytes, struct atr_error *error)
{
    if (!file->can_seek) {
        return atr_error_set(error, ATR_UNSUPPORTED, "cannot cut %s: it is no regular file",
                             file->label);
    }
    return file->ops->cut(file, size_bytes, error);
}
