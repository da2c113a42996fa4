/* SPDX-License-Identifier: MIT */
#include "output/call_text.h"

#include "event/ndr_text.h"
#include "output/colors.h"
#include "output/hex.h"
#include "output/values.h"

#include <string.h>

enum {
    INDENT = 8,
    HEX_PREVIEW_BYTES = 16,
    RETURN_BYTES_MAX = 8, /* a status and its padding */
};

#define STATUS_PORT_CONNECTION_REFUSED UINT32_C(0xc0000041)

void
atr_party_write(struct atr_text *text, const struct atr_party *party, const struct atr_style *style)
{
    if (!party->known) {
        atr_text_putc(text, '?');
        return;
    }
    if (party->image.size_bytes > 0) {
        atr_color_on(text, style->color, ATR_COLOR_PROCESS);
        atr_text_name(text, party->image);
        atr_color_off(text, style->color);
    }
    atr_text_putc(text, '[');
    atr_text_u64(text, party->pid);
    if (party->tid != ATR_UNKNOWN_U32) {
        atr_text_putc(text, '.');
        atr_text_u64(text, party->tid);
    }
    atr_text_putc(text, ']');
}

static void
write_version(struct atr_text *text, const struct atr_rpc_interface *interface)
{
    atr_text_puts(text, " v");
    atr_text_u64(text, interface->version_major);
    atr_text_putc(text, '.');
    atr_text_u64(text, interface->version_minor);
}

static void
write_bind(struct atr_text *text, const struct atr_event *event, const struct atr_bind_fact *bind)
{
    atr_text_puts(text, "bind ");
    atr_text_guid(text, &bind->interface.uuid);
    write_version(text, &bind->interface);
    if (event->meaning.interface.data != NULL) {
        struct atr_str name = event->meaning.interface;

        name.size_bytes = atr_str_find(name, ATR_STR(" (")); /* without its other names */
        atr_text_puts(text, " (");
        atr_text_name(text, name);
        atr_text_putc(text, ')');
    }
    for (unsigned bit = 0; bit < ATR_SYNTAX_KINDS; bit++) {
        if ((bind->syntax_set >> bit & 1) != 0) {
            atr_text_putc(text, ' ');
            atr_text_puts(text, atr_syntax_text((enum atr_syntax)(ATR_SYNTAX_NDR20 + bit)));
        }
    }
}

static const struct atr_part *
message_part(const struct atr_event *event)
{
    const struct atr_part *part = atr_event_part_find(event, ATR_PART_PAYLOAD);

    return part != NULL ? part : atr_event_part_find(event, ATR_PART_CONNECTION);
}

/* <88 B 00000000 01020304...> */
static void
write_bytes(struct atr_text *text, const struct atr_part *part)
{
    struct atr_bytes shown;

    if (part == NULL || part->original_bytes == 0) {
        return;
    }
    shown = part->bytes;
    atr_text_puts(text, " <");
    atr_text_u64(text, part->original_bytes);
    atr_text_puts(text, " B");
    if (shown.size_bytes > HEX_PREVIEW_BYTES) {
        shown.size_bytes = HEX_PREVIEW_BYTES;
    }
    if (shown.size_bytes > 0) {
        atr_text_putc(text, ' ');
        atr_text_bytes(text, shown);
        atr_text_puts(text, shown.size_bytes < part->bytes.size_bytes ? "..." : "");
    }
    atr_text_putc(text, '>');
}

