/* SPDX-License-Identifier: MIT */
#pragma once

/* Who may open the device: SYSTEM and administrators. Said twice, by descriptor and by check. */

#include "os.h"

_IRQL_requires_(PASSIVE_LEVEL) VOID AtrSecurityProtect(_In_ PDEVICE_OBJECT Device);
_IRQL_requires_(PASSIVE_LEVEL) BOOLEAN AtrSecurityIsAdmin(VOID);
