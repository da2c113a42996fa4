/* SPDX-License-Identifier: MIT */
/* Values that show by a fixed mark: SIDs, interface pointers, GUIDs, handles, statuses (ndr 9). */
#include "decode/ndr_guess_parts.h"

#include "decode/sid.h"
#include "names/names.h"

#include <string.h>

enum {
    OBJREF_HEAD_BYTES = 24,
    CONTEXT_HANDLE_BYTES = 20,
    GUID_ZEROS_MAX = 6,
    WIN32_ERROR_MAX = 0x3fff,

    TRUST_OBJREF = 99,
    TRUST_SID = 95,
    TRUST_BARE_SID = 40,
    TRUST_KNOWN_GUID = 95,
    TRUST_CONTEXT_HANDLE = 60,
    TRUST_CONTEXT_HANDLE_OUT = 55,
    TRUST_RETURN = 50,
};

/*
 * Identifier authorities in use; only the last of their six bytes is not zero. World, local and
 * creator (1 to 3) have but a few SIDs, of one part; the null authority's one is all zeros and ones
 * and not worth what it would be taken for.
 */
static bool
is_known_authority(uint32_t word, uint32_t parts, uint32_t first)
{
    uint32_t authority = word >> 24;

    if ((word & 0x00ffffff) != 0) {
        return false;
    }
    if (authority >= 1 && authority <= 3) {
        return parts == 1 && first <= 4;
    }
    return authority == 5 || authority == 9 || (authority >= 15 && authority <= 18);
}

/* Domain accounts, BUILTIN and the service accounts: of a SID without its count only those. */
static bool
is_usual_sid(uint32_t parts, uint32_t authority, uint32_t first)
{
    if (authority != 5) {
        return false;
    }
    return (first == 21 && (parts == 4 || parts == 5)) || (first == 32 && parts == 2) ||
           (first >= 18 && first <= 20 && parts == 1);
}

/* RPC_SID: the number of sub-authorities stands before it too, in the width of the syntax. */
uint32_t
atr_ndr_find_sid(struct atr_ndr_scan *scan, uint32_t at)
{
    uint32_t parts = atr_ndr_word(scan, at) >> 8 & 0xff;
    uint32_t authority = atr_ndr_word(scan, at + 4);
    uint64_t end = at + ATR_SID_HEAD_BYTES + (uint64_t)parts * 4;
    struct atr_ndr_find find = {.body = at, .kind = ATR_NDR_SID, .trust = TRUST_SID};

    if (parts < 1 || parts > ATR_SID_PARTS_MAX || end > scan->size_bytes ||
        !is_known_authority(authority, parts, atr_ndr_word(scan, at + 8))) {
        return 0;
    }
    if (at >= scan->start + 4 && atr_ndr_word(scan, at - 4) == parts) {
        find.offset = at - 4;
        find.syntaxes = ATR_NDR_IN_20;
    } else if (at % 8 == 0 && at >= scan->start + 8 && atr_ndr_word(scan, at - 4) == 0 &&
               atr_ndr_word(scan, at - 8) == parts) {
        find.offset = at - 8;
        find.syntaxes = ATR_NDR_IN_64;
    } else if (is_usual_sid(parts, authority >> 24, atr_ndr_word(scan, at + 8))) {
        find.offset = at;
        find.syntaxes = ATR_NDR_IN_BOTH;
        find.trust = TRUST_BARE_SID;
    } else {
        return 0;
    }
    find.end = (uint32_t)end;
    atr_ndr_find_add(scan, find);
    return find.end;
}

/* MInterfacePointer's counts before an OBJREF of that size, when they agree. */
static uint32_t
objref_offset(const struct atr_ndr_scan *scan, uint32_t at, uint32_t size_bytes)
{
    if (at >= scan->start + 8 && atr_ndr_word(scan, at - 8) == size_bytes) {
        return at - 8;
    }
    if (at >= scan->start + 12 && (at - 12) % 8 == 0 && atr_ndr_word(scan, at - 8) == 0 &&
        atr_ndr_word(scan, at - 12) == size_bytes) {
        return at - 12;
    }
    return at;
}

