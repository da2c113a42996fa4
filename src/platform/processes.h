/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

/* What runs on this machine now. UNSUPPORTED where we do not look. */

struct atr_process_info {
    uint32_t pid;
    uint32_t parent_pid;
    uint32_t session;     /* all ones: unknown */
    uint64_t start_100ns; /* since 1601; 0 unknown */
    bool is_wow64;
    const char *path; /* or the bare name when no more is to be had; UTF-8 */
};

struct atr_module_info {
    uint64_t base;
    uint64_t size_bytes;
    const char *path; /* as the system tells it */
};

/* The info and its texts live as long as the call. False ends the list. */
typedef bool atr_process_fn(void *context, const struct atr_process_info *process);
typedef bool atr_module_fn(void *context, const struct atr_module_info *module);

enum atr_status atr_processes_list(const struct atr_heap *heap, atr_process_fn *fn, void *context,
                                   struct atr_error *error);

/* Of one process; of the kernel when pid is 0. DENIED is usual for protected processes. */
enum atr_status atr_modules_list(uint32_t pid, const struct atr_heap *heap, atr_module_fn *fn,
                                 void *context);

/*
 * A path as the kernel says it ("\Device\HarddiskVolume3\a.dll", "\SystemRoot\b.sys") as one that
 * can be opened, to be freed with the heap; others are copied. NULL: no memory.
 */
char *atr_path_of_kernel(const struct atr_heap *heap, const char *path);
