/* SPDX-License-Identifier: MIT */
/*
 * Stub bytes through the guesser, the reader by a list, the rows and the line. The first three
 * bytes choose: options and syntax; where the parameters begin; how much was not captured.
 */
#include "decode/ndr.h"
#include "decode/ndr_guess.h"
#include "event/ndr_text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What everybody relies on: in order, apart, inside. */
static void
check_guess(const struct atr_ndr_view *view)
{
    uint64_t end = 0;

    for (uint32_t i = 0; i < view->item_count; i++) {
        const struct atr_ndr_item *item = &view->items[i];

        if (item->offset < end || item->size_bytes == 0) {
            abort();
        }
        end = (uint64_t)item->offset + item->size_bytes;
    }
    if (end > view->bytes.size_bytes || view->item_count > ATR_NDR_ITEMS_MAX) {
        abort();
    }
}

static void
show(struct atr_event *event, const struct atr_ndr_view *view)
{
    struct atr_text text;

    atr_text_init(&text, atr_heap_default());
    atr_ndr_fields(event, view);
    atr_ndr_text(&text, view, 64);
    atr_text_fini(&text);
}

static void
read_by_list(struct atr_event *event, struct atr_ndr_view *view, const uint8_t *kinds, size_t count)
{
    struct atr_ndr_param params[ATR_NDR_PARAMS_MAX];

    if (count > ATR_NDR_PARAMS_MAX) {
        count = ATR_NDR_PARAMS_MAX;
    }
    for (size_t i = 0; i < count; i++) {
        params[i] = (struct atr_ndr_param){.kind = (enum atr_ndr_kind)(kinds[i] % 17),
                                           .size_bytes = kinds[i]};
    }
    (void)atr_ndr_params_read(event->arena, view, params, (uint32_t)count);
    show(event, view);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct atr_ndr_guess_options options = {.syntax_grade = ATR_GRADE_BOUND};
    struct atr_ndr_view view = {.bytes = {NULL, 0}};
    struct atr_ndr_param params[ATR_NDR_PARAMS_MAX];
    struct atr_arena arena;
    struct atr_event event;
    uint32_t count;

    if (size < 3) {
        return 0;
    }
    options.is_response = (data[0] & 1) != 0;
    options.words = (data[0] & 2) != 0;
    options.syntax = (enum atr_syntax)(data[0] >> 2 & 3);
    options.pointer_bytes = data[0] >> 4;
    options.params_offset = data[1];
    view.bytes = (struct atr_bytes){data + 3, size - 3};
    view.original_bytes = size - 3 + data[2];
    atr_arena_init(&arena, atr_heap_default(), ATR_EVENT_ARENA_BYTES);
    atr_event_reset(&event, &arena, true);
    atr_ndr_guess(&arena, &view, &options);
    check_guess(&view);
    show(&event, &view);
    view.syntax = options.syntax;
    read_by_list(&event, &view, data + 3, size - 3);
    if (atr_ndr_params_parse((struct atr_str){(const char *)data + 3, size - 3}, params, &count,
                             NULL) == ATR_OK &&
        (count == 0 || count > ATR_NDR_PARAMS_MAX)) {
        abort();
    }
    atr_arena_fini(&arena);
    return 0;
}
