/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The one door to the operating system: everything the driver uses of it comes through here, so
 * that the same sources are built for Windows (two compilers), for the test kernel, and natively
 * with fakes under sanitizers (tests/driver).
 */

#ifdef ATR_DRIVER_NATIVE
#include "native_nt.h"
#else
#include <ntifs.h>
#endif
