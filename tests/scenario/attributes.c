/* SPDX-License-Identifier: MIT */
#include "scenario/attributes.h"

#include "base/attributes.h"

enum {
    PAGE_BYTES = 0x1000,
    HANDLE_BYTES = 16
};

struct writer {
    struct message *out;
    const struct attributes *of;
};

static bool
is_wide(const struct writer *writer)
{
    return (writer->of->event->flags & ATR_RECORD_WOW64) == 0;
}

static void
put_pointer(const struct writer *writer, uint64_t value)
{
    if (is_wide(writer)) {
        message_u64(writer->out, value);
    } else {
        message_u32(writer->out, (uint32_t)(value & UINT32_MAX));
    }
}

static void
put_security(const struct writer *writer)
{
    put_pointer(writer, 0);
    put_pointer(writer, 0x8f3a3ff2c0);
    put_pointer(writer, UINT64_MAX - 1); /* the context of the calling thread */
}

static void
put_view(const struct writer *writer)
{
    bool is_sent = writer->of->event->kind == ATR_RECORD_ENTER;
    size_t pages = (writer->of->wrap->view.size_bytes + PAGE_BYTES - 1) / PAGE_BYTES;

    put_pointer(writer, writer->of->is_release ? ATR_VIEW_RELEASE : is_sent ? 0x40000 : 0);
    put_pointer(writer, writer->of->is_release || is_sent ? 0x21 : 0);
    put_pointer(writer, is_sent ? 0x1d0000 : 0x24b0000);
    put_pointer(writer, pages * PAGE_BYTES);
}

static void
put_context(const struct writer *writer)
{
    put_pointer(writer, writer->of->link->port_context);
    put_pointer(writer, 0);
    message_u32(writer->out, writer->of->sequence);
    message_u32(writer->out, writer->of->event->as.alpc.message_id);
    put_pointer(writer, writer->of->event->as.alpc.callback_id);
}

static void
put_handle(const struct writer *writer)
{
    size_t count = writer->of->wrap->handles.size_bytes / HANDLE_BYTES;

    if (writer->of->event->kind == ATR_RECORD_EXIT) { /* how many the kernel delivered */
        put_pointer(writer, 0x20000);
        put_pointer(writer, 0);
        message_u32(writer->out, count == 0 ? 1 : (uint32_t)count);
        message_u32(writer->out, 0);
    } else if (count > 0) {
        put_pointer(writer, ATR_HANDLE_INDIRECT);
        put_pointer(writer, 0x8f3a3ff480);
        message_u32(writer->out, (uint32_t)count);
        message_u32(writer->out, 0);
    } else {
        put_pointer(writer, 0x10000);
        put_pointer(writer, 0x5c8);
        message_u32(writer->out, 0x10); /* an event */
        message_u32(writer->out, 0);
    }
}

static void
put_token(const struct writer *writer)
{
    message_u64(writer->out, 0x2a3f91);
    message_u64(writer->out, 0x3e7);
    message_u64(writer->out, 0x2a3f95);
}

static void
put_direct(const struct writer *writer)
{
    put_pointer(writer, 0x2f4);
}

static void
put_work_on_behalf(const struct writer *writer)
{
    message_u32(writer->out, writer->of->event->as.alpc.client_tid);
    message_u32(writer->out, 0x6ae1c0f2);
}

static const struct {
    enum atr_attribute bit;
    void (*put)(const struct writer *writer);
} rows[] = {
    {ATR_ATTRIBUTE_SECURITY, put_security},
    {ATR_ATTRIBUTE_VIEW, put_view},
    {ATR_ATTRIBUTE_CONTEXT, put_context},
    {ATR_ATTRIBUTE_HANDLE, put_handle},
    {ATR_ATTRIBUTE_TOKEN, put_token},
    {ATR_ATTRIBUTE_DIRECT, put_direct},
    {ATR_ATTRIBUTE_WORK_ON_BEHALF, put_work_on_behalf},
};

void
attributes_put(struct message *out, const struct attributes *attributes)
{
    struct writer writer = {out, attributes};

    message_clear(out);
    message_u32(out, attributes->mask);
    message_u32(out, attributes->mask);
    for (size_t i = 0; i < ATR_COUNT(rows); i++) {
        if ((attributes->mask & (uint32_t)rows[i].bit) != 0) {
            rows[i].put(&writer);
        }
    }
}
