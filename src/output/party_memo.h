/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/text.h"
#include "event/event.h"
#include "output/printer.h"

/*
 * The texts of parties written lately: a trace has few threads and very many lines. Rows are found
 * by content and hold a copy of it; a party whose texts are too long for a row is written anew.
 */
enum {
    ATR_PARTY_MEMO_BITS = 10, /* more rows than threads talk at a time */
    ATR_PARTY_IMAGE_BYTES = 32,
    ATR_PARTY_TEXT_BYTES = 80, /* with colours */
};

struct atr_party_row {
    uint32_t pid;
    uint32_t tid;
    uint8_t image_bytes;
    uint8_t text_bytes; /* 0: unused */
    char image[ATR_PARTY_IMAGE_BYTES];
    char text[ATR_PARTY_TEXT_BYTES];
};

/* All zero at first. Of one style. */
struct atr_party_memo {
    struct atr_party_row rows[1 << ATR_PARTY_MEMO_BITS];
};

/* Writes what atr_party_write writes. */
void atr_party_memo_write(struct atr_party_memo *memo, struct atr_text *text,
                          const struct atr_party *party, const struct atr_style *style);
