/* SPDX-License-Identifier: MIT */
#include "event/words.h"

const char *
atr_operation_text(uint16_t operation)
{
    static const char *const texts[] = {
        [ATR_OP_SEND_WAIT_RECEIVE] = "NtAlpcSendWaitReceivePort",
        [ATR_OP_CONNECT] = "NtAlpcConnectPort",
        [ATR_OP_ACCEPT] = "NtAlpcAcceptConnectPort",
        [ATR_OP_DISCONNECT] = "NtAlpcDisconnectPort",
        [ATR_OP_CREATE_PORT] = "NtAlpcCreatePort",
        [ATR_OP_DEFERRED_SEND] = "NtWaitForWorkViaWorkerFactory",
        [ATR_OP_LPC_CREATE_PORT] = "NtCreatePort",
        [ATR_OP_LPC_CREATE_WAITABLE_PORT] = "NtCreateWaitablePort",
        [ATR_OP_LPC_CONNECT] = "NtConnectPort",
        [ATR_OP_LPC_SECURE_CONNECT] = "NtSecureConnectPort",
        [ATR_OP_LPC_LISTEN] = "NtListenPort",
        [ATR_OP_LPC_ACCEPT_CONNECT] = "NtAcceptConnectPort",
        [ATR_OP_LPC_COMPLETE_CONNECT] = "NtCompleteConnectPort",
        [ATR_OP_LPC_REQUEST] = "NtRequestPort",
        [ATR_OP_LPC_REQUEST_WAIT_REPLY] = "NtRequestWaitReplyPort",
        [ATR_OP_LPC_REPLY] = "NtReplyPort",
        [ATR_OP_LPC_REPLY_WAIT_RECEIVE] = "NtReplyWaitReceivePort",
        [ATR_OP_LPC_REPLY_WAIT_RECEIVE_EX] = "NtReplyWaitReceivePortEx",
        [ATR_OP_LPC_REPLY_WAIT_REPLY] = "NtReplyWaitReplyPort",
    };

    return operation < ATR_COUNT(texts) && texts[operation] != NULL ? texts[operation]
                                                                    : "unknown service";
}

/* What 11 and 13 are, the sources disagree about. */
const char *
atr_message_type_text(uint16_t type)
{
    static const char *const texts[] = {
        "none",
        "request",
        "reply",
        "datagram",
        "lost_reply",
        "port_closed",
        "client_died",
        "exception",
        "debug_event",
        "error_event",
        "connection_request",
        "connection_reply",
        "canceled",
        "port_disconnected",
    };

    return (type & 0xff) < ATR_COUNT(texts) ? texts[type & 0xff] : NULL;
}

const char *
atr_role_text(enum atr_role role)
{
    static const char *const texts[] = {
        [ATR_ROLE_NONE] = "none",
        [ATR_ROLE_SENT] = "sent",
        [ATR_ROLE_RECEIVED] = "received",
        [ATR_ROLE_REQUEST_SENT] = "request_sent",
        [ATR_ROLE_REQUEST_RECEIVED] = "request_received",
        [ATR_ROLE_REPLY_SENT] = "reply_sent",
        [ATR_ROLE_REPLY_RECEIVED] = "reply_received",
        [ATR_ROLE_DATAGRAM_SENT] = "datagram_sent",
        [ATR_ROLE_DATAGRAM_RECEIVED] = "datagram_received",
        [ATR_ROLE_CONNECT_SENT] = "connect_sent",
        [ATR_ROLE_CONNECT_RECEIVED] = "connect_received",
        [ATR_ROLE_CONNECT_ANSWER_SENT] = "connect_answer_sent",
        [ATR_ROLE_CONNECT_ANSWER_RECEIVED] = "connect_answer_received",
        [ATR_ROLE_RELEASE] = "release",
        [ATR_ROLE_PORT_CLOSED] = "port_closed",
        [ATR_ROLE_CANCELED] = "canceled",
        [ATR_ROLE_OTHER] = "other",
    };

    return (unsigned)role < ATR_COUNT(texts) ? texts[role] : texts[0];
}

const char *
atr_drop_cause_text(uint16_t cause)
{
    static const char *const texts[] = {
        [ATR_DROP_RING_FULL] = "ring full",
        [ATR_DROP_ETW_EVENTS] = "ETW events lost",
        [ATR_DROP_ETW_BUFFERS] = "ETW buffers lost",
        [ATR_DROP_WRITER_QUEUE] = "writer queue full",
        [ATR_DROP_FILTERED] = "filtered",
        [ATR_DROP_TRUNCATED] = "truncated",
        [ATR_DROP_NO_STAGING] = "no staging buffer",
        [ATR_DROP_TOO_LARGE] = "too large",
        [ATR_DROP_NOT_CLOSED] = "not closed",
        [ATR_DROP_BAD_CONSUMER] = "bad consumer",
        [ATR_DROP_NO_MEMORY] = "out of memory",
    };

    return cause < ATR_COUNT(texts) && texts[cause] != NULL ? texts[cause] : "unknown cause";
}

void
atr_notice_write(struct atr_text *text, const struct atr_event *event)
{
    const struct atr_drops_record *drops = &event->as.drops;

    if (event->kind == ATR_RECORD_MARK) {
        atr_text_puts(text, "-- mark: ");
        atr_text_name(text, event->as.mark.text);
        atr_text_puts(text, " --\n");
        return;
    }
    for (uint32_t i = 0; i < drops->counter_count; i++) {
        uint16_t cause = drops->counters[i].cause;

        if (cause == ATR_DROP_NOT_CLOSED) {
            atr_text_puts(text, "-- the recording was not closed: what came last is missing --\n");
        } else if (drops->counters[i].count != 0 && cause != ATR_DROP_FILTERED &&
                   cause != ATR_DROP_TRUNCATED) {
            atr_text_printf(text, "-- lost %llu events (%s) --\n",
                            (unsigned long long)drops->counters[i].count,
                            atr_drop_cause_text(cause));
        }
    }
}
