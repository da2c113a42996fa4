/* SPDX-License-Identifier: MIT */
#include "output/hex.h"

enum {
    BYTES_PER_LINE = 16
};

static void
write_row(struct atr_text *text, struct atr_bytes bytes, size_t from)
{
    size_t count =
        bytes.size_bytes - from < BYTES_PER_LINE ? bytes.size_bytes - from : (size_t)BYTES_PER_LINE;

    for (size_t i = 0; i < BYTES_PER_LINE; i++) {
        if (i == BYTES_PER_LINE / 2) {
            atr_text_putc(text, ' ');
        }
        if (i < count) {
            atr_text_bytes(text, (struct atr_bytes){bytes.data + from + i, 1});
            atr_text_putc(text, ' ');
        } else {
            atr_text_puts(text, "   ");
        }
    }
    atr_text_putc(text, ' ');
    for (size_t i = 0; i < count; i++) {
        uint8_t c = bytes.data[from + i];

        atr_text_putc(text, c >= 0x20 && c < 0x7f ? (char)c : '.');
    }
    atr_text_putc(text, '\n');
}

void
atr_hex_write(struct atr_text *text, struct atr_bytes bytes, uint64_t original_bytes,
              unsigned indent)
{
    for (size_t from = 0; from < bytes.size_bytes; from += BYTES_PER_LINE) {
        atr_text_pad(text, ' ', indent);
        atr_text_printf(text, "%04zx  ", from);
        write_row(text, bytes, from);
    }
    if (original_bytes > bytes.size_bytes) {
        atr_text_pad(text, ' ', indent);
        atr_text_printf(text, "[cut %zu/%llu]\n", bytes.size_bytes,
                        (unsigned long long)original_bytes);
    }
}
