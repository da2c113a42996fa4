/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes under construction, and the forms our scripts need. */
enum {
    MESSAGE_BYTES_MAX = 8192
};

struct message {
    uint8_t bytes[MESSAGE_BYTES_MAX];
    size_t size_bytes;
};

void message_clear(struct message *message);
void message_put(struct message *message, const void *bytes, size_t size_bytes);
void message_u8(struct message *message, uint8_t value);
void message_u16(struct message *message, uint16_t value);
void message_u32(struct message *message, uint32_t value);
void message_u64(struct message *message, uint64_t value);
void message_guid(struct message *message, const char *text);
/* 0000xxxx-0000-0000-c000-000000000046 */
void message_com_guid(struct message *message, uint16_t number);
void message_zeros(struct message *message, size_t count);
void message_align(struct message *message, size_t from, size_t alignment);
void message_poke_u32(struct message *message, size_t at, uint32_t value);
void message_utf16(struct message *message, const char *ascii, bool terminated);

/* Conformant varying strings; ndr is where alignment counts from. */
void message_ndr20_string(struct message *message, size_t ndr, const char *ascii);
void message_ndr64_string(struct message *message, size_t ndr, const char *ascii);
/* S-1-5-21-a-b-c-rid with its conformance in front (NDR20). */
void message_ndr20_sid(struct message *message, size_t ndr, uint32_t rid);

enum {
    LRPC_VIEW = 4
};

/* LRPC headers; the NDR follows. They return the offset of the NDR. */
void lrpc_bind(struct message *message, uint32_t status, const char *uuid, uint16_t major,
               uint16_t minor, uint32_t syntaxes, uint16_t ndr20_id, uint16_t ndr64_id);
size_t lrpc_request(struct message *message, uint32_t call_id, uint32_t binding_id, uint32_t opnum,
                    const char *object);
size_t lrpc_response(struct message *message, uint32_t call_id);
/* Their NDR lies in a view. */
void lrpc_large_request(struct message *message, uint32_t call_id, uint32_t binding_id,
                        uint32_t opnum, size_t size_bytes);
void lrpc_large_response(struct message *message, uint32_t call_id, size_t size_bytes);
void lrpc_cancel(struct message *message, uint32_t call_id);
void lrpc_fault(struct message *message, uint32_t status);

/* One record of extended error information, without parameters but for one text. */
struct error_record {
    uint32_t pid;
    uint32_t component;
    uint32_t status;
    uint16_t location;
    const char *text; /* NULL: none */
};

void lrpc_fault_extended(struct message *message, uint32_t status,
                         const struct error_record *records, size_t count, uint64_t time_100ns);
