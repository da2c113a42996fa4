/* SPDX-License-Identifier: MIT */
#include "scenario/world.h"

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
    for (size_t i = 0; i < sizeof(guid.bytes); i++) {
        message_u8(message, guid.bytes[i]);
    }
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
lrpc_bind(struct message *message, uint32_t status, const char *uuid, uint16_t major,
          uint16_t minor, uint32_t syntaxes, uint16_t ndr20_id, uint16_t ndr64_id)
{
    message_clear(message);
    message_u64(message, 1);
    message_u32(message, status);
    message_guid(message, uuid);
    message_u16(message, major);
    message_u16(message, minor);
    message_u32(message, syntaxes);
    message_u16(message, ndr20_id);
    message_u16(message, ndr64_id);
    message_zeros(message, 0x48 - message->size_bytes);
}

size_t
lrpc_request(struct message *message, uint32_t call_id, uint32_t binding_id, uint32_t opnum,
             const char *object)
{
    message_clear(message);
    message_u64(message, 0);
    message_u32(message, object != NULL ? 1 : 0);
    message_u32(message, call_id);
    message_u32(message, binding_id);
    message_u32(message, opnum);
    message_zeros(message, 0x18);
    if (object != NULL) {
        message_guid(message, object);
    } else {
        message_zeros(message, 16);
    }
    return message->size_bytes;
}

size_t
lrpc_response(struct message *message, uint32_t call_id)
{
    message_clear(message);
    message_u64(message, 3);
    message_u32(message, 0);
    message_u32(message, call_id);
    message_u64(message, 0);
    return message->size_bytes;
}

void
lrpc_fault(struct message *message, uint32_t status)
{
    message_clear(message);
    message_u64(message, 2);
    message_u32(message, status);
    message_u64(message, 0);
}
