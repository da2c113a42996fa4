/* SPDX-License-Identifier: MIT */
#include "shapes.h"

/* Prototypes: alpc.md 5, 9 and 12; the legacy services as in phnt's ntlpcapi.h. */

enum {
    PORT_ATTRIBUTES_BYTES = 0x48,
    PORT_VIEW_BYTES = 0x30,
};

const USHORT AtrShapeOperations[ATR_SERVICE_COUNT] = {
#define SERVICE(row, name, operation, arguments, old_arguments) operation,
#include "wire/services.def"
#undef SERVICE
};

/* clang-format off */
static const ATR_SOURCE AtrpSendWaitReceive[] = {
    {ATR_ON_ENTER,   ATR_PART_CAPACITY,        ATR_FETCH_QUAD,    A6,  0},
    {ATR_ON_EXIT,    ATR_PART_CAPACITY,        ATR_FETCH_QUAD,    A6,  0},
    {ATR_ON_ENTER,   ATR_PART_TIMEOUT,         ATR_FETCH_QUAD,    A8,  0},
};

static const ATR_SOURCE AtrpAlpcConnect[] = {
    {ATR_ON_ENTER,   ATR_PART_OBJECT_NAME,     ATR_FETCH_STRING,  A2,  0},
    {ATR_ON_ENTER,   ATR_PART_PORT_ATTRIBUTES, ATR_FETCH_BYTES,   A4,  PORT_ATTRIBUTES_BYTES},
    {ATR_ON_ENTER,   ATR_PART_SID,             ATR_FETCH_SID,     A6,  0},
    {ATR_ON_ENTER,   ATR_PART_CAPACITY,        ATR_FETCH_QUAD,    A8,  0},
    {ATR_ON_ENTER,   ATR_PART_TIMEOUT,         ATR_FETCH_QUAD,    A11, 0},
    {ATR_ON_EXIT,    ATR_PART_OUT_HANDLE,      ATR_FETCH_QUAD,    A1,  0},
    {ATR_ON_EXIT,    ATR_PART_CAPACITY,        ATR_FETCH_QUAD,    A8,  0},
};

static const ATR_SOURCE AtrpAlpcConnectEx[] = {
    {ATR_ON_ENTER,   ATR_PART_OBJECT_NAME,     ATR_FETCH_NAME,    A2,  0},
    {ATR_ON_ENTER,   ATR_PART_PORT_ATTRIBUTES, ATR_FETCH_BYTES,   A4,  PORT_ATTRIBUTES_BYTES},
    {ATR_ON_ENTER,   ATR_PART_CAPACITY,        ATR_FETCH_QUAD,    A8,  0},
    {ATR_ON_ENTER,   ATR_PART_TIMEOUT,         ATR_FETCH_QUAD,    A11, 0},
    {ATR_ON_EXIT,    ATR_PART_OUT_HANDLE,      ATR_FETCH_QUAD,    A1,  0},
    {ATR_ON_EXIT,    ATR_PART_CAPACITY,        ATR_FETCH_QUAD,    A8,  0},
};

static const ATR_SOURCE AtrpAlpcAccept[] = {
    {ATR_ON_ENTER,   ATR_PART_PORT_ATTRIBUTES, ATR_FETCH_BYTES,   A5,  PORT_ATTRIBUTES_BYTES},
    {ATR_ON_ENTER,   ATR_PART_ACCEPT,          ATR_FETCH_ACCEPT,  A9,  A6},
    {ATR_ON_EXIT,    ATR_PART_OUT_HANDLE,      ATR_FETCH_QUAD,    A1,  0},
};

static const ATR_SOURCE AtrpAlpcCreate[] = {
    {ATR_ON_ENTER,   ATR_PART_OBJECT_NAME,     ATR_FETCH_NAME,    A2,  0},
    {ATR_ON_ENTER,   ATR_PART_PORT_ATTRIBUTES, ATR_FETCH_BYTES,   A3,  PORT_ATTRIBUTES_BYTES},
    {ATR_ON_EXIT,    ATR_PART_OUT_HANDLE,      ATR_FETCH_QUAD,    A1,  0},
};

