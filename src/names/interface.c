/* SPDX-License-Identifier: MIT */
#include "names/interface.h"

#include "names/names.h"
#include "names/tables.h"

#include <string.h>

static struct atr_str
interface_text(uint32_t offset)
{
    return atr_str_from(offset == 0 ? NULL : atr_names_text(atr_names_interface_pool, offset));
}

uint32_t
atr_names_interface_row(const struct atr_guid *uuid)
{
    /* The text begins with the first u32, most significant byte first. */
    uint8_t digits = uuid->bytes[3];
    uint32_t low = atr_names_interface_from[digits];
    uint32_t high = atr_names_interface_from[digits + 1];

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        struct atr_guid at;
        int order;

        memcpy(at.bytes, atr_names_uuids[middle], sizeof(at.bytes));
        order = atr_guid_compare(uuid, &at);
        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return ATR_NAMES_NO_ROW;
}

bool
atr_names_interface(const struct atr_guid *uuid, struct atr_interface_info *out)
{
    uint32_t row = atr_names_interface_row(uuid);
    const struct atr_names_interface *at;

    if (row == ATR_NAMES_NO_ROW) {
        return false;
    }
    at = &atr_names_interfaces[row];
    *out = (struct atr_interface_info){
        .uuid = *uuid,
        .kind = (enum atr_interface_kind)at->kind,
        .name = interface_text(at->name),
        .module = interface_text(at->module),
        .service = interface_text(at->service),
        .has_procedures = at[1].first_procedure > at->first_procedure,
    };
    return true;
}
