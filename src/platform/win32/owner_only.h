/* SPDX-License-Identifier: MIT */
#pragma once

#include "platform/win32/win.h"

/*
 * A security descriptor that gives all rights to the user this process runs as and none to anybody
 * else. Named by user, not by owner: what an elevated administrator makes is owned by a group, and
 * the same person wants to read it unelevated. Freed with LocalFree; NULL on failure.
 */
PSECURITY_DESCRIPTOR atr_owner_only_make(void);
