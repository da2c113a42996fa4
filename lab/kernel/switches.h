/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* What a test may change in the kernel (LabSwitch). */
struct lab_switches {
    uint64_t CodeOptions;  /* of the code-integrity query */
    uint64_t Unprivileged; /* process id */
};

extern struct lab_switches LabSwitches;
