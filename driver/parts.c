/* SPDX-License-Identifier: MIT */
#include "parts.h"

enum {
    PART_BYTES = sizeof(struct atr_capture_part),
    OBJECT_NAME_OFFSET = 0x10, /* of OBJECT_ATTRIBUTES.ObjectName */
    STRING_BYTES = 16,         /* UNICODE_STRING: u16 length, u16 room, pointer at 8 */
    STRING_BUFFER_OFFSET = 8,
    PORT_ATTRIBUTES_WOW64_BYTES = 0x2c, /* its sizes are 4 bytes, nothing is reserved */
    SID_HEADER_BYTES = 8,
    SID_AUTHORITIES_MAX = 15,
    SID_AUTHORITY_BYTES = 4,
};

/* Open part: its struct stands in the staging buffer, its content grows behind it. */
typedef struct _ATR_PART {
    struct atr_capture_part *Head;
    PUCHAR Content;
    ULONG Room;
} ATR_PART, *PATR_PART;

static BOOLEAN
AtrpPartOpen(_Inout_ PATR_HALF Half, _Out_ PATR_PART Part, _In_ USHORT Type, _In_ ULONG Original)
{
    ULONG Room = PART_BYTES + (Original < ATR_RING_RECORD_MAX ? Original : ATR_RING_RECORD_MAX);
    PUCHAR Bytes = AtrRecordRoom(&Half->Record, &Room);

    if (Room < PART_BYTES) {
        return FALSE;
    }
    Part->Head = (PVOID)Bytes;
    Part->Content = Bytes + PART_BYTES;
    Part->Room = Room - PART_BYTES;
    *Part->Head = (struct atr_capture_part){.type = Type, .original_bytes = Original};
    return TRUE;
}

/* Appends what lies at Address; a fault ends the part and marks it. */
static BOOLEAN
AtrpPartRead(_Inout_ PATR_HALF Half, _Inout_ PATR_PART Part, _In_ ULONG64 Address, _In_ ULONG Bytes)
{
    ULONG Left = Part->Room - Part->Head->captured_bytes;
    ULONG Wanted = Bytes < Left ? Bytes : Left;
    ULONG Got =
        AtrOsCopy(Part->Content + Part->Head->captured_bytes, Address, Wanted, &Half->Caller);

    Part->Head->captured_bytes += Got;
    if (Got != Wanted) {
        Part->Head->flags |= ATR_CAPTURE_PART_FAULT;
    }
    return Got == Wanted;
}

static VOID
AtrpPartCopy(_Inout_ PATR_PART Part, _In_ const VOID *From, _In_ ULONG Bytes)
{
    ULONG Left = Part->Room - Part->Head->captured_bytes;
    ULONG Wanted = Bytes < Left ? Bytes : Left;

    memcpy(Part->Content + Part->Head->captured_bytes, From, Wanted);
    Part->Head->captured_bytes += Wanted;
}

static VOID
AtrpPartClose(_Inout_ PATR_HALF Half, _In_ const ATR_PART *Part)
{
    struct atr_capture_call *Call = AtrHalfCall(Half);

    if ((Part->Head->flags & ATR_CAPTURE_PART_FAULT) != 0) {
        Call->head.flags |= ATR_RECORD_PART_FAULT;
        Half->Record.Faults++;
    } else if (Part->Head->captured_bytes < Part->Head->original_bytes) {
        Call->head.flags |= ATR_RECORD_TRUNCATED;
        Half->Record.Truncated++;
    }
    AtrRecordAdd(&Half->Record, PART_BYTES + Part->Head->captured_bytes);
    Call->part_count++;
}

/* A whole part from one place: at most Captured of Original bytes. */
static VOID
AtrpPartAt(_Inout_ PATR_HALF Half, _In_ USHORT Type, _In_ ULONG64 Address, _In_ ULONG Original,
           _In_ ULONG Captured)
{
    ATR_PART Part;

    if (AtrpPartOpen(Half, &Part, Type, Original)) {
        AtrpPartRead(Half, &Part, Address, Captured);
        AtrpPartClose(Half, &Part);
    }
}

static enum atr_message_layout
AtrpLayout(_In_ const ATR_HALF *Half)
{
    if ((Half->Kind->Traits & ATR_SHAPE_LAYOUT_BY_FLAGS) != 0) {
        return atr_message_layout_of_flags(Half->Call->ServiceFlags);
    }
    return Half->Caller.IsWow64 ? ATR_MESSAGE_LAYOUT_UNKNOWN : ATR_MESSAGE_NATIVE;
}

