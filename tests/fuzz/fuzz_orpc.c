/* SPDX-License-Identifier: MIT */
/*
 * COM headers, IRemUnknown and interface pointers, called as the LRPC decoder calls them. The first
 * bytes choose what is known around the NDR: a mode, an opnum, how many bytes are the request's.
 */
#include "base/attributes.h"
#include "decode/orpc.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    CHOICE_BYTES = 6
};

/* What one mode knows; interfaces are 0000nnnn-0000-0000-c000-000000000046, 0 for unknown. */
struct setting {
    uint16_t number;
    uint32_t os_build;
    enum atr_syntax syntax;
};

static const struct setting settings[] = {
    {0, 0, ATR_SYNTAX_UNKNOWN},       {0x131, 0, ATR_SYNTAX_NDR20},
    {0x131, 19044, ATR_SYNTAX_NDR64}, {0x143, 9200, ATR_SYNTAX_NDR20},
    {0x143, 19044, ATR_SYNTAX_NDR20}, {0x136, 19044, ATR_SYNTAX_NDR64},
    {0x136, 9600, ATR_SYNTAX_NDR20},  {0x1a0, 18362, ATR_SYNTAX_UNKNOWN},
    {0, 14393, ATR_SYNTAX_NDR64},     {0, 17763, ATR_SYNTAX_NDR20},
};

static struct atr_decode_context
context_make(const struct setting *setting, struct atr_bytes request)
{
    struct atr_decode_context context = {
        .os_build = setting->os_build,
        .syntax = setting->syntax,
        .has_interface = setting->number != 0,
        .has_request = true,
        .request_bytes = request,
    };
    struct atr_guid *uuid = &context.interface.uuid;

    uuid->bytes[0] = (uint8_t)(setting->number & 0xff);
    uuid->bytes[1] = (uint8_t)(setting->number >> 8);
    uuid->bytes[8] = 0xc0;
    uuid->bytes[15] = 0x46;
    return context;
}

static void
message_decode(const struct atr_decode_context *context, struct atr_event *event,
               struct atr_bytes ndr, uint32_t choice, uint32_t opnum)
{
    struct atr_rpc_fact request = {.has_object = true, .opnum = opnum, .is_orpc = true};
    struct atr_ndr_view view = {
        .bytes = ndr,
        .original_bytes = ndr.size_bytes + (choice & 1U),
        .syntax = context->syntax,
    };

    switch (choice >> 1 & 3U) {
    case 0:
        if (atr_orpc_is_request(ndr, &request)) {
            (void)atr_orpc_request_decode(context, event, &view, &request);
        }
        break;
    case 1:
        (void)atr_orpc_response_decode(context, event, &view, &request);
        break;
    case 2:
        (void)atr_orpc_explicit_decode(context, event, &view, &request, ATR_DIRECTION_REQUEST);
        break;
    default:
        (void)atr_orpc_explicit_decode(context, event, &view, &request, ATR_DIRECTION_ANSWER);
        break;
    }
    if (view.params_offset > ndr.size_bytes) {
        abort(); /* whoever reads the parameters relies on it */
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct atr_cursor cur = atr_cursor_make(data, size);
    uint8_t setting = atr_cursor_u8(&cur);
    uint8_t choice = atr_cursor_u8(&cur);
    uint16_t opnum = atr_cursor_u16(&cur);
    uint16_t request_size = atr_cursor_u16(&cur);
    struct atr_bytes request = atr_cursor_bytes(&cur, request_size);
    struct atr_bytes ndr = atr_cursor_bytes(&cur, atr_cursor_left(&cur));
    struct atr_decode_context context =
        context_make(&settings[setting % ATR_COUNT(settings)], request);
    struct atr_arena arena;
    struct atr_event event;

    if (size < CHOICE_BYTES || ndr.data == NULL) {
        return 0;
    }
    atr_arena_init(&arena, atr_heap_default(), ATR_EVENT_ARENA_BYTES);
    atr_event_reset(&event, &arena, (choice & 8U) == 0);
    message_decode(&context, &event, ndr, choice, opnum);
    atr_arena_fini(&arena);
    return 0;
}
