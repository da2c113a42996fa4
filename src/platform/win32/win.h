/* SPDX-License-Identifier: MIT */
#pragma once

/* The one door to the Windows headers. */

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX

#include <windows.h>

#include <psapi.h>
#include <sddl.h>
#include <shellapi.h>
#include <winsvc.h>
#include <winternl.h>

/* Codes that not every SDK names. */
#ifndef ERROR_DIRECTORY_NOT_SUPPORTED
#define ERROR_DIRECTORY_NOT_SUPPORTED 336
#endif
#ifndef ERROR_DISK_QUOTA_EXCEEDED
#define ERROR_DISK_QUOTA_EXCEEDED 1295
#endif
#ifndef ERROR_INVALID_IMAGE_HASH
#define ERROR_INVALID_IMAGE_HASH 577
#endif
