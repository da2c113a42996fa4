/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "platform/win32/win.h"

/*
 * What NtQuerySystemInformation gives, as far as it is read here. The SDK's own declarations leave
 * these members out; they have been the same since Windows XP x64.
 */
enum {
    ATR_SYSTEM_TIME_OF_DAY = 3,
    ATR_SYSTEM_PROCESSES = 5,
    ATR_SYSTEM_MODULES = 11,
};

struct atr_system_process {
    ULONG next_offset;
    ULONG thread_count;
    LARGE_INTEGER unused[3];
    LARGE_INTEGER create_time;
    LARGE_INTEGER user_time;
    LARGE_INTEGER kernel_time;
    UNICODE_STRING image;
    LONG base_priority;
    HANDLE pid;
    HANDLE parent_pid;
    ULONG handle_count;
    ULONG session;
};

struct atr_system_module {
    void *unused[2];
    void *base;
    ULONG size_bytes;
    ULONG flags;
    USHORT order[2];
    USHORT load_count;
    USHORT name_offset;
    char path[256]; /* in the system's code page; \SystemRoot\... */
};

struct atr_system_modules {
    ULONG count;
    struct atr_system_module modules[1];
};

struct atr_system_time_of_day {
    LARGE_INTEGER boot_time;
    LARGE_INTEGER now;
    LARGE_INTEGER bias;
    ULONG unused[6];
};

/* The answer, grown to its size; to be freed with the heap. NULL: refused, or no memory. */
void *atr_system_information(const struct atr_heap *heap, ULONG what, size_t *size_bytes);