static const ATR_SOURCE AtrpLpcCreate[] = {
    {ATR_ON_ENTER,   ATR_PART_OBJECT_NAME,     ATR_FETCH_NAME,    A2,  0},
    {ATR_ON_EXIT,    ATR_PART_OUT_HANDLE,      ATR_FETCH_QUAD,    A1,  0},
};

static const ATR_SOURCE AtrpLpcConnect[] = {
    {ATR_ON_ENTER,   ATR_PART_OBJECT_NAME,     ATR_FETCH_STRING,  A2,  0},
    {ATR_ON_ENTER,   ATR_PART_LEGACY_VIEW,     ATR_FETCH_BYTES,   A4,  PORT_VIEW_BYTES},
    {ATR_ON_ENTER,   ATR_PART_CONNECTION,      ATR_FETCH_COUNTED, A7,  A8},
    {ATR_ON_CONTENT, ATR_PART_LEGACY_VIEW,     ATR_FETCH_BYTES,   A4,  PORT_VIEW_BYTES},
    {ATR_ON_CONTENT, ATR_PART_CONNECTION,      ATR_FETCH_COUNTED, A7,  A8},
    {ATR_ON_EXIT,    ATR_PART_OUT_HANDLE,      ATR_FETCH_QUAD,    A1,  0},
};

static const ATR_SOURCE AtrpLpcSecureConnect[] = {
    {ATR_ON_ENTER,   ATR_PART_OBJECT_NAME,     ATR_FETCH_STRING,  A2,  0},
    {ATR_ON_ENTER,   ATR_PART_LEGACY_VIEW,     ATR_FETCH_BYTES,   A4,  PORT_VIEW_BYTES},
    {ATR_ON_ENTER,   ATR_PART_SID,             ATR_FETCH_SID,     A5,  0},
    {ATR_ON_ENTER,   ATR_PART_CONNECTION,      ATR_FETCH_COUNTED, A8,  A9},
    {ATR_ON_CONTENT, ATR_PART_LEGACY_VIEW,     ATR_FETCH_BYTES,   A4,  PORT_VIEW_BYTES},
    {ATR_ON_CONTENT, ATR_PART_CONNECTION,      ATR_FETCH_COUNTED, A8,  A9},
    {ATR_ON_EXIT,    ATR_PART_OUT_HANDLE,      ATR_FETCH_QUAD,    A1,  0},
};

static const ATR_SOURCE AtrpLpcAccept[] = {
    {ATR_ON_ENTER,   ATR_PART_ACCEPT,          ATR_FETCH_ACCEPT,  A4,  A2},
    {ATR_ON_ENTER,   ATR_PART_LEGACY_VIEW,     ATR_FETCH_BYTES,   A5,  PORT_VIEW_BYTES},
    {ATR_ON_CONTENT, ATR_PART_LEGACY_VIEW,     ATR_FETCH_BYTES,   A5,  PORT_VIEW_BYTES},
    {ATR_ON_EXIT,    ATR_PART_OUT_HANDLE,      ATR_FETCH_QUAD,    A1,  0},
};

static const ATR_SOURCE AtrpReceiveEx[] = {
    {ATR_ON_ENTER,   ATR_PART_TIMEOUT,         ATR_FETCH_QUAD,    A5,  0},
};
/* clang-format on */

#define SOURCES(table) .Sources = (table), .SourceCount = sizeof(table) / sizeof((table)[0])

#define ALPC_CONNECT(sources, name_fetch)                                                       \
    {                                                                                           \
        .Flags = A5, .Send = A7, .SendAttributes = A9, .Receive = A7, .ReceiveAttributes = A10, \
        .Capacity = A8, .OutHandle = A1, .OutKind = ATR_PORT_CLIENT, .Name = A2,                \
        .NameFetch = (name_fetch), .Traits = ATR_SHAPE_REFUSAL_SPEAKS | ATR_SHAPE_CONNECTION,   \
        SOURCES(sources)                                                                        \
    }

#define LPC_CREATE                                                                                \
    {                                                                                             \
        .OutHandle = A1, .OutKind = ATR_PORT_CONNECTION, .Name = A2, .NameFetch = ATR_FETCH_NAME, \
        SOURCES(AtrpLpcCreate)                                                                    \
    }

