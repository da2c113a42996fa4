/* SPDX-License-Identifier: MIT */
#include "probe.h"

struct content
probe_content(const struct probe *probe, uint32_t magic, enum probe_kind kind, uint32_t sequence)
{
    struct content content = {magic, probe->stamp, (uint32_t)kind, sequence};

    return content;
}

bool
probe_check_reply(struct probe *probe, enum probe_kind kind, uint32_t sequence,
                  const uint8_t *payload, uint32_t size)
{
    struct content expected = probe_content(probe, CONTENT_REPLY, kind, sequence);

    return size == content_size(0, sequence) && content_check(&expected, payload, size);
}

void
probe_answer(uint8_t *payload, uint32_t size)
{
    struct content content;

    if (content_read(payload, size, &content)) {
        content.magic = CONTENT_REPLY;
        content_fill(&content, payload, size);
    }
}

/* The part with the message's data; NULL: the record has none, or is not whole. */
static const uint8_t *
find_payload(const struct atr_capture_call *call, const uint8_t *record, uint32_t record_bytes,
             uint32_t *size)
{
    uint32_t at = call->head.fixed_bytes + 8u * ((uint32_t)call->kernel_frames + call->user_frames);

    for (uint32_t i = 0; i < call->part_count; i++) {
        const struct atr_capture_part *part = (const void *)(record + at);

        if (at + sizeof(*part) > record_bytes ||
            part->captured_bytes > record_bytes - at - sizeof(*part)) {
            return NULL;
        }
        at += sizeof(*part);
        if (part->type == ATR_PART_PAYLOAD) {
            *size = part->captured_bytes;
            return record + at;
        }
        at += (part->captured_bytes + 7) & ~7u;
    }
    return NULL;
}

static bool
is_operation(const struct atr_capture_call *call, enum probe_kind kind, bool by_client)
{
    if (kind == PROBE_ALPC) {
        return call->operation == ATR_OP_SEND_WAIT_RECEIVE;
    }
    return call->operation ==
           (by_client ? ATR_OP_LPC_REQUEST_WAIT_REPLY : ATR_OP_LPC_REPLY_WAIT_RECEIVE_EX);
}

/* Who, where and what fit together: which half is this? 0: none of ours. */
static uint8_t
half_of(const struct probe *probe, const struct atr_capture_call *call,
        const struct content *content)
{
    enum probe_kind kind = (enum probe_kind)content->thread;
    bool is_enter = call->head.kind == ATR_CAPTURE_ENTER;
    bool is_request = content->magic == CONTENT_REQUEST;
    bool by_client = is_request == is_enter;
    uint32_t tid = by_client ? probe->shared->client_tid[kind] : probe->shared->server_tid[kind];

    if (call->pid != probe->child_pid || call->tid != tid || !is_operation(call, kind, by_client) ||
        (!is_enter && call->status != 0)) {
        return 0;
    }
    if (!is_enter && is_request &&
        (call->client_pid != call->pid || call->client_tid != probe->shared->client_tid[kind])) {
        return 0;
    }
    if (is_request) {
        return is_enter ? PROBE_REQUEST_SENT : PROBE_REQUEST_RECEIVED;
    }
    return is_enter ? PROBE_REPLY_SENT : PROBE_REPLY_RECEIVED;
}

static void
mismatch(struct probe *probe, const struct atr_capture_call *call, const struct content *content,
         const char *what)
{
    if (probe->counts.mismatched++ < 10) {
        probe_say("lpcprobe: kind %u, round trip %u, %s, pid %u tid %u operation %u status %x: "
                  "%s\n",
                  content->thread, content->sequence,
                  call->head.kind == ATR_CAPTURE_ENTER ? "enter" : "exit", call->pid, call->tid,
                  call->operation, call->status, what);
    }
}

static void
take_message(struct probe *probe, const struct atr_capture_call *call, const uint8_t *payload,
             uint32_t size, const struct content *content)
{
    uint8_t half;

    if (content->thread >= PROBE_KINDS || content->sequence >= probe->trips ||
        size != content_size(0, content->sequence) || !content_check(content, payload, size)) {
        mismatch(probe, call, content, "other bytes");
        return;
    }
    half = half_of(probe, call, content);
    if (half == 0) {
        mismatch(probe, call, content, "said by the wrong one");
    } else if ((probe->halves[content->thread][content->sequence] & half) != 0) {
        mismatch(probe, call, content, "twice");
    } else {
        probe->halves[content->thread][content->sequence] |= half;
        probe->counts.recorded++;
    }
}

void
probe_take(struct probe *probe, const uint8_t *record, uint32_t record_bytes)
{
    struct atr_capture_call call;
    struct content content;
    const uint8_t *payload;
    uint32_t size = 0;

    if (record_bytes < sizeof(call)) {
        probe->counts.other++;
        return;
    }
    memcpy(&call, record, sizeof(call));
    if (call.head.kind != ATR_CAPTURE_ENTER && call.head.kind != ATR_CAPTURE_EXIT) {
        probe->counts.other++;
        return;
    }
    payload = find_payload(&call, record, record_bytes, &size);
    if (payload == NULL || !content_read(payload, size, &content) || content.pid != probe->stamp) {
        probe->counts.other++;
        return;
    }
    take_message(probe, &call, payload, size, &content);
}
