/* SPDX-License-Identifier: MIT */
#pragma once

#include "platform/file.h"

/*
 * What is behind a struct atr_file, for the files of this module only: a file of the system or
 * memory. Each kind starts with a struct atr_file and casts.
 */
struct atr_file_ops {
    /* Reads some bytes; *got = 0 only at the end. */
    enum atr_status (*read)(struct atr_file *file, void *bytes, size_t size_bytes, size_t *got,
                            struct atr_error *error);

    /* Writes some bytes, one at least. */
    enum atr_status (*write)(struct atr_file *file, const void *bytes, size_t size_bytes,
                             size_t *put, struct atr_error *error);

    enum atr_status (*sync)(struct atr_file *file, struct atr_error *error);
    enum atr_status (*seek)(struct atr_file *file, uint64_t offset, struct atr_error *error);
    enum atr_status (*size)(struct atr_file *file, uint64_t *size_bytes, struct atr_error *error);
    enum atr_status (*cut)(struct atr_file *file, uint64_t size_bytes, struct atr_error *error);
    void (*close)(struct atr_file *file);
};

enum {
    ATR_FILE_LABEL_BYTES = 300
}; /* longer paths are cut in messages, so that the reason fits */

struct atr_file {
    const struct atr_file_ops *ops;
    struct atr_heap heap;
    bool can_seek;
    char label[ATR_FILE_LABEL_BYTES]; /* "'x.pcapng'", "standard input" */
};

/* Fills the common part. */
void atr_file_init(struct atr_file *file, const struct atr_file_ops *ops,
                   const struct atr_heap *heap, const char *label);

/* A label for path: quoted, or standard for "-". */
void atr_file_label_path(struct atr_file *file, const char *path, const char *standard);
