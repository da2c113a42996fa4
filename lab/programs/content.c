/* SPDX-License-Identifier: MIT */
#include "content.h"

#include <string.h>

uint32_t
content_size(uint32_t asked, uint32_t sequence)
{
    if (asked == 0) {
        return CONTENT_HEAD_BYTES + sequence * 7 % 256;
    }
    return asked < CONTENT_HEAD_BYTES ? CONTENT_HEAD_BYTES : asked;
}

static uint8_t
byte_at(const struct content *content, size_t index)
{
    uint32_t seed = content->pid + content->thread * 101 + content->sequence * 31;
    uint8_t byte = (uint8_t)((seed + 13 * index) & 0xff);

    return content->magic == CONTENT_REPLY ? byte ^ CONTENT_REPLY_MASK : byte;
}

void
content_fill(const struct content *content, uint8_t *bytes, size_t size_bytes)
{
    memcpy(bytes, content, sizeof(*content));
    for (size_t i = 0; i < size_bytes - sizeof(*content); i++) {
        bytes[sizeof(*content) + i] = byte_at(content, i);
    }
}

bool
content_check(const struct content *content, const uint8_t *bytes, size_t size_bytes)
{
    if (size_bytes < sizeof(*content) || memcmp(bytes, content, sizeof(*content)) != 0) {
        return false;
    }
    for (size_t i = 0; i < size_bytes - sizeof(*content); i++) {
        if (bytes[sizeof(*content) + i] != byte_at(content, i)) {
            return false;
        }
    }
    return true;
}

bool
content_read(const uint8_t *bytes, size_t size_bytes, struct content *content)
{
    if (size_bytes < sizeof(*content)) {
        return false;
    }
    memcpy(content, bytes, sizeof(*content));
    return content->magic == CONTENT_REQUEST || content->magic == CONTENT_REPLY ||
           content->magic == CONTENT_VIEW;
}
