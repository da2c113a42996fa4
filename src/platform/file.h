/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/status.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Files and pipes of this machine. Paths are UTF-8 on every system. One thread a file.
 * The path "-" means standard input or standard output.
 */
struct atr_file;

/* For reading. DENIED, IO or ARG (a directory) with words in error. */
ATR_NODISCARD enum atr_status atr_file_open(struct atr_file **out, const char *path,
                                            const struct atr_heap *heap, struct atr_error *error);

/* For writing: created or replaced, readable by the owner only. Refuses to replace a directory. */
ATR_NODISCARD enum atr_status atr_file_create(struct atr_file **out, const char *path,
                                              const struct atr_heap *heap, struct atr_error *error);

/* For reading; can seek. bytes are borrowed and outlive the file. */
ATR_NODISCARD enum atr_status atr_file_from_memory(struct atr_file **out, struct atr_bytes bytes,
                                                   const struct atr_heap *heap);

/* For writing: appends to sink, which is borrowed and outlives the file. Cannot seek. */
ATR_NODISCARD enum atr_status atr_file_to_memory(struct atr_file **out, struct atr_text *sink,
                                                 const struct atr_heap *heap);

void atr_file_close(struct atr_file *file); /* NULL is fine */

/* For messages: the path in quotes, "standard input", "memory". */
const char *atr_file_label(const struct atr_file *file);

/* Reads up to size_bytes, fewer only at the end; END when nothing was left. */
ATR_NODISCARD enum atr_status atr_file_read(struct atr_file *file, void *bytes, size_t size_bytes,
                                            size_t *got, struct atr_error *error);

/* The same, but of a pipe only what is there: waits for one byte, not for the rest. */
ATR_NODISCARD enum atr_status atr_file_read_some(struct atr_file *file, void *bytes,
                                                 size_t size_bytes, size_t *got,
                                                 struct atr_error *error);

/* Writes all of it or fails; END when the reader of a pipe went away. */
ATR_NODISCARD enum atr_status atr_file_write(struct atr_file *file, const void *bytes,
                                             size_t size_bytes, struct atr_error *error);

/* Data reach the disk before this returns (fdatasync, FlushFileBuffers). */
ATR_NODISCARD enum atr_status atr_file_sync(struct atr_file *file, struct atr_error *error);

/* Regular files can seek and have a size; pipes cannot. */
bool atr_file_can_seek(const struct atr_file *file);
ATR_NODISCARD enum atr_status atr_file_seek(struct atr_file *file, uint64_t offset,
                                            struct atr_error *error);
ATR_NODISCARD enum atr_status atr_file_size(struct atr_file *file, uint64_t *size_bytes,
                                            struct atr_error *error);

/* Cuts the file to its first size_bytes, and goes on writing there. */
enum atr_status atr_file_cut(struct atr_file *file, uint64_t size_bytes, struct atr_error *error);

/* Fine when there is none. */
enum atr_status atr_file_delete(const char *path, const struct atr_heap *heap,
                                struct atr_error *error);

/* The names in a folder, in no order; the text lives as long as the call. "" is the current one. */
typedef void atr_folder_fn(void *context, const char *name);
enum atr_status atr_folder_list(const char *path, atr_folder_fn *fn, void *context,
                                const struct atr_heap *heap, struct atr_error *error);

/*
 * True when both name the same existing file, so that no command overwrites its own input. "-" is
 * never the same as anything.
 */
bool atr_file_is_same(const char *a, const char *b);