static BOOLEAN
AtrpHeaderRead(_Inout_ PATR_HALF Half, _In_ ULONG Bytes)
{
    ULONG Wanted = Bytes - Half->HeaderBytes;
    ULONG Got = AtrOsCopy(Half->Header + Half->HeaderBytes, Half->Message + Half->HeaderBytes,
                          Wanted, &Half->Caller);

    Half->HeaderBytes = (UCHAR)(Half->HeaderBytes + Got);
    return Got == Wanted;
}

VOID
AtrPartsFetchHeader(_Inout_ PATR_HALF Half)
{
    enum atr_message_layout Layout = AtrpLayout(Half);

    if (Half->Message == 0) {
        return;
    }
    Half->HasMessage = AtrpHeaderRead(Half, atr_message_header_bytes(Layout)) &&
                       atr_message_decode(Half->Header, Half->HeaderBytes, Layout, &Half->Shape);
    if (Half->HasMessage && !Half->Shape.has_ids && Half->Shape.layout == ATR_MESSAGE_NATIVE) {
        Half->HasMessage =
            AtrpHeaderRead(Half, ATR_MESSAGE_HEADER_NATIVE) &&
            atr_message_decode(Half->Header, Half->HeaderBytes, ATR_MESSAGE_NATIVE, &Half->Shape);
    }
    Half->IsHeaderBad = !Half->HasMessage;
}

static VOID
AtrpAddHeader(_Inout_ PATR_HALF Half)
{
    struct atr_capture_call *Call = AtrHalfCall(Half);
    const struct atr_message_shape *Shape = &Half->Shape;

    if (Half->IsHeaderBad) {
        Call->head.flags |= ATR_RECORD_PART_FAULT | ATR_RECORD_NO_HEADER;
        Half->Record.Faults++;
    }
    if (!Half->HasMessage) {
        return;
    }
    Call->message_id = Shape->message_id;
    Call->message_type = Shape->type;
    Call->data_length = Shape->data_length;
    Call->total_length = Shape->total_length;
    Call->data_info_offset = Shape->data_info_offset;
    Call->callback_id = Shape->callback_id;
    Call->client_pid = Shape->pid;
    Call->client_tid = Shape->tid;
    if (Shape->layout == ATR_MESSAGE_WOW64) {
        Call->head.flags |= ATR_RECORD_WOW64;
    } else if (Shape->layout == ATR_MESSAGE_LAYOUT_UNKNOWN) {
        Call->head.flags |= ATR_RECORD_LAYOUT_UNKNOWN;
    }
}

/* The bytes that came with the header are not fetched again. */
static VOID
AtrpAddData(_Inout_ PATR_HALF Half)
{
    ULONG64 Room = Half->IsExit ? Half->Call->Capacity : UINT64_MAX;
    struct atr_message_extent Extent =
        atr_message_payload(&Half->Shape, Half->Session->Start.snap_message, Room);
    BOOLEAN IsConnection = (Half->Kind->Traits & ATR_SHAPE_CONNECTION) != 0;
    ULONG Known = Half->HeaderBytes > Extent.offset ? Half->HeaderBytes - Extent.offset : 0;
    ATR_PART Part;

    Known = Known < Extent.captured_bytes ? Known : Extent.captured_bytes;
    if (Extent.original_bytes == 0 ||
        !AtrpPartOpen(Half, &Part, IsConnection ? ATR_PART_CONNECTION : ATR_PART_PAYLOAD,
                      Extent.original_bytes)) {
        return;
    }
    AtrpPartCopy(&Part, Half->Header + Extent.offset, Known);
    AtrpPartRead(Half, &Part, Half->Message + Extent.offset + Known, Extent.captured_bytes - Known);
    AtrpPartClose(Half, &Part);
}

static VOID
AtrpAddAttached(_Inout_ PATR_HALF Half, _In_ const struct atr_message_attributes *Attributes)
{
    struct atr_message_extent View =
        atr_message_view_extent(&Attributes->view, Half->Session->Start.snap_view, ATR_USER_LIMIT);
    struct atr_message_extent Handles =
        atr_message_handles_extent(&Attributes->handles, ATR_USER_LIMIT);

    if (View.original_bytes != 0 && Half->Session->Start.snap_view != 0) {
        AtrpPartAt(Half, ATR_PART_VIEW, Attributes->view.base, View.original_bytes,
                   View.captured_bytes);
    }
    if (Handles.original_bytes != 0) {
        AtrpPartAt(Half, ATR_PART_HANDLES, Attributes->handles.handle, Handles.original_bytes,
                   Handles.captured_bytes);
    }
}

