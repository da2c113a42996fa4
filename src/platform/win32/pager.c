/* SPDX-License-Identifier: MIT */
#include "platform/pager.h"

bool
atr_pager_start(struct atr_pager *pager)
{
    *pager = (struct atr_pager){0};
    return false;
}

void
atr_pager_stop(struct atr_pager *pager)
{
    (void)pager;
}
