/* SPDX-License-Identifier: MIT */
#include "recorder/refusal.h"

#include "base/attributes.h"

#include <stdint.h>

struct row {
    uint32_t code;
    const char *text;
};

/* One sentence and the remedy. */
static const struct row rows[] = {
    /* Win32: opening the device, loading the drivers */
    {2, "the driver is not loaded (alpctrace driver start)"},
    {5, "access denied (run as administrator)"},
    {577, "Windows does not trust the driver's signature (docs/howto/windows.md: test signing)"},
    {1053, "the driver does not answer (alpctrace driver status)"},
    {1058, "the driver's service is disabled (alpctrace driver install)"},
    {1072, "the driver's service is being removed (close what shows services, or restart)"},
    {1275, "Windows blocks the driver (memory integrity must be off: docs/howto/windows.md)"},
    {1306, "another version of alpcpin.sys is resident (restart the machine)"},
    /* NTSTATUS: the driver's answers */
    {ATR_REFUSAL_ENDING, "the last recording is still ending (try again)"},
    {0xc0000004, "a driver of another version is loaded (alpctrace driver stop, then again)"},
    {0xc000000d, "the driver refuses the request (is --ring-size too much for this machine?)"},
    {0xc0000010, "a driver of another version is loaded (alpctrace driver stop, then again)"},
    {0xc0000022, "access denied (run as administrator)"},
    {ATR_REFUSAL_TAKEN,
     "somebody else records (alpctrace driver status; alpctrace driver stop ends it)"},
    {0xc0000059, "a driver of another version is loaded (alpctrace driver remove, then restart)"},
    {0xc000009a, "the kernel has no memory for it (try a smaller --ring-size)"},
    {0xc00000a3, "alpcpin.sys is not loaded (alpctrace driver start)"},
    {0xc00000bb, "this Windows cannot be recorded (alpctrace driver status says why)"},
    {0xc0000184, "the recording was ended by somebody else (alpctrace driver status)"},
    {0xc0000225, "the services were not found in this kernel (alpctrace driver status says why)"},
    {0xc0000354, "kernel debugging is off (bcdedit /debug on and restart, or --force-gate)"},
};

void
atr_refusal_explain(struct atr_error *error)
{
    uint32_t code = error->os_code;

    for (size_t i = 0; i < ATR_COUNT(rows); i++) {
        if (rows[i].code == code) {
            (void)atr_error_set(error, error->status, "cannot record: %s", rows[i].text);
            error->os_code = code;
            return;
        }
    }
}
