/* SPDX-License-Identifier: MIT */
#include "output/party_memo.h"

#include "output/call_text.h"

#include <string.h>

static struct atr_party_row *
row_of(struct atr_party_memo *memo, const struct atr_party *party)
{
    uint64_t ids = (uint64_t)party->pid << 32 | party->tid;

    return &memo->rows[(ids ^ ids >> 29) * UINT64_C(0x9e3779b97f4a7c15) >>
                       (64 - ATR_PARTY_MEMO_BITS)];
}

static bool
is_of(const struct atr_party_row *row, const struct atr_party *party)
{
    return row->text_bytes > 0 && row->pid == party->pid && row->tid == party->tid &&
           row->image_bytes == party->image.size_bytes &&
           (row->image_bytes == 0 || memcmp(row->image, party->image.data, row->image_bytes) == 0);
}

static void
fill(struct atr_party_row *row, const struct atr_party *party, struct atr_str text)
{
    row->text_bytes = 0;
    if (text.size_bytes <= sizeof(row->text) && party->image.size_bytes <= sizeof(row->image)) {
        row->pid = party->pid;
        row->tid = party->tid;
        row->image_bytes = (uint8_t)party->image.size_bytes;
        row->text_bytes = (uint8_t)text.size_bytes;
        if (row->image_bytes > 0) {
            memcpy(row->image, party->image.data, row->image_bytes);
        }
        memcpy(row->text, text.data, text.size_bytes);
    }
}

void
atr_party_memo_write(struct atr_party_memo *memo, struct atr_text *text,
                     const struct atr_party *party, const struct atr_style *style)
{
    struct atr_party_row *row = row_of(memo, party);
    size_t start = text->size_bytes;

    if (party->known && is_of(row, party)) {
        atr_text_put(text, atr_str_make(row->text, row->text_bytes));
        return;
    }
    atr_party_write(text, party, style);
    if (party->known && text->status == ATR_OK) {
        fill(row, party, atr_str_skip(atr_text_view(text), start));
    }
}
