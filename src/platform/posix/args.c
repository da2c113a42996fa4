/* SPDX-License-Identifier: MIT */
#include "platform/args.h"

enum atr_status
/* NOLINTNEXTLINE(readability-non-const-parameter): other systems write here */
atr_args_utf8(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return ATR_OK;
}