/* The name of what is called: by table, by the caller's stub, or by number. */
static void
write_method(struct atr_text *text, const struct atr_event *event, const struct atr_rpc_fact *rpc,
             const struct atr_style *style)
{
    const struct atr_meaning *meaning = &event->meaning;
    bool sure = meaning->method_grade == ATR_GRADE_BOUND;

    atr_color_on(text, style->color, sure ? ATR_COLOR_METHOD : ATR_COLOR_GUESS);
    if (meaning->method.size_bytes > 0) {
        atr_text_name(text, meaning->method);
        atr_text_puts(text, sure ? "" : "?");
    } else if (meaning->interface.size_bytes > 0) {
        atr_text_name(text, meaning->interface);
        atr_text_printf(text, "::opnum%u%s", (unsigned)rpc->opnum,
                        event->call->interface_grade == ATR_GRADE_BOUND ? "" : "?");
    } else {
        atr_text_printf(text, "opnum%u", (unsigned)rpc->opnum);
    }
    atr_color_off(text, style->color);
}

static void
write_interface_remark(struct atr_text *text, const struct atr_event *event,
                       const struct atr_rpc_fact *rpc)
{
    const struct atr_call *call = event->call;

    if (call == NULL || !call->has_interface) {
        atr_text_printf(text, " [interface unknown, opnum %u, CallId %u", (unsigned)rpc->opnum,
                        (unsigned)rpc->call_id);
        if (event->meaning.stub.size_bytes > 0) {
            atr_text_puts(text, ", stub ");
            atr_text_name(text, event->meaning.stub);
            atr_text_putc(text, '?');
        }
        atr_text_putc(text, ']');
        return;
    }
    if (call->interface_grade != ATR_GRADE_BOUND) {
        atr_text_puts(text, " [interface ");
        atr_text_puts(text, atr_grade_text(call->interface_grade));
        atr_text_putc(text, ']');
    }
    if (event->meaning.interface.size_bytes == 0 && event->meaning.method.size_bytes == 0) {
        atr_text_puts(text, " [");
        atr_text_guid(text, &call->interface.uuid);
        write_version(text, &call->interface);
        atr_text_putc(text, ']');
    }
}

static void
write_rpc(struct atr_text *text, const struct atr_event *event, const struct atr_style *style)
{
    const struct atr_rpc_fact *rpc = &event->call->rpc;
    const struct atr_ndr_view *ndr = event->meaning.ndr;

    write_method(text, event, rpc, style);
    atr_text_putc(text, '(');
    if (rpc->has_object) {
        atr_text_puts(text, "obj=");
        atr_text_guid(text, &rpc->object);
    }
    if (ndr != NULL && (ndr->bytes.size_bytes > ndr->params_offset ||
                        ndr->original_bytes > ndr->bytes.size_bytes)) {
        atr_text_puts(text, rpc->has_object ? ", " : "");
        atr_ndr_text(text, ndr, style->string_max);
    }
    atr_text_putc(text, ')');
    write_interface_remark(text, event, rpc);
}

