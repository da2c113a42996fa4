/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/guid.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/str.h"
#include "event/attributes.h"
#include "event/call.h"
#include "event/facts.h"
#include "event/fields.h"
#include "event/ndr_view.h"
#include "wire/record.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * One record on its way through the stages: what the source stored, then what the session and the
 * decoders found in it.
 *
 * Lifetime: bytes and texts of the source are borrowed until the source's next event; everything
 * decoded lives in the event's arena, which is reset after the event.
 *
 *   capture            session            decode              session          output
 *   source fields  ->  role, call, peer -> fields, facts  ->  learns facts  -> reads all
 */

/* A length-prefixed part of an event record. */
struct atr_part {
    uint16_t type; /* enum atr_record_part */
    uint16_t flags;
    uint32_t original_bytes; /* before any cut */
    struct atr_bytes bytes;  /* captured */
};

enum {
    ATR_EVENT_PARTS_MAX = 16
};

/* Enter and exit of a wrapped service: the fixed fields of docs/format.md. */
struct atr_alpc_record {
    uint64_t call_id; /* joins enter and exit; unique per source */
    uint64_t callback_id;
    uint64_t duration_ns; /* exit */
    uint32_t pid;         /* ATR_UNKNOWN_U32: unknown; so tid, handle, client ids */
    uint32_t tid;
    uint32_t flags; /* the service's flags argument */
    uint32_t process_id;
    uint32_t port_id;
    uint32_t handle;
    uint32_t message_id;
    uint32_t client_pid; /* ClientId of the message */
    uint32_t client_tid;
    uint32_t attribute_mask; /* valid attributes */
    uint32_t stack_id;
    uint32_t status; /* exit: NTSTATUS */
    uint16_t cpu;
    uint16_t operation; /* enum atr_operation */
    uint16_t message_type;
    uint16_t data_length;
    uint16_t total_length;
    uint16_t data_info_offset;
};

struct atr_manifest_record {
    uint32_t os_build; /* 0: unknown */
    uint32_t os_major;
    uint32_t os_minor;
    uint16_t architecture;    /* IMAGE_FILE_MACHINE_*, 0 unknown */
    uint8_t pointer_bytes;    /* 4, 8, 0 unknown */
    uint8_t redaction;        /* 0 none; capture-file.md 3.7 */
    int32_t utc_bias_minutes; /* local = UTC - bias, as Windows counts; INT32_MIN unknown */
    uint32_t clock_source;    /* enum atr_clock_source */
    uint64_t clock_frequency_hz;
    uint64_t boot_time_100ns; /* since 1601; 0 unknown */
    struct atr_guid capture_uuid;
    struct atr_str schema;   /* "alpctrace/1" */
    struct atr_str os_name;  /* product text */
    struct atr_str tool;     /* who wrote it */
    struct atr_str settings; /* recorder settings as text */
};

enum atr_clock_source {
    ATR_CLOCK_UNKNOWN = 0,
    ATR_CLOCK_QPC = 1,
    ATR_CLOCK_SYSTEM_TIME = 2,
    ATR_CLOCK_TSC = 3,
    ATR_CLOCK_NONE = 4, /* the source has no times */
};

enum atr_process_flag {
    ATR_PROCESS_WOW64 = 1,
    ATR_PROCESS_PROTECTED = 2,
    ATR_PROCESS_EXIT_STATUS_KNOWN = 4,
};

struct atr_process_record {
    uint32_t process_id; /* capture-scoped, never reused */
    uint32_t pid;
    uint32_t parent_pid;
    uint32_t session; /* ATR_UNKNOWN_U32 unknown */
    uint64_t start_time_100ns;
    uint64_t start_key;
    uint32_t flags;
    uint32_t exit_status;
    uint8_t life;         /* enum atr_life */
    struct atr_str image; /* leaf or path, as the source gave it */
    struct atr_str command_line;
    struct atr_str sid;
};

struct atr_thread_record {
    uint32_t tid;
    uint32_t process_id;
    uint64_t start_address;
    uint32_t service_tag;
    uint8_t life;
    struct atr_str name;
};