/* The buffer's own header says how long it is: that is fetched once, then only what follows it. */
static VOID
AtrpAddAttributes(_Inout_ PATR_HALF Half)
{
    struct atr_message_attributes Attributes;
    enum atr_message_layout Layout = Half->HasMessage ? Half->Shape.layout : AtrpLayout(Half);
    ULONG Bytes = 0;
    ATR_PART Part;

    if (!AtrpPartOpen(Half, &Part, ATR_PART_ATTRIBUTES, ATR_MESSAGE_ATTRIBUTES_MAX)) {
        return;
    }
    Part.Head->original_bytes = ATR_MESSAGE_ATTRIBUTES_HEADER;
    if (AtrpPartRead(Half, &Part, Half->Attributes, ATR_MESSAGE_ATTRIBUTES_HEADER)) {
        memcpy(&Bytes, Part.Content, sizeof(Bytes));
        Bytes = atr_message_attributes_bytes(Bytes, Layout);
        Part.Head->original_bytes = Bytes;
        AtrpPartRead(Half, &Part, Half->Attributes + ATR_MESSAGE_ATTRIBUTES_HEADER,
                     Bytes - ATR_MESSAGE_ATTRIBUTES_HEADER);
    }
    Bytes = Part.Head->captured_bytes;
    AtrpPartClose(Half, &Part);
    if (atr_message_attributes_decode(Part.Content, Bytes, Layout, &Attributes)) {
        AtrHalfCall(Half)->attribute_mask = Attributes.valid;
        AtrpAddAttached(Half, &Attributes);
    }
}

/* UNICODE_STRING at Address; FALSE: not readable or empty. */
static BOOLEAN
AtrpString(_In_ const ATR_HALF *Half, _In_ ULONG64 Address, _Out_ PULONG64 Text, _Out_ PULONG Bytes)
{
    UCHAR String[STRING_BYTES];
    USHORT Length;

    if (AtrOsCopy(String, Address, STRING_BYTES, &Half->Caller) != STRING_BYTES) {
        return FALSE;
    }
    memcpy(&Length, String, sizeof(Length));
    memcpy(Text, String + STRING_BUFFER_OFFSET, sizeof(*Text));
    *Bytes = Length;
    return Length != 0;
}

static BOOLEAN
AtrpNameText(_In_ const ATR_HALF *Half, _In_ ULONG Argument, _In_ ULONG Fetch, _Out_ PULONG64 Text,
             _Out_ PULONG Bytes)
{
    ULONG64 Address = AtrHalfArgument(Half, Argument);

    if (Address != 0 && Fetch == ATR_FETCH_NAME) {
        ULONG64 Attributes = Address + OBJECT_NAME_OFFSET;

        if (AtrOsCopy(&Address, Attributes, sizeof(Address), &Half->Caller) != sizeof(Address)) {
            return FALSE;
        }
    }
    return Address != 0 && AtrpString(Half, Address, Text, Bytes);
}

ULONG
AtrPartsName(_In_ const ATR_HALF *Half, _In_ ULONG Argument, _In_ ULONG Fetch,
             _Out_writes_bytes_(*Bytes) PVOID To, _Inout_ PULONG Bytes)
{
    ULONG64 Text;
    ULONG Original;

    if (!AtrpNameText(Half, Argument, Fetch, &Text, &Original)) {
        *Bytes = 0;
        return 0;
    }
    *Bytes = AtrOsCopy(To, Text, Original < *Bytes ? Original : *Bytes, &Half->Caller);
    return Original;
}

static VOID
AtrpFetchBytes(_Inout_ PATR_HALF Half, _In_ const ATR_SOURCE *Source, _In_ ULONG64 Address)
{
    ULONG Bytes = Source->Extra;

    if (Source->Part == ATR_PART_PORT_ATTRIBUTES && Half->Caller.IsWow64) {
        Bytes = PORT_ATTRIBUTES_WOW64_BYTES;
    }
    if (Address != 0) {
        AtrpPartAt(Half, Source->Part, Address, Bytes, Bytes);
    }
}

static VOID
AtrpFetchQuad(_Inout_ PATR_HALF Half, _In_ const ATR_SOURCE *Source, _In_ ULONG64 Address)
{
    if (Address != 0) {
        AtrpPartAt(Half, Source->Part, Address, sizeof(ULONG64), sizeof(ULONG64));
    }
}

