/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/cursor.h"
#include "base/status.h"
#include "event/event.h"
#include "event/facts.h"
#include "event/ndr_view.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A message format is a file with one function of this type and a row in table.c.
 *
 * cur holds the captured bytes of the message (behind PORT_MESSAGE, for payloads). The function
 * writes rows of fields.def to event->fields, appends facts, fills event->meaning, and keeps what
 * it got when the bytes end or lie. It returns how the bytes were: OK, TRUNCATED, MALFORMED (the
 * sender broke the format), UNSUPPORTED (unknown to us). It allocates from event->arena, frees
 * nothing, and never fails the program: an exhausted arena gives LIMIT.
 */
struct atr_decode_context;
struct atr_ndr_param; /* decode/ndr.h */

typedef enum atr_status atr_decode_fn(struct atr_cursor *cur,
                                      const struct atr_decode_context *context,
                                      struct atr_event *event);

enum atr_direction {
    ATR_DIRECTION_UNKNOWN,
    ATR_DIRECTION_REQUEST, /* towards the server */
    ATR_DIRECTION_ANSWER,  /* towards the client */
};

/* What is known around the bytes. Zero means unknown everywhere. */
struct atr_decode_context {
    unsigned pointer_bytes; /* 4 or 8: layouts of the caller; 0: find out */
    uint32_t os_build;      /* 17763, ... */
    struct atr_str port_name;
    enum atr_direction direction;
    bool is_received;        /* the kernel filled the buffer (attributes) */
    uint64_t original_bytes; /* of the message before any cut; 0: not cut */

    /* Content of the VIEW attribute. view.data == NULL: not captured. */
    struct atr_bytes view;
    uint64_t view_size; /* as the attribute says; 0 unknown */

    /* RPC: what the session knows of the binding this message travels on. */
    bool has_interface;
    struct atr_rpc_interface interface;
    enum atr_grade interface_grade;
    enum atr_syntax syntax;
    enum atr_grade syntax_grade;

    /* The request an answer belongs to: its header values, and its bytes when they are at hand. */
    bool has_request;
    struct atr_rpc_fact request;
    struct atr_bytes request_bytes;

    /* Types of the parameters, given by hand; NULL: found by guessing. */
    const struct atr_ndr_param *params;
    uint32_t param_count;
};

struct atr_decoder {
    const char *kind;    /* as `decode --kind` takes it: "lrpc", "csr64", "objref" */
    const char *summary; /* one line for help */
    unsigned pointer_bytes;
    atr_decode_fn *decode;
};

/* All decoders, sorted by kind. */
const struct atr_decoder *atr_decoders(size_t *count);
const struct atr_decoder *atr_decoder_find(struct atr_str kind);

/* One file a format. */
atr_decode_fn atr_port_message_decode; /* port_message.c */
atr_decode_fn atr_attributes_decode;   /* attributes.c */
atr_decode_fn atr_handle_array_decode;
atr_decode_fn atr_handle_information_decode;
atr_decode_fn atr_port_attributes_decode; /* port_attributes.c */
atr_decode_fn atr_completion_list_decode; /* completion_list.c */
atr_decode_fn atr_lrpc_decode;            /* lrpc.c */
atr_decode_fn atr_tower_decode;           /* tower.c */
atr_decode_fn atr_objref_decode;          /* objref.c */
atr_decode_fn atr_dual_string_array_decode;
atr_decode_fn atr_csr_decode;         /* csr.c */
atr_decode_fn atr_csr_connect_decode; /* what a connection request and its answer carry */
atr_decode_fn atr_sm_decode;          /* sm.c */
atr_decode_fn atr_sb_decode;
atr_decode_fn atr_sb_connect_decode;
atr_decode_fn atr_lsa_decode; /* lsa.c */
atr_decode_fn atr_lsa_connect_decode;
atr_decode_fn atr_wer_decode;            /* wer.c */
atr_decode_fn atr_hard_error_decode;     /* hard_error.c */
atr_decode_fn atr_core_messaging_decode; /* core_messaging.c */
atr_decode_fn atr_conio_decode;          /* conio.c */
atr_decode_fn atr_audio_control_decode;  /* audio.c */

/* The error and problem rows with one spelling: "truncated", "unknown_type", ... */
enum atr_status atr_decode_error(struct atr_event *event, enum atr_status status,
                                 const char *error);
void atr_decode_problem(struct atr_event *event, const char *problem);
