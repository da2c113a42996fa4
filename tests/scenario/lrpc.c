/* SPDX-License-Identifier: MIT */
#include "scenario/message.h"

#include <string.h>

/* LRPC's messages (lrpc 1 to 6). */
enum {
    TYPE_REQUEST = 0,
    TYPE_BIND = 1,
    TYPE_FAULT = 2,
    TYPE_RESPONSE = 3,
    TYPE_CANCEL = 4,
    BIND_BYTES = 0x48,
    FLAGS_OFFSET = 8,
    FLAG_OBJECT = 1,
    FLAG_EXTENDED_ERROR = 1,
    NAME_ABSENT = 2,
    PARAM_UNICODE = 2,
};

void
lrpc_bind(struct message *message, uint32_t status, const char *uuid, uint16_t major,
          uint16_t minor, uint32_t syntaxes, uint16_t ndr20_id, uint16_t ndr64_id)
{
    message_clear(message);
    message_u64(message, TYPE_BIND);
    message_u32(message, status);
    message_guid(message, uuid);
    message_u16(message, major);
    message_u16(message, minor);
    message_u32(message, syntaxes);
    message_u16(message, ndr20_id);
    message_u16(message, ndr64_id);
    message_zeros(message, BIND_BYTES - message->size_bytes);
}

size_t
lrpc_request(struct message *message, uint32_t call_id, uint32_t binding_id, uint32_t opnum,
             const char *object)
{
    message_clear(message);
    message_u64(message, TYPE_REQUEST);
    message_u32(message, object != NULL ? FLAG_OBJECT : 0);
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
    message_u64(message, TYPE_RESPONSE);
    message_u32(message, 0);
    message_u32(message, call_id);
    message_u64(message, 0);
    return message->size_bytes;
}

void
lrpc_large_request(struct message *message, uint32_t call_id, uint32_t binding_id, uint32_t opnum,
                   size_t size_bytes)
{
    (void)lrpc_request(message, call_id, binding_id, opnum, NULL);
    message_poke_u32(message, FLAGS_OFFSET, LRPC_VIEW);
    message_u64(message, size_bytes);
}

void
lrpc_large_response(struct message *message, uint32_t call_id, size_t size_bytes)
{
    (void)lrpc_response(message, call_id);
    message_poke_u32(message, FLAGS_OFFSET, LRPC_VIEW);
    message_u64(message, size_bytes);
}

void
lrpc_cancel(struct message *message, uint32_t call_id)
{
    message_clear(message);
    message_u64(message, TYPE_CANCEL);
    message_u32(message, 0);
    message_u32(message, call_id);
}

void
lrpc_fault(struct message *message, uint32_t status)
{
    message_clear(message);
    message_u64(message, TYPE_FAULT);
    message_u32(message, status);
    message_u64(message, 0);
}

/* MS-EERR: what a record says of itself; its text stands behind the last record. */
static void
put_record(struct message *message, size_t ndr, const struct error_record *record, bool is_last,
           uint64_t time_100ns)
{
    uint16_t count = record->text != NULL ? 1 : 0;

    message_align(message, ndr, 4);
    message_u32(message, count);
    message_align(message, ndr, 8);
    message_u32(message, is_last ? 0 : 0x20000 + (uint32_t)message->size_bytes);
    message_u16(message, NAME_ABSENT);
    message_u16(message, NAME_ABSENT);
    message_u32(message, record->pid);
    message_align(message, ndr, 8);
    message_u64(message, time_100ns);
    message_u32(message, record->component);
    message_u32(message, record->status);
    message_u16(message, record->location);
    message_u16(message, 0);
    message_u16(message, count);
    if (record->text != NULL) {
        message_align(message, ndr, 8);
        message_u16(message, PARAM_UNICODE);
        message_u16(message, PARAM_UNICODE);
        message_u16(message, (uint16_t)(strlen(record->text) + 1));
        message_align(message, ndr, 4);
        message_u32(message, 0x20000 + (uint32_t)message->size_bytes);
    }
}

void
lrpc_fault_extended(struct message *message, uint32_t status, const struct error_record *records,
                    size_t count, uint64_t time_100ns)
{
    size_t ndr;

    message_clear(message);
    message_u64(message, TYPE_FAULT);
    message_u32(message, status);
    message_u32(message, FLAG_EXTENDED_ERROR);
    message_u32(message, 0x00081001); /* MS-RPCE 2.2.6: version, byte order, header length */
    message_u32(message, 0xcccccccc);
    message_u64(message, 0);
    ndr = message->size_bytes;
    message_u32(message, 0x20000);
    for (size_t i = 0; i < count; i++) {
        put_record(message, ndr, &records[i], i + 1 == count, time_100ns);
    }
    for (size_t i = count; i-- > 0;) {
        if (records[i].text != NULL) {
            message_align(message, ndr, 4);
            message_u32(message, (uint32_t)strlen(records[i].text) + 1);
            message_utf16(message, records[i].text, true);
        }
    }
    message_align(message, ndr, 8);
    message_poke_u32(message, ndr - 8, (uint32_t)(message->size_bytes - ndr));
}
