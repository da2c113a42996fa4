/* SPDX-License-Identifier: MIT */
#include "platform/file_ops.h"

struct memory_file {
    struct atr_file base;
    struct atr_bytes bytes; /* read from here */
    size_t position;
    struct atr_text *sink; /* or write to there */
};

static enum atr_status
memory_read(struct atr_file *file, void *bytes, size_t size_bytes, size_t *got,
            struct atr_error *error)
{
    struct memory_file *memory = (struct memory_file *)file;
    size_t left = memory->bytes.size_bytes - memory->position;
    size_t some = size_bytes < left ? size_bytes : left;

    if (memory->sink != NULL) {
        return atr_error_set(error, ATR_ARG, "cannot read %s: it is open for writing", file->label);
    }
    if (some > 0) {
        memcpy(bytes, memory->bytes.data + memory->position, some);
        memory->position += some;
    }
    *got = some;
    return ATR_OK;
}

static enum atr_status
memory_write(struct atr_file *file, const void *bytes, size_t size_bytes, size_t *put,
             struct atr_error *error)
{
    struct memory_file *memory = (struct memory_file *)file;

    if (memory->sink == NULL) {
        return atr_error_set(error, ATR_ARG, "cannot write %s: it is open for reading",
                             file->label);
    }
    atr_text_put(memory->sink, atr_str_make(bytes, size_bytes));
    if (memory->sink->status != ATR_OK) {
        return atr_error_set(error, memory->sink->status, "cannot write %s: %s", file->label,
                             atr_status_text(memory->sink->status));
    }
    *put = size_bytes;
    return ATR_OK;
}

static enum atr_status
memory_sync(struct atr_file *file, struct atr_error *error)
{
    (void)file;
    (void)error;
    return ATR_OK;
}

static enum atr_status
memory_seek(struct atr_file *file, uint64_t offset, struct atr_error *error)
{
    struct memory_file *memory = (struct memory_file *)file;

    (void)error;
    memory->position = memory->bytes.size_bytes;
    if (offset < memory->position) {
        memory->position = (size_t)offset;
    }
    return ATR_OK;
}

static enum atr_status
memory_size(struct atr_file *file, uint64_t *size_bytes, struct atr_error *error)
{
    (void)error;
    *size_bytes = ((const struct memory_file *)file)->bytes.size_bytes;
    return ATR_OK;
}

/* Never called: what can seek is only read, what is written cannot seek. */
static enum atr_status
memory_cut(struct atr_file *file, uint64_t size_bytes, struct atr_error *error)
{
    (void)size_bytes;
    return atr_error_set(error, ATR_UNSUPPORTED, "cannot cut %s", file->label);
}

static void
memory_close(struct atr_file *file)
{
    (void)file;
}

static const struct atr_file_ops memory_ops = {
    .read = memory_read,
    .write = memory_write,
    .sync = memory_sync,
    .seek = memory_seek,
    .size = memory_size,
    .cut = memory_cut,
    .close = memory_close,
};

static struct memory_file *
memory_file_create(const struct atr_heap *heap)
{
    struct memory_file *memory = atr_heap_alloc(heap, 1, sizeof(*memory));

    if (memory != NULL) {
        atr_file_init(&memory->base, &memory_ops, heap, "memory");
    }
    return memory;
}

enum atr_status
atr_file_from_memory(struct atr_file **out, struct atr_bytes bytes, const struct atr_heap *heap)
{
    struct memory_file *memory = memory_file_create(heap);

    if (memory == NULL) {
        return ATR_NOMEM;
    }
    memory->bytes = bytes;
    memory->base.can_seek = true;
    *out = &memory->base;
    return ATR_OK;
}

enum atr_status
atr_file_to_memory(struct atr_file **out, struct atr_text *sink, const struct atr_heap *heap)
{
    struct memory_file *memory = memory_file_create(heap);

    if (memory == NULL) {
        return ATR_NOMEM;
    }
    memory->sink = sink;
    *out = &memory->base;
    return ATR_OK;
}
