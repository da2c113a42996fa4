/* SPDX-License-Identifier: MIT */
#include "scenario/message.h"

#include "base/guid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
message_clear(struct message *message)
{
    message->size_bytes = 0;
}

void
message_u8(struct message *message, uint8_t value)
{
    if (message->size_bytes == sizeof(message->bytes)) {
        (void)fprintf(stderr, "scenario: a message is too long\n");
        exit(1);
    }
    message->bytes[message->size_bytes++] = value;
}

void
message_put(struct message *message, const void *bytes, size_t size_bytes)
{
    const uint8_t *from = bytes;

    for (size_t i = 0; i < size_bytes; i++) {
        message_u8(message, from[i]);
    }
}

void
message_u16(struct message *message, uint16_t value)
{
    message_u8(message, (uint8_t)(value & 0xff));
    message_u8(message, (uint8_t)(value >> 8));
}

void
message_u32(struct message *message, uint32_t value)
{
    message_u16(message, (uint16_t)(value & 0xffff));
    message_u16(message, (uint16_t)(value >> 16));
}

void
message_u64(struct message *message, uint64_t value)
{
    message_u32(message, (uint32_t)(value & UINT32_MAX));
    message_u32(message, (uint32_t)(value >> 32));
}

void
message_guid(struct message *message, const char *text)
{
    struct atr_guid guid;

    if (!atr_guid_parse(atr_str_from(text), &guid)) {
        (void)fprintf(stderr, "scenario: not a UUID: %s\n", text);
        exit(1);
    }
    message_put(message, guid.bytes, sizeof(guid.bytes));
}

void
message_com_guid(struct message *message, uint16_t number)
{
    static const uint8_t tail[] = {0xc0, 0, 0, 0, 0, 0, 0, 0x46};

    message_u64(message, number);
    message_put(message, tail, sizeof(tail));
}

void
message_zeros(struct message *message, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        message_u8(message, 0);
    }
}

void
message_align(struct message *message, size_t from, size_t alignment)
{
    while ((message->size_bytes - from) % alignment != 0) {
        message_u8(message, 0);
    }
}

void
message_poke_u32(struct message *message, size_t at, uint32_t value)
{
    for (size_t i = 0; i < 4; i++) {
        message->bytes[at + i] = (uint8_t)(value >> 8 * i);
    }
}

void
message_utf16(struct message *message, const char *ascii, bool terminated)
{
    for (const char *c = ascii; *c != '\0'; c++) {
        message_u16(message, (uint8_t)*c);
    }
    if (terminated) {
        message_u16(message, 0);
    }
}

void
message_ndr20_string(struct message *message, size_t ndr, const char *ascii)
{
    uint32_t units = (uint32_t)strlen(ascii) + 1;

    message_align(message, ndr, 4);
    message_u32(message, units);
    message_u32(message, 0);
    message_u32(message, units);
    message_utf16(message, ascii, true);
    message_align(message, ndr, 4);
}

void
message_ndr64_string(struct message *message, size_t ndr, const char *ascii)
{
    uint64_t units = strlen(ascii) + 1;

    message_align(message, ndr, 8);
    message_u64(message, units);
    message_u64(message, 0);
    message_u64(message, units);
    message_utf16(message, ascii, true);
    message_align(message, ndr, 4);
}

void
message_ndr20_sid(struct message *message, size_t ndr, uint32_t rid)
{
    static const uint32_t parts[] = {21, 1004336348, 1177238915, 682003330};

    message_align(message, ndr, 4);
    message_u32(message, 5);
    message_u8(message, 1);
    message_u8(message, 5);
    message_zeros(message, 5);
    message_u8(message, 5);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        message_u32(message, parts[i]);
    }
    message_u32(message, rid);
}
