/* SPDX-License-Identifier: MIT */
#include "decode/lrpc_detect.h"

#include "base/cursor.h"

enum {
    HEADER_BYTES = 8,
    REQUEST_BYTES = 0x40,
    BIND_BYTES = 0x48,
    FAULT_BYTES = 0x0c,
    RESPONSE_BYTES = 0x18,
    TYPE_MAX = 13,
    AT_FLAGS = 0x08,
    AT_CALL_ID = 0x0c,
    AT_OPNUM = 0x14,
    AT_RESERVED = 0x18,
    AT_BIND_UUID = 0x0c,
    AT_BIND_SYNTAXES = 0x20,
    REQUEST_FLAGS = 0x1cf,
    RESPONSE_FLAGS = 0x004,
    OPNUM_LIMIT = 0x400,
    SYNTAXES_MAX = 7,
    ALPC_TYPE_MASK = 0xff,
    ALPC_DATAGRAM = 3,
};

enum lrpc_type {
    LRPC_REQUEST,
    LRPC_BIND,
    LRPC_FAULT,
    LRPC_RESPONSE,
};

static uint64_t
original_bytes(const struct atr_lrpc_probe *probe)
{
    size_t captured = probe->bytes.size_bytes;

    return probe->original_bytes > captured ? probe->original_bytes : captured;
}

/* False when it was not captured. */
static bool
u32_at(const struct atr_lrpc_probe *probe, size_t at, uint32_t *out)
{
    struct atr_cursor cur = atr_cursor_make(probe->bytes.data, probe->bytes.size_bytes);

    atr_cursor_seek(&cur, at);
    *out = atr_cursor_u32(&cur);
    return atr_cursor_ok(&cur);
}

/* A type in a send buffer is stale. */
static bool
is_datagram(const struct atr_lrpc_probe *probe)
{
    return probe->has_header && probe->is_received &&
           (probe->message_type & ALPC_TYPE_MASK) == ALPC_DATAGRAM;
}

static enum atr_lrpc_verdict
judge_request(const struct atr_lrpc_probe *probe)
{
    uint32_t flags;
    uint32_t call_id;
    uint32_t opnum;
    uint32_t reserved[2];
    bool all_there = u32_at(probe, AT_FLAGS, &flags);

    all_there = u32_at(probe, AT_CALL_ID, &call_id) && all_there;
    if (original_bytes(probe) < REQUEST_BYTES || is_datagram(probe) ||
        (flags & ~(uint32_t)REQUEST_FLAGS) != 0 || (all_there && call_id == 0)) {
        return ATR_LRPC_NO;
    }
    all_there = u32_at(probe, AT_OPNUM, &opnum) && all_there;
    all_there = u32_at(probe, AT_RESERVED, &reserved[0]) && all_there;
    all_there = u32_at(probe, AT_RESERVED + 4, &reserved[1]) && all_there;
    if (opnum >= OPNUM_LIMIT || reserved[0] != 0 || reserved[1] != 0) {
        return ATR_LRPC_NO;
    }
    return all_there ? ATR_LRPC_YES : ATR_LRPC_UNDECIDED;
}

static enum atr_lrpc_verdict
judge_bind(const struct atr_lrpc_probe *probe)
{
    struct atr_cursor cur = atr_cursor_make(probe->bytes.data, probe->bytes.size_bytes);
    struct atr_guid uuid;
    uint32_t syntaxes;

    if (original_bytes(probe) != BIND_BYTES) {
        return ATR_LRPC_NO;
    }
    atr_cursor_seek(&cur, AT_BIND_UUID);
    uuid = atr_cursor_guid(&cur);
    atr_cursor_seek(&cur, AT_BIND_SYNTAXES);
    syntaxes = atr_cursor_u32(&cur);
    if (!atr_cursor_ok(&cur)) {
        return ATR_LRPC_UNDECIDED;
    }
    return syntaxes >= 1 && syntaxes <= SYNTAXES_MAX && !atr_guid_is_null(&uuid) ? ATR_LRPC_YES
                                                                                 : ATR_LRPC_NO;
}

/* The request a response belongs to went the other way on this handle. */
static bool
is_awaited(const struct atr_lrpc_probe *probe, uint32_t call_id)
{
    const struct atr_lrpc_evidence *evidence = probe->evidence;

    for (unsigned i = 0; evidence != NULL && i < ATR_LRPC_OUTSTANDING_MAX; i++) {
        bool was_received = (evidence->received >> i & 1) != 0;

        if (call_id != 0 && evidence->call_ids[i] == call_id &&
            was_received != probe->is_received) {
            return true;
        }
    }
    return false;
}

/* Weak by itself. */
static enum atr_lrpc_verdict
judge_response(const struct atr_lrpc_probe *probe)
{
    uint32_t flags;
    uint32_t call_id;

    (void)u32_at(probe, AT_FLAGS, &flags);
    if (original_bytes(probe) < RESPONSE_BYTES || is_datagram(probe) ||
        (flags & ~(uint32_t)RESPONSE_FLAGS) != 0) {
        return ATR_LRPC_NO;
    }
    return u32_at(probe, AT_CALL_ID, &call_id) && is_awaited(probe, call_id) ? ATR_LRPC_YES
                                                                             : ATR_LRPC_UNDECIDED;
}

static enum atr_lrpc_verdict
judge(const struct atr_lrpc_probe *probe)
{
    uint32_t type;

    if (original_bytes(probe) < HEADER_BYTES) {
        return ATR_LRPC_NO;
    }
    if (!u32_at(probe, 0, &type)) {
        return ATR_LRPC_UNDECIDED;
    }
    switch (type) {
    case LRPC_REQUEST:
        return judge_request(probe);
    case LRPC_BIND:
        return judge_bind(probe);
    case LRPC_FAULT:
        return original_bytes(probe) < FAULT_BYTES || is_datagram(probe) ? ATR_LRPC_NO
                                                                         : ATR_LRPC_UNDECIDED;
    case LRPC_RESPONSE:
        return judge_response(probe);
    default:
        return type > TYPE_MAX || is_datagram(probe) ? ATR_LRPC_NO : ATR_LRPC_UNDECIDED;
    }
}

enum atr_lrpc_verdict
atr_lrpc_detect(const struct atr_lrpc_probe *probe)
{
    enum atr_lrpc_verdict verdict;

    if (probe->port == ATR_LRPC_PORT_RPC) {
        return ATR_LRPC_YES;
    }
    verdict = judge(probe);
    if (verdict == ATR_LRPC_UNDECIDED &&
        (probe->request_seen || (probe->evidence != NULL && probe->evidence->confirmed))) {
        verdict = ATR_LRPC_YES;
    }
    return verdict;
}

void
atr_lrpc_evidence_update(struct atr_lrpc_evidence *evidence, const struct atr_lrpc_probe *probe,
                         enum atr_lrpc_verdict verdict)
{
    uint32_t type;
    uint32_t call_id;
    unsigned at = evidence->next;

    if (verdict == ATR_LRPC_YES) {
        evidence->confirmed = true;
    }
    if (verdict != ATR_LRPC_UNDECIDED || !u32_at(probe, 0, &type) || type != LRPC_REQUEST ||
        !u32_at(probe, AT_CALL_ID, &call_id)) {
        return;
    }
    evidence->call_ids[at] = call_id;
    evidence->received =
        (uint8_t)((evidence->received & ~(1U << at)) | (probe->is_received ? 1U << at : 0U));
    evidence->next = (uint8_t)((at + 1) % ATR_LRPC_OUTSTANDING_MAX);
}
