/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * The numbers of the record layout (docs/format.md), shared by the driver, the recorder and every
 * reader. Freestanding. Numbers are never reused and fields are only ever appended: a reader takes
 * a missing field as unknown and skips what it does not know by the lengths.
 */

enum {
    ATR_RECORD_VERSION = 1,
    ATR_RECORD_HEADER_BYTES = 16,
    ATR_RECORD_PART_HEADER_BYTES = 12,
    ATR_RECORD_EVENT_MIN = 0x10, /* kinds below are state */
};

enum atr_record_kind {
    ATR_RECORD_MANIFEST = 0x01,
    ATR_RECORD_PROCESS = 0x02,
    ATR_RECORD_THREAD = 0x03,
    ATR_RECORD_MODULE = 0x04,
    ATR_RECORD_PORT = 0x05,
    ATR_RECORD_HANDLE = 0x06,
    ATR_RECORD_STRING = 0x07,
    ATR_RECORD_STACK = 0x08,
    ATR_RECORD_SERVICE = 0x09,
    ATR_RECORD_DROPS = 0x0a,
    ATR_RECORD_CLOCK = 0x0b,
    ATR_RECORD_MARK = 0x0c,
    ATR_RECORD_INTERFACE = 0x0d,
    ATR_RECORD_ENTER = 0x10,
    ATR_RECORD_EXIT = 0x11,
    ATR_RECORD_ETW_ALPC = 0x12,
    ATR_RECORD_RPC = 0x13,
    ATR_RECORD_ETW = 0x14,
    ATR_RECORD_CONTINUATION = 0x15,
};

enum atr_record_flag {
    ATR_RECORD_TRUNCATED = 1,
    ATR_RECORD_REDACTED = 2,
    ATR_RECORD_DERIVED = 4,
    ATR_RECORD_WOW64 = 8,
    ATR_RECORD_FROM_ETW = 16,
    ATR_RECORD_FROM_DRIVER = 32,
    ATR_RECORD_FROM_HOOK = 64,
    ATR_RECORD_FROM_DTRACE = 128,
    ATR_RECORD_SNAPSHOT = 256,      /* state that existed before recording */
    ATR_RECORD_FROM_LOG = 512,      /* a debugger's or tracer's text log */
    ATR_RECORD_NO_HEADER = 1024,    /* no PORT_MESSAGE captured: its fields are 0 */
    ATR_RECORD_TIME_UNKNOWN = 2048, /* the time stamp only orders */
    ATR_RECORD_KERNEL_CALLER = 4096,
    ATR_RECORD_PART_FAULT = 8192, /* a part could not be read */
    ATR_RECORD_NESTED = 16384,    /* a wrapped call inside another one */
    ATR_RECORD_DEFERRED = 32768,  /* status unknown */
    ATR_RECORD_PORT_UNRESOLVED = 65536,
    ATR_RECORD_ENTER_LOST = 131072, /* an exit whose enter was dropped */
    ATR_RECORD_LAYOUT_UNKNOWN = 262144,
};

enum atr_record_part {
    ATR_PART_PAYLOAD = 1,    /* message data without PORT_MESSAGE */
    ATR_PART_ATTRIBUTES = 2, /* attribute buffer with its 8-byte header */
    ATR_PART_VIEW = 3,       /* content of the section view */
    ATR_PART_HANDLES = 4,    /* indirect handle array */
    ATR_PART_CONNECTION = 5, /* connection data */
    ATR_PART_OBJECT_NAME = 6,
    ATR_PART_PORT_ATTRIBUTES = 7,
    ATR_PART_SID = 8,
    ATR_PART_OUT_HANDLE = 9,
    ATR_PART_ACCEPT = 10, /* accept flag and port context */
    ATR_PART_CAPACITY = 11,
    ATR_PART_TIMEOUT = 12,
    ATR_PART_LEGACY_VIEW = 13,
};

/* Flags of a part. */
enum atr_record_part_flag {
    ATR_PART_CONTINUED = 1, /* more of its bytes follow in continuation records */
};

/* Which system service. 16 and up: the legacy LPC services, in this order for ever. */
enum atr_operation {
    ATR_OP_UNKNOWN = 0,
    ATR_OP_SEND_WAIT_RECEIVE = 1,
    ATR_OP_CONNECT = 2,
    ATR_OP_ACCEPT = 3,
    ATR_OP_DISCONNECT = 4,
    ATR_OP_CREATE_PORT = 5,
    ATR_OP_DEFERRED_SEND = 6,
    ATR_OP_LPC_CREATE_PORT = 16,
    ATR_OP_LPC_CREATE_WAITABLE_PORT = 17,
    ATR_OP_LPC_CONNECT = 18,
    ATR_OP_LPC_SECURE_CONNECT = 19,
    ATR_OP_LPC_LISTEN = 20,
    ATR_OP_LPC_ACCEPT_CONNECT = 21,
    ATR_OP_LPC_COMPLETE_CONNECT = 22,
    ATR_OP_LPC_REQUEST = 23,
    ATR_OP_LPC_REQUEST_WAIT_REPLY = 24,
    ATR_OP_LPC_REPLY = 25,
    ATR_OP_LPC_REPLY_WAIT_RECEIVE = 26,
    ATR_OP_LPC_REPLY_WAIT_RECEIVE_EX = 27,
    ATR_OP_LPC_REPLY_WAIT_REPLY = 28,
};

enum atr_port_kind {
    ATR_PORT_UNKNOWN = 0,
    ATR_PORT_CONNECTION = 1,
    ATR_PORT_SERVER = 2,
    ATR_PORT_CLIENT = 3,
};

/* Why records are missing: drops record. */
enum atr_drop_cause {
    ATR_DROP_RING_FULL = 1,
    ATR_DROP_ETW_EVENTS = 2,
    ATR_DROP_ETW_BUFFERS = 3,
    ATR_DROP_WRITER_QUEUE = 4,
    ATR_DROP_FILTERED = 5,  /* left out on request: no loss */
    ATR_DROP_TRUNCATED = 6, /* kept, but cut: no loss */
    ATR_DROP_NO_STAGING = 7,
    ATR_DROP_TOO_LARGE = 8,
    ATR_DROP_NOT_CLOSED = 9,    /* the recorder died: how much is unknown */
    ATR_DROP_BAD_CONSUMER = 10, /* the recorder broke the ring's rules */
    ATR_DROP_NO_MEMORY = 11,
};

/* What a state record says happened to its subject. */
enum atr_life {
    ATR_LIFE_SEEN = 0, /* exists; since when is unknown */
    ATR_LIFE_BEGIN = 1,
    ATR_LIFE_END = 2,
};

/* An unknown number: ids are 0 instead. */
#define ATR_UNKNOWN_U16 UINT16_MAX
#define ATR_UNKNOWN_U32 UINT32_MAX
#define ATR_UNKNOWN_U64 UINT64_MAX

/* Flags argument of NtAlpcSendWaitReceivePort (alpc.md 6). */
enum atr_alpc_send_flag {
    ATR_ALPC_RELEASE_MESSAGE = 0x00010000,
    ATR_ALPC_SYNC_REQUEST = 0x00020000,
};
