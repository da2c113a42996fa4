/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

/* What a recording says of the machine it was made on. 0 and empty: unknown. */
struct atr_machine {
    uint32_t os_build;
    uint32_t os_major;
    uint32_t os_minor;
    uint16_t architecture;    /* IMAGE_FILE_MACHINE_* */
    uint64_t boot_100ns;      /* since 1601 */
    int32_t utc_bias_minutes; /* local = UTC - bias; INT32_MIN unknown */
    char os_name[128];
};

void atr_machine_look(struct atr_machine *out);

/* Bytes nobody can foretell. */
ATR_NODISCARD enum atr_status atr_machine_random(void *bytes, size_t size_bytes);

/* Path of a file that stands beside this program, and of one in the system's folder of libraries;
 * to be freed with the heap; NULL when it cannot be told.
 */
char *atr_machine_beside_program(const struct atr_heap *heap, const char *name);
char *atr_machine_in_system_folder(const struct atr_heap *heap, const char *name);

/* The path of this program. */
char *atr_machine_program(const struct atr_heap *heap);

/* A path that means the same in every folder; NULL: none, or no memory. */
char *atr_machine_full_path(const struct atr_heap *heap, const char *path);

void atr_machine_sleep_ms(uint32_t ms);

/* The counter that stamps records (QPC). */
uint64_t atr_machine_counter(void);
