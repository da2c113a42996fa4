/* SPDX-License-Identifier: MIT */
#include "event/event.h"

#include <string.h>

void
atr_event_reset(struct atr_event *event, struct atr_arena *arena, bool want_fields)
{
    atr_arena_reset(arena);
    memset(event, 0, offsetof(struct atr_event, fields));
    event->arena = arena;
    event->attributes.allocated = 0;
    event->attributes.valid = 0;
    event->attributes.present = 0;
    event->attributes.size_bytes = 0;
    atr_fields_init(&event->fields, want_fields ? arena : NULL);
}

const struct atr_part *
atr_event_part_find(const struct atr_event *event, enum atr_record_part type)
{
    for (uint32_t i = 0; i < event->part_count; i++) {
        if (event->parts[i].type == type) {
            return &event->parts[i];
        }
    }
    return NULL;
}

void
atr_event_note(struct atr_event *event, const char *decoder, enum atr_status status)
{
    if (status != ATR_OK && event->note_count < ATR_EVENT_NOTES_MAX) {
        event->notes[event->note_count++] = (struct atr_note){decoder, status};
    }
}

struct atr_fact *
atr_event_fact_add(struct atr_event *event, enum atr_fact_kind kind)
{
    struct atr_fact *fact = atr_arena_alloc(event->arena, 1, sizeof(*fact));

    if (fact == NULL) {
        return NULL;
    }
    fact->kind = kind;
    if (event->facts_last == NULL) {
        event->facts = fact;
    } else {
        event->facts_last->next = fact;
    }
    event->facts_last = fact;
    return fact;
}

bool
atr_event_is_state(const struct atr_event *event)
{
    return event->kind < ATR_RECORD_ENTER;
}

const char *
atr_syntax_text(enum atr_syntax syntax)
{
    static const char *const texts[] = {"unknown", "ndr20", "ndr64", "test"};

    return (unsigned)syntax < ATR_COUNT(texts) ? texts[syntax] : texts[0];
}

const char *
atr_ndr_kind_text(enum atr_ndr_kind kind)
{
    static const char *const texts[] = {
        [ATR_NDR_WSTRING] = "wstring",
        [ATR_NDR_ASTRING] = "string",
        [ATR_NDR_COUNTED_STRING] = "counted_string",
        [ATR_NDR_BSTR] = "bstr",
        [ATR_NDR_PTR] = "ptr",
        [ATR_NDR_SID] = "sid",
        [ATR_NDR_CONTEXT_HANDLE] = "context_handle",
        [ATR_NDR_GUID] = "guid",
        [ATR_NDR_TIME] = "time",
        [ATR_NDR_OBJREF] = "objref",
        [ATR_NDR_SYSTEM_HANDLE] = "system_handle",
        [ATR_NDR_U8] = "u8",
        [ATR_NDR_U16] = "u16",
        [ATR_NDR_U32] = "u32",
        [ATR_NDR_U64] = "u64",
        [ATR_NDR_BYTES] = "bytes",
        [ATR_NDR_RETURN] = "return",
    };

    return (unsigned)kind < ATR_COUNT(texts) ? texts[kind] : "unknown";
}

const char *
atr_pairing_text(enum atr_pairing pairing)
{
    static const char *const texts[] = {"none",   "order",      "rpc_call_id",
                                        "thread", "message_id", "system_call"};

    return (unsigned)pairing < ATR_COUNT(texts) ? texts[pairing] : texts[0];
}