#define LPC_CONNECT(sources)                                                                    \
    {                                                                                           \
        .OutHandle = A1, .OutKind = ATR_PORT_CLIENT, .Name = A2, .NameFetch = ATR_FETCH_STRING, \
        .Traits = ATR_SHAPE_REFUSAL_SPEAKS, SOURCES(sources)                                    \
    }

const ATR_SHAPE AtrShapes[ATR_SERVICE_COUNT] = {
    [ATR_SERVICE_ALPC_SEND_WAIT_RECEIVE] =
        {
            .Handle = A1,
            .Flags = A2,
            .Send = A3,
            .SendAttributes = A4,
            .Receive = A5,
            .Capacity = A6,
            .ReceiveAttributes = A7,
            .Traits = ATR_SHAPE_LAYOUT_BY_FLAGS,
            SOURCES(AtrpSendWaitReceive),
        },
    [ATR_SERVICE_WORKER_FACTORY_WAIT] = {.Deferred = A5,
                                         .Traits = ATR_SHAPE_LAYOUT_BY_FLAGS | ATR_SHAPE_DEFERRED},
    [ATR_SERVICE_ALPC_CONNECT] = ALPC_CONNECT(AtrpAlpcConnect, ATR_FETCH_STRING),
    [ATR_SERVICE_ALPC_CONNECT_EX] = ALPC_CONNECT(AtrpAlpcConnectEx, ATR_FETCH_NAME),
    [ATR_SERVICE_ALPC_ACCEPT_CONNECT] =
        {
            .Handle = A2,
            .Flags = A3,
            .Send = A7,
            .SendAttributes = A8,
            .OutHandle = A1,
            .OutKind = ATR_PORT_SERVER,
            .Traits = ATR_SHAPE_CONNECTION,
            SOURCES(AtrpAlpcAccept),
        },
    [ATR_SERVICE_ALPC_CREATE] =
        {
            .OutHandle = A1,
            .OutKind = ATR_PORT_CONNECTION,
            .Name = A2,
            .NameFetch = ATR_FETCH_NAME,
            SOURCES(AtrpAlpcCreate),
        },
    [ATR_SERVICE_ALPC_DISCONNECT] = {.Handle = A1, .Flags = A2},
    [ATR_SERVICE_LPC_CREATE] = LPC_CREATE,
    [ATR_SERVICE_LPC_CREATE_WAITABLE] = LPC_CREATE,
    [ATR_SERVICE_LPC_CONNECT] = LPC_CONNECT(AtrpLpcConnect),
    [ATR_SERVICE_LPC_SECURE_CONNECT] = LPC_CONNECT(AtrpLpcSecureConnect),
    [ATR_SERVICE_LPC_LISTEN] = {.Handle = A1, .Receive = A2},
    [ATR_SERVICE_LPC_ACCEPT_CONNECT] =
        {
            .Send = A3,
            .OutHandle = A1,
            .OutKind = ATR_PORT_SERVER,
            .Traits = ATR_SHAPE_CONNECTION,
            SOURCES(AtrpLpcAccept),
        },
    [ATR_SERVICE_LPC_COMPLETE_CONNECT] = {.Handle = A1},
    [ATR_SERVICE_LPC_REQUEST] = {.Handle = A1, .Send = A2},
    [ATR_SERVICE_LPC_REQUEST_WAIT_REPLY] = {.Handle = A1, .Send = A2, .Receive = A3},
    [ATR_SERVICE_LPC_REPLY] = {.Handle = A1, .Send = A2},
    [ATR_SERVICE_LPC_REPLY_WAIT_RECEIVE] = {.Handle = A1, .Send = A3, .Receive = A4},
    [ATR_SERVICE_LPC_REPLY_WAIT_RECEIVE_EX] = {.Handle = A1,
                                               .Send = A3,
                                               .Receive = A4,
                                               SOURCES(AtrpReceiveEx)},
    [ATR_SERVICE_LPC_REPLY_WAIT_REPLY] = {.Handle = A1, .Send = A2, .Receive = A2},
};