uint32_t
atr_ndr_find_objref(struct atr_ndr_scan *scan, uint32_t at)
{
    uint32_t kind = atr_ndr_word(scan, at + 4);
    uint32_t size_bytes = at >= scan->start + 4 ? atr_ndr_word(scan, at - 4) : 0;
    struct atr_ndr_find find = {
        .body = at, .kind = ATR_NDR_OBJREF, .trust = TRUST_OBJREF, .syntaxes = ATR_NDR_IN_BOTH};

    if ((kind != 1 && kind != 2 && kind != 4 && kind != 8) ||
        scan->size_bytes - at < OBJREF_HEAD_BYTES) {
        return 0;
    }
    if (size_bytes < OBJREF_HEAD_BYTES || size_bytes > scan->original_bytes - at) {
        find.offset = at;
        find.end = at + OBJREF_HEAD_BYTES;
    } else {
        find.offset = objref_offset(scan, at, size_bytes);
        find.end = size_bytes < scan->size_bytes - at ? at + size_bytes : scan->size_bytes;
    }
    atr_ndr_find_add(scan, find);
    return find.end;
}

bool
atr_ndr_is_uuid_like(const struct atr_ndr_scan *scan, uint32_t at)
{
    uint32_t version = atr_ndr_word(scan, at + 4) >> 28;
    unsigned zeros = 0;

    if (version < 1 || version > 5 || (atr_ndr_word(scan, at + 8) & 0xc0) != 0x80 ||
        at > scan->size_bytes || scan->size_bytes - at < ATR_GUID_BYTES) {
        return false;
    }
    for (unsigned i = 0; i < ATR_GUID_BYTES; i++) {
        zeros += scan->data[at + i] == 0;
    }
    return zeros <= GUID_ZEROS_MAX;
}

/* Only GUIDs that somebody knows, or of the family of COM's own: {xxxxxxxx-xxxx-xxxx-C0..46}. */
uint32_t
atr_ndr_find_guid(struct atr_ndr_scan *scan, uint32_t at)
{
    struct atr_interface_info info;
    struct atr_guid guid;
    bool is_com =
        atr_ndr_word(scan, at + 8) == 0x000000c0 && atr_ndr_word(scan, at + 12) == 0x46000000;

    if (!is_com) {
        if (!atr_ndr_is_uuid_like(scan, at)) {
            return 0;
        }
        memcpy(guid.bytes, scan->data + at, sizeof(guid.bytes));
        if (!atr_names_interface(&guid, &info)) {
            return 0;
        }
    }
    atr_ndr_find_add(scan, (struct atr_ndr_find){.offset = at,
                                                 .end = at + ATR_GUID_BYTES,
                                                 .body = at,
                                                 .kind = ATR_NDR_GUID,
                                                 .trust = TRUST_KNOWN_GUID,
                                                 .syntaxes = ATR_NDR_IN_BOTH});
    return at + ATR_GUID_BYTES;
}

/*
 * The handle comes first in the request that uses it. In a response only one that holds nothing but
 * a handle and a status, as those that open something do.
 */
void
atr_ndr_find_context_handle(struct atr_ndr_scan *scan, bool is_response)
{
    uint32_t at = scan->start;

    if (scan->size_bytes - at < CONTEXT_HANDLE_BYTES || atr_ndr_word(scan, at) != 0 ||
        (is_response && scan->original_bytes - at != CONTEXT_HANDLE_BYTES + 4) ||
        !atr_ndr_is_uuid_like(scan, at + 4)) {
        return;
    }
    atr_ndr_find_add(scan, (struct atr_ndr_find){.offset = at,
                                                 .end = at + CONTEXT_HANDLE_BYTES,
                                                 .body = at + 4,
                                                 .kind = ATR_NDR_CONTEXT_HANDLE,
                                                 .trust = is_response ? TRUST_CONTEXT_HANDLE_OUT
                                                                      : TRUST_CONTEXT_HANDLE,
                                                 .syntaxes = ATR_NDR_IN_BOTH});
}

/* A Win32 error, an HRESULT, an NTSTATUS, or an NTSTATUS as HRESULT. */
static bool
is_status(uint32_t value)
{
    uint32_t facility = value >> 16 & 0xfff;

    switch (value >> 28) {
    case 0x0:
        return value <= WIN32_ERROR_MAX;
    case 0x4:
        return facility < 0x100;
    case 0x8:
        return true;
    case 0xc:
    case 0xd:
        return facility < 0x400;
    default:
        return false;
    }
}

/* The last aligned word of a response, when all of it was captured. */
void
atr_ndr_find_return(struct atr_ndr_scan *scan)
{
    uint32_t at = scan->size_bytes / 4 * 4;

    if (scan->original_bytes != scan->size_bytes || at < scan->start + 4 ||
        !is_status(atr_ndr_word(scan, at - 4))) {
        return;
    }
    atr_ndr_find_add(scan, (struct atr_ndr_find){.offset = at - 4,
                                                 .end = at,
                                                 .body = at - 4,
                                                 .kind = ATR_NDR_RETURN,
                                                 .trust = TRUST_RETURN,
                                                 .syntaxes = ATR_NDR_IN_BOTH});
}
