/* SPDX-License-Identifier: MIT */
#pragma once

/* Where the wrapped services keep what a record holds: one row a service, in services.def's order.
 */

#include "os.h"

#include "wire/record.h"

/* Arguments count from 1, as manuals do; 0 is none. */
enum {
    A0,
    A1,
    A2,
    A3,
    A4,
    A5,
    A6,
    A7,
    A8,
    A9,
    A10,
    A11
};

enum {
    ATR_ON_ENTER = 1,
    ATR_ON_CONTENT = 2, /* exits that delivered something */
    ATR_ON_EXIT = 4,    /* any exit */
};

enum atr_fetch {
    ATR_FETCH_BYTES,   /* Extra bytes at the argument */
    ATR_FETCH_QUAD,    /* u64 at the argument */
    ATR_FETCH_STRING,  /* UNICODE_STRING at the argument */
    ATR_FETCH_NAME,    /* the ObjectName of OBJECT_ATTRIBUTES at the argument */
    ATR_FETCH_SID,     /* SID at the argument */
    ATR_FETCH_COUNTED, /* at the argument; argument Extra points at its u32 length */
    ATR_FETCH_ACCEPT,  /* the argument is the accept flag, argument Extra the port context */
    ATR_FETCH_COUNT
};

/* One more part of a record. */
typedef struct _ATR_SOURCE {
    UCHAR When;
    UCHAR Part; /* enum atr_record_part */
    UCHAR Fetch;
    UCHAR Argument;
    UCHAR Extra;
} ATR_SOURCE;

enum {
    ATR_SHAPE_LAYOUT_BY_FLAGS = 1, /* the flags argument tells the message's layout */
    ATR_SHAPE_REFUSAL_SPEAKS = 2,  /* CONNECTION_REFUSED has content too */
    ATR_SHAPE_CONNECTION = 4,      /* the message's data are connection data */
    ATR_SHAPE_DEFERRED = 8,        /* Deferred points at what is sent; nothing else is recorded */
};

typedef struct _ATR_SHAPE {
    UCHAR Handle;
    UCHAR Flags;
    UCHAR Send;
    UCHAR SendAttributes;
    UCHAR Receive;
    UCHAR ReceiveAttributes;
    UCHAR Capacity;  /* points at the u64 size of the receive buffer */
    UCHAR OutHandle; /* points at the handle of a port that the service made */
    UCHAR OutKind;   /* enum atr_port_kind of that port */
    UCHAR Name;      /* names that port, or the one it connects to */
    UCHAR NameFetch;
    UCHAR Deferred;
    UCHAR Traits;
    UCHAR SourceCount;
    const ATR_SOURCE *Sources;
} ATR_SHAPE;

extern const ATR_SHAPE AtrShapes[ATR_SERVICE_COUNT];
extern const USHORT AtrShapeOperations[ATR_SERVICE_COUNT];