struct atr_module_record {
    uint32_t module_id;
    uint32_t process_id; /* 0: kernel */
    uint64_t base;
    uint64_t size_bytes;
    uint32_t time_stamp;
    uint32_t checksum;
    struct atr_guid pdb_guid;
    uint32_t pdb_age;
    uint8_t life;
    struct atr_str pdb_name;
    struct atr_str path;
};

struct atr_port_record {
    uint32_t port_id;
    uint32_t name_string_id;
    uint32_t owner_process_id;
    uint32_t connection_port_id;
    uint32_t peer_port_id;
    uint64_t kernel_address; /* 0: not asked for */
    uint8_t kind;            /* enum atr_port_kind */
    uint8_t life;
};

struct atr_handle_record {
    uint32_t process_id;
    uint32_t handle;
    uint32_t port_id;
    uint8_t life;
};

struct atr_string_record {
    uint32_t string_id;
    struct atr_str text;
};

struct atr_frame {
    uint64_t address;
    uint32_t text_string_id; /* the text the source came with, or 0 */
    uint32_t module_id;      /* or 0 */
    uint32_t rva;
};

struct atr_stack_record {
    uint32_t stack_id;
    uint32_t process_id; /* 0: kernel frames only */
    uint32_t frame_count;
    const struct atr_frame *frames; /* top first */
};

struct atr_service_record {
    uint32_t pid;
    uint32_t tag;
    struct atr_str name;
};

struct atr_drop_counter {
    uint16_t cause; /* enum atr_drop_cause */
    uint16_t cpu;   /* ATR_UNKNOWN_U16: all */
    uint64_t count; /* since the last drops record */
};

struct atr_drops_record {
    uint32_t counter_count;
    const struct atr_drop_counter *counters;
};

struct atr_clock_record {
    uint64_t qpc;
    uint64_t time_100ns; /* FILETIME */
    uint64_t tsc;
};

struct atr_mark_record {
    struct atr_str text;
};

struct atr_interface_record {
    uint32_t port_id;
    struct atr_guid uuid;
    uint16_t version_major;
    uint16_t version_minor;
};

struct atr_etw_record {
    struct atr_guid provider; /* RPC events only */
    struct atr_guid activity;
    uint16_t event_id; /* or opcode */
    uint32_t pid;
    uint32_t tid;
    uint32_t message_id; /* or status */
    uint32_t stack_id;
    struct atr_bytes payload;
};

/* More bytes of a part that did not fit one packet (event/record_join.h). */
struct atr_continuation_record {
    uint64_t call_id;    /* 0: its record has none */
    uint64_t offset;     /* of the bytes in the part */
    uint32_t left_bytes; /* in later continuations of this part */
    uint16_t part_type;
    uint8_t kind; /* of the record continued */
    struct atr_bytes bytes;
};

/* What a message is in its exchange, from record fields alone (alpc.md 3 and 6). */
enum atr_role {
    ATR_ROLE_NONE, /* no message: a wait, a failed call, a state record */
    ATR_ROLE_SENT, /* a message, but no header was captured that tells which */
    ATR_ROLE_RECEIVED,
    ATR_ROLE_REQUEST_SENT,
    ATR_ROLE_REQUEST_RECEIVED,
    ATR_ROLE_REPLY_SENT,
    ATR_ROLE_REPLY_RECEIVED,
    ATR_ROLE_DATAGRAM_SENT,
    ATR_ROLE_DATAGRAM_RECEIVED,
    ATR_ROLE_CONNECT_SENT,
    ATR_ROLE_CONNECT_RECEIVED,
    ATR_ROLE_CONNECT_ANSWER_SENT,     /* accept or refuse */
    ATR_ROLE_CONNECT_ANSWER_RECEIVED, /* the connect returned */
    ATR_ROLE_RELEASE,     /* continuation: frees a view or handles, repeats an old payload */
    ATR_ROLE_PORT_CLOSED, /* also client died */
    ATR_ROLE_CANCELED,
    ATR_ROLE_OTHER, /* lost reply, debug, exception, hard error */
};

enum {
    ATR_EVENT_NOTES_MAX = 8
};

/* How a decoder found its bytes: "[lrpc truncated]". */
struct atr_note {
    const char *decoder; /* constant text */
    enum atr_status status;
};

