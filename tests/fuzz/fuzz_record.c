/* SPDX-License-Identifier: MIT */
/*
 * One record, decoded. What decoded well is encoded and decoded again: the second time must say
 * the same. The rest of the input, cut at a length byte, is joined to it as a continuation.
 */
#include "event/record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
encode_again(const struct atr_event *event, struct atr_arena *arena)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_text first;
    struct atr_text second;
    struct atr_event again;
    uint32_t cut;

    atr_text_init(&first, heap);
    atr_text_init(&second, heap);
    if (atr_record_encode(event, &first, &cut) != ATR_OK) {
        abort();
    }
    atr_event_reset(&again, arena, false);
    if (atr_record_decode((struct atr_bytes){(const uint8_t *)first.data, first.size_bytes},
                          &again) != ATR_OK ||
        atr_record_encode(&again, &second, &cut) != ATR_OK ||
        !atr_str_equal(atr_text_view(&first), atr_text_view(&second))) {
        abort();
    }
    atr_text_fini(&first);
    atr_text_fini(&second);
}

static void
join(const uint8_t *data, size_t size)
{
    size_t cut = size == 0 ? 0 : data[size - 1];
    struct atr_text record;
    size_t before;

    if (cut >= size) {
        return;
    }
    atr_text_init(&record, atr_heap_default());
    atr_text_put(&record, atr_str_make((const char *)data, size - cut));
    before = record.size_bytes;
    if (atr_record_join(&record, (struct atr_bytes){data + size - cut, cut}) != ATR_OK &&
        record.size_bytes != before) {
        abort(); /* a failed join leaves the record as it was */
    }
    (void)atr_record_is_continued(
        (struct atr_bytes){(const uint8_t *)record.data, record.size_bytes});
    atr_text_fini(&record);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct atr_arena arena;
    struct atr_arena arena2;
    struct atr_event event;

    atr_arena_init(&arena, atr_heap_default(), ATR_EVENT_ARENA_BYTES);
    atr_arena_init(&arena2, atr_heap_default(), ATR_EVENT_ARENA_BYTES);
    atr_event_reset(&event, &arena, false);
    if (atr_record_decode((struct atr_bytes){data, size}, &event) == ATR_OK) {
        encode_again(&event, &arena2);
    }
    join(data, size);
    atr_arena_fini(&arena);
    atr_arena_fini(&arena2);
    return 0;
}
