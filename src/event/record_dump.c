/* SPDX-License-Identifier: MIT */
#include "event/record_dump.h"

#include "event/record_layout.h"

#include <inttypes.h>
#include <string.h>

static const char *const kind_names[] = {
    [ATR_RECORD_MANIFEST] = "manifest",
    [ATR_RECORD_PROCESS] = "process",
    [ATR_RECORD_THREAD] = "thread",
    [ATR_RECORD_MODULE] = "module",
    [ATR_RECORD_PORT] = "port",
    [ATR_RECORD_HANDLE] = "handle",
    [ATR_RECORD_STRING] = "string",
    [ATR_RECORD_STACK] = "stack",
    [ATR_RECORD_SERVICE] = "service",
    [ATR_RECORD_DROPS] = "drops",
    [ATR_RECORD_CLOCK] = "clock",
    [ATR_RECORD_MARK] = "mark",
    [ATR_RECORD_INTERFACE] = "interface",
    [ATR_RECORD_ENTER] = "enter",
    [ATR_RECORD_EXIT] = "exit",
    [ATR_RECORD_ETW_ALPC] = "etw_alpc",
    [ATR_RECORD_RPC] = "etw_rpc",
    [ATR_RECORD_ETW] = "etw_other",
    [ATR_RECORD_CONTINUATION] = "continuation",
};

bool
atr_record_dump_is_known(const struct atr_event *event)
{
    return event->kind < ATR_COUNT(kind_names) && kind_names[event->kind] != NULL &&
           atr_layout_find(event->kind) != NULL;
}

void
atr_record_dump_header(struct atr_text *text, const struct atr_event *event)
{
    atr_text_printf(text, "\"kind\":%u,\"name\":\"%s\",\"flags\":%" PRIu32, (unsigned)event->kind,
                    kind_names[event->kind], event->flags);
    atr_text_printf(text, ",\"source_id\":%" PRIu32 ",\"sequence\":%" PRIu32, event->source_id,
                    event->sequence);
}

static void
dump_frames(struct atr_text *text, const struct atr_stack_record *stack)
{
    atr_text_printf(text, "\"frame_count\":%" PRIu32 ",\"frames\":[", stack->frame_count);
    for (uint32_t i = 0; i < stack->frame_count; i++) {
        const struct atr_frame *frame = &stack->frames[i];

        atr_text_printf(text,
                        "%s{\"address\":%" PRIu64 ",\"string_id\":%" PRIu32
                        ",\"module_id\":%" PRIu32 ",\"rva\":%" PRIu32 "}",
                        i == 0 ? "" : ",", frame->address, frame->text_string_id, frame->module_id,
                        frame->rva);
    }
    atr_text_putc(text, ']');
}

static void
dump_counters(struct atr_text *text, const struct atr_drops_record *drops)
{
    atr_text_printf(text, "\"count\":%" PRIu32 ",\"counters\":[", drops->counter_count);
    for (uint32_t i = 0; i < drops->counter_count; i++) {
        const struct atr_drop_counter *counter = &drops->counters[i];

        atr_text_printf(text, "%s{\"cause\":%u,\"cpu\":%u,\"count\":%" PRIu64 "}",
                        i == 0 ? "" : ",", (unsigned)counter->cause, (unsigned)counter->cpu,
                        counter->count);
    }
    atr_text_putc(text, ']');
}

static void
dump_number(struct atr_text *text, const struct atr_layout_field *field, const uint8_t *at)
{
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    int32_t i32;

    if (field->missing == ATR_LAYOUT_MIN) {
        memcpy(&i32, at, sizeof(i32));
        atr_text_i64(text, i32);
    } else if (field->type == ATR_LAYOUT_U8) {
        atr_text_u64(text, *at);
    } else if (field->type == ATR_LAYOUT_U16) {
        memcpy(&u16, at, sizeof(u16));
        atr_text_u64(text, u16);
    } else if (field->type == ATR_LAYOUT_U32) {
        memcpy(&u32, at, sizeof(u32));
        atr_text_u64(text, u32);
    } else {
        memcpy(&u64, at, sizeof(u64));
        atr_text_u64(text, u64);
    }
}

static void
dump_field(struct atr_text *text, const struct atr_event *event,
           const struct atr_layout_field *field)
{
    const uint8_t *at = (const uint8_t *)event + field->offset;
    struct atr_str value;
    struct atr_guid guid;

    if (field->type == ATR_LAYOUT_FRAMES) {
        dump_frames(text, &event->as.stack);
        return;
    }
    if (field->type == ATR_LAYOUT_COUNTERS) {
        dump_counters(text, &event->as.drops);
        return;
    }
    atr_text_printf(text, "\"%s\":", field->name);
    switch (field->type) {
    case ATR_LAYOUT_STR:
        memcpy(&value, at, sizeof(value));
        atr_text_json(text, value);
        break;
    case ATR_LAYOUT_GUID:
        memcpy(&guid, at, sizeof(guid));
        atr_text_putc(text, '"');
        atr_text_guid(text, &guid);
        atr_text_putc(text, '"');
        break;
    default:
        dump_number(text, field, at);
        break;
    }
}

/* The CRC of zlib, which every scripting language has at hand. */
static uint32_t
crc32_of(struct atr_bytes bytes)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < bytes.size_bytes; i++) {
        crc ^= bytes.data[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1) != 0 ? UINT32_C(0xedb88320) : 0);
        }
    }
    return crc ^ UINT32_MAX;
}

static void
dump_part(struct atr_text *text, const struct atr_part *part)
{
    atr_text_printf(text, "{\"type\":%u,\"flags\":%u,\"original\":%" PRIu32, (unsigned)part->type,
                    (unsigned)part->flags, part->original_bytes);
    atr_text_printf(text, ",\"captured\":%zu,\"crc32\":\"%08" PRIx32 "\"}", part->bytes.size_bytes,
                    crc32_of(part->bytes));
}

void
atr_record_dump_fields(struct atr_text *text, const struct atr_event *event)
{
    const struct atr_layout *layout = atr_layout_find(event->kind);

    atr_text_puts(text, "\"fields\":{");
    for (size_t i = 0; i < layout->field_count; i++) {
        if (layout->fields[i].type == ATR_LAYOUT_REST) {
            continue;
        }
        atr_text_puts(text, i == 0 ? "" : ",");
        dump_field(text, event, &layout->fields[i]);
    }
    atr_text_puts(text, "},\"parts\":[");
    for (uint32_t i = 0; i < event->part_count; i++) {
        atr_text_puts(text, i == 0 ? "" : ",");
        dump_part(text, &event->parts[i]);
    }
    atr_text_putc(text, ']');
}
