/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/heap.h"
#include "base/status.h"
#include "wire/device.h"

/*
 * The two ways to find a service (kernel-decisions.md 6), as far as files tell.
 */

/*
 * Service numbers out of the stubs that ntdll.dll exports: mov r10, rcx; mov eax, NUMBER. A name
 * that is missing, or whose code is something else, keeps "not there". path NULL: the system's.
 */
ATR_NODISCARD enum atr_status atr_services_by_number(struct atr_start_service *services,
                                                     const char *path, const struct atr_heap *heap,
                                                     struct atr_error *error);

/*
 * RVAs from a text file:
 *
 *     alpctrace-kernel 1
 *     image NAME TIMESTAMP_HEX SIZEOFIMAGE_HEX
 *     NtAlpcSendWaitReceivePort RVA_HEX
 *
 * Unknown names and lines that start with '#' are passed over. path NULL: alpctrace-kernel.txt
 * beside this program, and it is fine when there is none.
 */
ATR_NODISCARD enum atr_status atr_services_by_rva(struct atr_device_start *start, const char *path,
                                                  const struct atr_heap *heap,
                                                  struct atr_error *error);