/* Abbreviations in capitals, names as they are. */
static void
write_protocol(struct atr_text *text, const char *protocol)
{
    bool is_short = strlen(protocol) <= 4;

    for (const char *c = protocol; *c != '\0'; c++) {
        atr_text_putc(text, is_short && *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
    }
}

/* name(key=value, ...) from the decoder's own rows. */
static void
write_summary(struct atr_text *text, const struct atr_event *event, const struct atr_style *style)
{
    const struct atr_value *value = event->meaning.summary;
    bool is_first = true;

    write_protocol(text, event->meaning.protocol);
    atr_text_putc(text, ' ');
    atr_color_on(text, style->color, ATR_COLOR_METHOD);
    atr_text_name(text, event->meaning.method);
    atr_color_off(text, style->color);
    atr_text_putc(text, '(');
    for (; value != NULL; value = value->next) {
        if (value->type == ATR_FIELD_OBJECT || value->type == ATR_FIELD_LIST ||
            value->type == ATR_FIELD_NULL || value->field == ATR_F_trailing ||
            value == event->meaning.result) {
            continue;
        }
        atr_text_puts(text, is_first ? "" : ", ");
        atr_text_puts(text, atr_field_row_get((enum atr_field)value->field)->key);
        atr_text_putc(text, '=');
        atr_value_write(text, value, style->string_max);
        is_first = false;
    }
    atr_text_putc(text, ')');
}

static const char *
plain_noun(const struct atr_event *event)
{
    switch (event->role) {
    case ATR_ROLE_DATAGRAM_SENT:
    case ATR_ROLE_DATAGRAM_RECEIVED:
        return "datagram";
    case ATR_ROLE_REQUEST_SENT:
    case ATR_ROLE_REQUEST_RECEIVED:
        return "request";
    case ATR_ROLE_REPLY_SENT:
    case ATR_ROLE_REPLY_RECEIVED:
        return "reply";
    case ATR_ROLE_PORT_CLOSED:
        return "port closed";
    case ATR_ROLE_CANCELED:
        return "canceled";
    case ATR_ROLE_RELEASE:
        return "release";
    case ATR_ROLE_CONNECT_RECEIVED:
        return "connection request";
    default:
        return "message";
    }
}

void
atr_request_write(struct atr_text *text, const struct atr_event *event,
                  const struct atr_style *style)
{
    const struct atr_call *call = event->call;

    if (call != NULL && call->kind == ATR_CALL_BIND) {
        write_bind(text, event, &call->bind);
    } else if (call != NULL && call->kind == ATR_CALL_CONNECT) {
        atr_text_puts(text, "connect ");
        if (event->port_name.size_bytes > 0) {
            atr_text_name(text, event->port_name);
        } else {
            atr_text_putc(text, '?');
        }
    } else if (call != NULL && call->kind == ATR_CALL_RPC) {
        write_rpc(text, event, style);
    } else if (event->meaning.protocol != NULL && event->meaning.method.size_bytes > 0) {
        write_summary(text, event, style);
    } else {
        const struct atr_part *part = message_part(event);

        atr_text_puts(text, plain_noun(event));
        write_bytes(text, part);
        if (part == NULL && event->role == ATR_ROLE_SENT) {
            atr_text_puts(text, " [content not recorded]");
        }
    }
}

static void
write_status(struct atr_text *text, const struct atr_event *event, uint32_t status)
{
    if (event->meaning.status.size_bytes > 0) {
        atr_text_put(text, event->meaning.status);
    } else {
        atr_text_puts(text, "0x");
        atr_text_hex(text, status);
    }
}

static void
write_bad(struct atr_text *text, const struct atr_event *event, const char *word, uint32_t status,
          const struct atr_style *style)
{
    atr_color_on(text, style->color, ATR_COLOR_BAD);
    atr_text_puts(text, word);
    write_status(text, event, status);
    atr_color_off(text, style->color);
}

/* The values of a response; the status at its end is told alone when it is all there is. */
static void
write_rpc_result(struct atr_text *text, const struct atr_ndr_view *ndr,
                 const struct atr_style *style)
{
    const struct atr_ndr_item *only = ndr->item_count == 1 ? &ndr->items[0] : NULL;

    if (ndr->bytes.size_bytes <= ndr->params_offset && ndr->original_bytes <= ndr->params_offset) {
        atr_text_puts(text, "void");
    } else if (only != NULL && only->kind == ATR_NDR_RETURN &&
               ndr->original_bytes - ndr->params_offset <= RETURN_BYTES_MAX) {
        atr_text_puts(text, only->number < 10 ? "" : "0x");
        atr_text_hex(text, only->number);
        atr_text_puts(text, only->grade == ATR_GRADE_BOUND ? "" : "?");
    } else {
        atr_ndr_text(text, ndr, style->string_max);
    }
}

static void
write_message_result(struct atr_text *text, const struct atr_event *event,
                     const struct atr_style *style)
{
    if (event->meaning.ndr != NULL) {
        write_rpc_result(text, event->meaning.ndr, style);
        return;
    }
    if (event->meaning.result != NULL) {
        if (event->meaning.status.size_bytes > 0) {
            atr_text_name(text, event->meaning.status);
        } else {
            atr_value_write(text, event->meaning.result, style->string_max);
        }
        return;
    }
    if (event->call != NULL && event->call->kind == ATR_CALL_RPC) {
        atr_text_putc(text, '?'); /* its header was cut off: the remark tells */
        return;
    }
    atr_text_puts(text, "reply");
    write_bytes(text, message_part(event));
}

void
atr_result_write(struct atr_text *text, const struct atr_event *event,
                 const struct atr_style *style)
{
    const struct atr_call *call = event->call;

    if (call != NULL && call->bind_refused) {
        atr_color_on(text, style->color, ATR_COLOR_BAD);
        atr_text_puts(text, "refused (");
        write_status(text, event, call->bind.status);
        atr_text_putc(text, ')');
        atr_color_off(text, style->color);
    } else if (call != NULL && call->has_fault) {
        write_bad(text, event, "fault ", call->fault_status, style);
    } else if (call != NULL && call->has_status && call->status != 0) {
        write_bad(text, event, call->status == STATUS_PORT_CONNECTION_REFUSED ? "refused " : "",
                  call->status, style);
    } else if (call != NULL && (call->kind == ATR_CALL_BIND || call->kind == ATR_CALL_CONNECT)) {
        atr_text_puts(text, "ok");
    } else {
        write_message_result(text, event, style);
    }
}

void
atr_remarks_write(struct atr_text *text, const struct atr_event *event,
                  const struct atr_style *style)
{
    bool is_cut = false;

    for (uint32_t i = 0; i < event->part_count; i++) {
        const struct atr_part *part = &event->parts[i];

        if (part->original_bytes > part->bytes.size_bytes) {
            atr_text_printf(text, " [cut %zu/%u]", part->bytes.size_bytes,
                            (unsigned)part->original_bytes);
            is_cut = true;
        }
    }
    for (uint32_t i = 0; i < event->note_count; i++) {
        if (is_cut && event->notes[i].status == ATR_TRUNCATED) {
            continue; /* said already */
        }
        atr_color_on(text, style->color, ATR_COLOR_BAD);
        atr_text_printf(text, " [%s %s]", event->notes[i].decoder,
                        atr_status_text(event->notes[i].status));
        atr_color_off(text, style->color);
    }
    if ((event->flags & ATR_RECORD_PART_FAULT) != 0) {
        atr_text_puts(text, " [a part could not be read]");
    }
}

static void
write_stack(struct atr_text *text, const struct atr_event *event)
{
    for (uint32_t i = 0; i < event->frame_count; i++) {
        const struct atr_frame_text *frame = &event->frames[i];

        atr_text_pad(text, ' ', INDENT);
        atr_text_printf(text, "%02x  ", (unsigned)i);
        if (frame->text.size_bytes > 0) {
            atr_text_name(text, frame->text);
            atr_text_puts(text, frame->uncertain ? "?" : "");
        } else {
            atr_text_puts(text, "0x");
            atr_text_hex(text, frame->address);
        }
        atr_text_putc(text, '\n');
    }
}

static void
write_label(struct atr_text *text, const char *label, const char *what)
{
    atr_text_pad(text, ' ', INDENT - 2);
    atr_text_printf(text, "%s %s:\n", label, what);
}

void
atr_details_write(struct atr_text *text, const struct atr_event *event,
                  const struct atr_style *style, const char *label)
{
    if (style->stacks && event->frame_count > 0) {
        write_stack(text, event);
    }
    if (style->fields && event->fields.root.count > 0) {
        write_label(text, label, "fields");
        atr_values_write(text, &event->fields.root, INDENT, style->string_max);
    }
    for (uint32_t i = 0; style->hex && i < event->part_count; i++) {
        const struct atr_part *part = &event->parts[i];

        if (part->type == ATR_PART_PAYLOAD || part->type == ATR_PART_VIEW ||
            part->type == ATR_PART_CONNECTION) {
            write_label(text, label, part->type == ATR_PART_VIEW ? "view" : "bytes");
            atr_hex_write(text, part->bytes, part->original_bytes, INDENT);
        }
    }
}
