/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "names/names.h"
#include "names/tables.h"

#include <stdio.h>

struct ntstatus_row {
    uint32_t code;
    const char *name;
};

static const struct ntstatus_row ntstatuses[] = {
#define ROW(code, name) {code, "STATUS_" #name},
#include "names/ntstatus.def"
#undef ROW
};

/* Win32 code in an HRESULT: severity 1, facility 7. */
#define HRESULT_WIN32     0x80070000U
#define HRESULT_CODE_BITS 0x0000ffffU
#define NTSTATUS_ERROR    0xc0000000U

struct atr_str
atr_names_ntstatus(uint32_t status)
{
    size_t low = 0;
    size_t high = ATR_COUNT(ntstatuses);

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (ntstatuses[middle].code == status) {
            return atr_str_from(ntstatuses[middle].name);
        }
        if (ntstatuses[middle].code < status) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return atr_str_from(NULL);
}

static const char *
find_rpc_status(uint32_t status)
{
    uint32_t low = 0;
    uint32_t high = atr_names_status_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (atr_names_statuses[middle].code == status) {
            return atr_names_text(atr_names_status_pool, atr_names_statuses[middle].name);
        }
        if (atr_names_statuses[middle].code < status) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* An exception of the server function travels as its NTSTATUS (lrpc 7). */
struct atr_str
atr_names_rpc_status(uint32_t status, char buffer[ATR_STATUS_NAME_BYTES])
{
    const char *name = find_rpc_status(status);
    int size;

    if (name != NULL) {
        return atr_str_from(name);
    }
    if ((status & ~HRESULT_CODE_BITS) == HRESULT_WIN32) {
        name = find_rpc_status(status & HRESULT_CODE_BITS);
        if (name == NULL) {
            return atr_str_from(NULL);
        }
        size = snprintf(buffer, ATR_STATUS_NAME_BYTES, "HRESULT_FROM_WIN32(%s)", name);
        return size > 0 && size < ATR_STATUS_NAME_BYTES ? atr_str_make(buffer, (size_t)size)
                                                        : atr_str_from(NULL);
    }
    return (status & NTSTATUS_ERROR) == NTSTATUS_ERROR ? atr_names_ntstatus(status)
                                                       : atr_str_from(NULL);
}
