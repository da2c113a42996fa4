/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/guid.h"
#include "base/str.h"
#include "decode/decode.h"
#include "names/names.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What was looked up in the name tables lately: a trace asks for the same few ports and methods
 * again and again. Rows are found by content and hold a copy of it, so nothing that is forgotten or
 * renamed elsewhere can make them wrong; a row gives way to the next one that wants its place.
 */
enum {
    ATR_MEMO_PORT_BITS = 6,   /* 64 rows */
    ATR_MEMO_METHOD_BITS = 8, /* 256 rows */
    ATR_MEMO_NAME_BYTES = 104,
};

struct atr_port_memo {
    bool is_set;
    uint8_t name_bytes;
    char name[ATR_MEMO_NAME_BYTES];
    const struct atr_port_rule *rule;  /* NULL: no rule fits */
    const struct atr_decoder *decoder; /* of the rule; NULL: none */
};

struct atr_method_memo {
    bool is_set;
    bool certain;
    uint32_t opnum;
    uint32_t os_build;
    struct atr_guid uuid;
    struct atr_str interface; /* absent: no name */
    struct atr_str method;
};

/* All zero at first. */
struct atr_decode_memo {
    struct atr_port_memo ports[1 << ATR_MEMO_PORT_BITS];
    struct atr_method_memo methods[1 << ATR_MEMO_METHOD_BITS];
};

/* What follows from a port's name. Valid until the next call. */
const struct atr_port_memo *atr_memo_port(struct atr_decode_memo *memo, struct atr_str name);

/* The names of an opnum. Valid until the next call. */
const struct atr_method_memo *atr_memo_method(struct atr_decode_memo *memo,
                                              const struct atr_guid *uuid, uint32_t opnum,
                                              uint32_t os_build);
