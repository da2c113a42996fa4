/* SPDX-License-Identifier: MIT */
#include "platform/args.h"

enum atr_status
atr_args_utf8(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return ATR_OK;
}