/* One end of an exchange, names resolved. */
struct atr_party {
    bool known;
    struct atr_str image; /* leaf; absent: only the pid is known */
    uint32_t pid;
    uint32_t tid;
};

/* A frame of a call stack as far as it could be resolved. text is "module!symbol+0x1f" or absent.
 */
struct atr_frame_text {
    uint64_t address;
    struct atr_str text;
    bool uncertain;
};

/* What decoding found, beyond the fields. */
struct atr_meaning {
    const char *protocol; /* row name of the decoder table: "lrpc", "csr", ...; NULL unknown */
    enum atr_grade protocol_grade;
    struct atr_str method; /* "BaseSrvCreateProcess", "WluirDisplayStatus"; absent: unknown */
    enum atr_grade method_grade;
    struct atr_str interface;        /* "IRemUnknown"; absent: no name */
    struct atr_str stub;             /* client stub in the stack: "winlogon!WluiDisplayStatus" */
    struct atr_str status;           /* name of the status the message carries */
    const struct atr_ndr_view *ndr;  /* the RPC arguments, or NULL */
    const struct atr_value *result;  /* what a reply returns, for protocols told by rows */
    const struct atr_value *summary; /* first of the values a one-line form lists, or NULL */
};

/* How much of an event is wanted, once its role and call are known. */
enum atr_need {
    ATR_NEED_ALL,
    ATR_NEED_PARTIES, /* who talks through which port, not what is said */
    ATR_NEED_RECORD,  /* not even that */
};

struct atr_event {
    uint64_t number;      /* 1-based among the events and state records of the source */
    uint64_t time_ns;     /* since 1970 UTC; only orders when TIME_UNKNOWN is set */
    uint64_t lost_before; /* events lost just before this one */
    uint32_t flags;       /* enum atr_record_flag */
    uint32_t source_id;
    uint32_t sequence;
    uint8_t kind; /* enum atr_record_kind */

    union {
        struct atr_alpc_record alpc; /* ENTER, EXIT */
        struct atr_manifest_record manifest;
        struct atr_process_record process;
        struct atr_thread_record thread;
        struct atr_module_record module;
        struct atr_port_record port;
        struct atr_handle_record handle;
        struct atr_string_record string;
        struct atr_stack_record stack;
        struct atr_service_record service;
        struct atr_drops_record drops;
        struct atr_clock_record clock;
        struct atr_mark_record mark;
        struct atr_interface_record interface;
        struct atr_etw_record etw; /* ETW_ALPC, RPC, ETW */
        struct atr_continuation_record continuation;
    } as;

    uint32_t part_count;

    /* Filled by session and decode. */
    enum atr_role role;
    const struct atr_call *call; /* the exchange it belongs to, or NULL */
    struct atr_party client;
    struct atr_party server;
    struct atr_str port_name;            /* of the connection port; absent unknown */
    const struct atr_frame_text *frames; /* top first */
    uint32_t frame_count;
    enum atr_need need; /* what is not needed, facts, meaning, or names of parties, is not there */
    struct atr_fact *facts; /* list, newest last */
    struct atr_fact *facts_last;
    struct atr_meaning meaning;
    uint32_t note_count;
    struct atr_arena *arena;

    /* From here on a reset touches only what says how much there is. */
    struct atr_fields fields;
    struct atr_attributes attributes; /* parsed from that part; without one none is present */
    struct atr_part parts[ATR_EVENT_PARTS_MAX];
    struct atr_note notes[ATR_EVENT_NOTES_MAX];
};

/* Empties the event but for its arena, which is reset, and the wish for fields. */
void atr_event_reset(struct atr_event *event, struct atr_arena *arena, bool want_fields);

/* The part of that type, or NULL. */
const struct atr_part *atr_event_part_find(const struct atr_event *event,
                                           enum atr_record_part type);

/* Remembers how a decoder found its bytes; OK is not remembered. */
void atr_event_note(struct atr_event *event, const char *decoder, enum atr_status status);

/* A zeroed fact at the end of the event's list; NULL when the arena is full. */
struct atr_fact *atr_event_fact_add(struct atr_event *event, enum atr_fact_kind kind);

bool atr_event_is_state(const struct atr_event *event);
