/* SPDX-License-Identifier: MIT */
/* How fast the counter runs in which the driver times itself; tests/lab/bench reads the figure. */
#include "bench/ticks.h"

#include <stdio.h>

int
main(void)
{
    (void)printf("%.1f ticks a microsecond\n", ticks_per_us());
    return 0;
}