static VOID
AtrpFetchName(_Inout_ PATR_HALF Half, _In_ const ATR_SOURCE *Source, _In_ ULONG64 Address)
{
    ULONG64 Text;
    ULONG Bytes;

    UNREFERENCED_PARAMETER(Address);
    if (AtrpNameText(Half, Source->Argument, Source->Fetch, &Text, &Bytes)) {
        AtrpPartAt(Half, Source->Part, Text, Bytes,
                   Bytes < ATR_CAPTURE_NAME_MAX ? Bytes : ATR_CAPTURE_NAME_MAX);
    }
}

static VOID
AtrpFetchSid(_Inout_ PATR_HALF Half, _In_ const ATR_SOURCE *Source, _In_ ULONG64 Address)
{
    ATR_PART Part;
    ULONG Bytes;

    if (Address == 0 ||
        !AtrpPartOpen(Half, &Part, Source->Part,
                      SID_HEADER_BYTES + SID_AUTHORITIES_MAX * SID_AUTHORITY_BYTES)) {
        return;
    }
    Part.Head->original_bytes = SID_HEADER_BYTES;
    if (AtrpPartRead(Half, &Part, Address, SID_HEADER_BYTES)) {
        Bytes = Part.Content[1] < SID_AUTHORITIES_MAX ? Part.Content[1] : SID_AUTHORITIES_MAX;
        Bytes *= SID_AUTHORITY_BYTES;
        Part.Head->original_bytes += Bytes;
        AtrpPartRead(Half, &Part, Address + SID_HEADER_BYTES, Bytes);
    }
    AtrpPartClose(Half, &Part);
}

static VOID
AtrpFetchCounted(_Inout_ PATR_HALF Half, _In_ const ATR_SOURCE *Source, _In_ ULONG64 Address)
{
    ULONG64 Length = AtrHalfArgument(Half, Source->Extra);
    ULONG Snap = Half->Session->Start.snap_message;
    ULONG Bytes = 0;

    if (Address != 0 && Length != 0 &&
        AtrOsCopy(&Bytes, Length, sizeof(Bytes), &Half->Caller) == sizeof(Bytes) && Bytes != 0) {
        Bytes = Bytes < ATR_MESSAGE_BYTES_MAX ? Bytes : ATR_MESSAGE_BYTES_MAX;
        AtrpPartAt(Half, Source->Part, Address, Bytes, Bytes < Snap ? Bytes : Snap);
    }
}

static VOID
AtrpFetchAccept(_Inout_ PATR_HALF Half, _In_ const ATR_SOURCE *Source, _In_ ULONG64 Flag)
{
    ULONG64 Content[2] = {(UCHAR)Flag != 0, AtrHalfArgument(Half, Source->Extra)};
    ATR_PART Part;

    if (AtrpPartOpen(Half, &Part, Source->Part, sizeof(Content))) {
        AtrpPartCopy(&Part, Content, sizeof(Content));
        AtrpPartClose(Half, &Part);
    }
}

typedef VOID ATR_FETCH(_Inout_ PATR_HALF Half, _In_ const ATR_SOURCE *Source, _In_ ULONG64 Address);

static ATR_FETCH *const AtrpFetches[ATR_FETCH_COUNT] = {
    [ATR_FETCH_BYTES] = AtrpFetchBytes,   [ATR_FETCH_QUAD] = AtrpFetchQuad,
    [ATR_FETCH_STRING] = AtrpFetchName,   [ATR_FETCH_NAME] = AtrpFetchName,
    [ATR_FETCH_SID] = AtrpFetchSid,       [ATR_FETCH_COUNTED] = AtrpFetchCounted,
    [ATR_FETCH_ACCEPT] = AtrpFetchAccept,
};

static VOID
AtrpAddSources(_Inout_ PATR_HALF Half)
{
    ULONG When =
        !Half->IsExit ? ATR_ON_ENTER : ATR_ON_EXIT | (Half->IsContent ? ATR_ON_CONTENT : 0u);

    for (ULONG i = 0; i < Half->Kind->SourceCount; i++) {
        const ATR_SOURCE *Source = &Half->Kind->Sources[i];

        if ((Source->When & When) != 0) {
            AtrpFetches[Source->Fetch](Half, Source, AtrHalfArgument(Half, Source->Argument));
        }
    }
}

VOID
AtrPartsAdd(_Inout_ PATR_HALF Half)
{
    AtrpAddHeader(Half);
    /* The enclosing call's record has it all. */
    if (Half->Call->IsSameAsOuter) {
        return;
    }
    if (Half->HasMessage) {
        AtrpAddData(Half);
    }
    if (Half->Attributes != 0) {
        AtrpAddAttributes(Half);
    }
    AtrpAddSources(Half);
}
