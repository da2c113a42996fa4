/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/str.h"
#include "event/facts.h"
#include "event/fields.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The NDR bytes of one RPC message and the values found in them. Offsets count from the first NDR
 * byte. Without type information the values are guesses and do not cover every byte.
 */
enum atr_ndr_kind {
    ATR_NDR_WSTRING, /* text: max and actual are counts on the wire */
    ATR_NDR_ASTRING,
    ATR_NDR_COUNTED_STRING, /* RPC_UNICODE_STRING's buffer: no NUL */
    ATR_NDR_BSTR,
    ATR_NDR_PTR,            /* number: referent id */
    ATR_NDR_SID,            /* text: S-1-5-... */
    ATR_NDR_CONTEXT_HANDLE, /* guid, number: attributes */
    ATR_NDR_GUID,
    ATR_NDR_TIME,          /* number: FILETIME */
    ATR_NDR_OBJREF,        /* guid: IID; bytes: the OBJREF */
    ATR_NDR_SYSTEM_HANDLE, /* number: index */
    ATR_NDR_U8,
    ATR_NDR_U16,
    ATR_NDR_U32,
    ATR_NDR_U64,
    ATR_NDR_BYTES,
    ATR_NDR_RETURN, /* number: status as the last u32 of a response */
};

struct atr_ndr_item {
    uint32_t offset;
    uint32_t size_bytes; /* with its counts */
    uint8_t kind;        /* enum atr_ndr_kind */
    uint8_t trust;       /* 0-100, ndr.md 9; 100 when typed */
    uint8_t grade;       /* enum atr_grade */
    uint64_t number;
    uint64_t max_count; /* strings */
    uint64_t actual_count;
    struct atr_guid guid;
    struct atr_str text; /* of strings; of GUID and OBJREF the interface's name, or absent */
    struct atr_bytes bytes;
};

struct atr_ndr_view {
    struct atr_bytes bytes;  /* captured */
    uint64_t original_bytes; /* what the message says it has */
    enum atr_syntax syntax;
    enum atr_grade syntax_grade; /* BOUND: the bind said it; GUESS: scored */
    uint32_t params_offset;      /* behind ORPC headers */
    bool in_view;
    const struct atr_ndr_item *items; /* by offset, not overlapping */
    uint32_t item_count;
    const char *error; /* why reading by a list stopped: "string_overrun"; NULL: it did not */
};

const char *atr_ndr_kind_text(enum atr_ndr_kind kind); /* JSON spelling: "wstring", "u32", "ptr" */
