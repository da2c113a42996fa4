/* SPDX-License-Identifier: MIT */
#include "event/record.h"

#include "base/attributes.h"
#include "base/endian.h"
#include "event/record_layout.h"
#include "support/records.h"

#include <stdlib.h>
#include <string.h>

struct codec {
    struct atr_arena arena;
    struct atr_event event; /* made */
    struct atr_arena arena2;
    struct atr_event decoded; /* read back */
    struct atr_text record;
};

static int
setup(void **state)
{
    struct codec *codec = calloc(1, sizeof(*codec));

    assert_non_null(codec);
    atr_arena_init(&codec->arena, atr_heap_default(), 1 << 20);
    atr_arena_init(&codec->arena2, atr_heap_default(), 1 << 20);
    atr_text_init(&codec->record, atr_heap_default());
    *state = codec;
    return 0;
}

static int
teardown(void **state)
{
    struct codec *codec = *state;

    atr_arena_fini(&codec->arena);
    atr_arena_fini(&codec->arena2);
    atr_text_fini(&codec->record);
    free(codec);
    return 0;
}

static struct atr_bytes
bytes_of(const struct atr_text *text)
{
    return (struct atr_bytes){(const uint8_t *)text->data, text->size_bytes};
}

static enum atr_status
decode(struct codec *codec, const void *bytes, size_t size)
{
    atr_event_reset(&codec->decoded, &codec->arena2, false);
    return atr_record_decode((struct atr_bytes){bytes, size}, &codec->decoded);
}

static void
make(struct codec *codec, uint8_t kind)
{
    test_event(&codec->event, &codec->arena, kind, 1);
    atr_text_clear(&codec->record);
    test_record(&codec->record, &codec->event);
}

static void
check_parts(const struct atr_event *a, const struct atr_event *b)
{
    CHECK_UINT(a->part_count, b->part_count);
    for (uint32_t i = 0; i < a->part_count; i++) {
        CHECK_UINT(a->parts[i].type, b->parts[i].type);
        CHECK_UINT(a->parts[i].original_bytes, b->parts[i].original_bytes);
        CHECK_UINT(a->parts[i].bytes.size_bytes, b->parts[i].bytes.size_bytes);
        assert_memory_equal(a->parts[i].bytes.data, b->parts[i].bytes.data,
                            a->parts[i].bytes.size_bytes);
    }
}

static void
check_lists(const struct atr_event *a, const struct atr_event *b)
{
    if (a->kind == ATR_RECORD_STACK) {
        CHECK_UINT(a->as.stack.frame_count, b->as.stack.frame_count);
        for (uint32_t i = 0; i < a->as.stack.frame_count; i++) {
            CHECK_UINT(a->as.stack.frames[i].address, b->as.stack.frames[i].address);
            CHECK_UINT(a->as.stack.frames[i].text_string_id, b->as.stack.frames[i].text_string_id);
            CHECK_UINT(a->as.stack.frames[i].module_id, b->as.stack.frames[i].module_id);
            CHECK_UINT(a->as.stack.frames[i].rva, b->as.stack.frames[i].rva);
        }
    }
    if (a->kind == ATR_RECORD_DROPS) {
        CHECK_UINT(a->as.drops.counter_count, b->as.drops.counter_count);
        for (uint32_t i = 0; i < a->as.drops.counter_count; i++) {
            CHECK_UINT(a->as.drops.counters[i].cause, b->as.drops.counters[i].cause);
            CHECK_UINT(a->as.drops.counters[i].cpu, b->as.drops.counters[i].cpu);
            CHECK_UINT(a->as.drops.counters[i].count, b->as.drops.counters[i].count);
        }
    }
}

static void
check_field(const struct atr_layout_field *field, const struct atr_event *a,
            const struct atr_event *b)
{
    const uint8_t *at_a = (const uint8_t *)a + field->offset;
    const uint8_t *at_b = (const uint8_t *)b + field->offset;

    if (field->type == ATR_LAYOUT_STR || field->type == ATR_LAYOUT_REST) {
        struct atr_bytes text_a;
        struct atr_bytes text_b;

        memcpy(&text_a, at_a, sizeof(text_a));
        memcpy(&text_b, at_b, sizeof(text_b));
        CHECK_UINT(text_a.size_bytes, text_b.size_bytes);
        if (text_a.size_bytes > 0) {
            assert_memory_equal(text_a.data, text_b.data, text_a.size_bytes);
        }
    } else {
        assert_memory_equal(at_a, at_b, field->size_bytes);
    }
}

static void
check_equal(const struct atr_event *a, const struct atr_event *b)
{
    const struct atr_layout *layout = atr_layout_find(a->kind);

    CHECK_UINT(a->kind, b->kind);
    CHECK_UINT(a->flags, b->flags);
    CHECK_UINT(a->source_id, b->source_id);
    CHECK_UINT(a->sequence, b->sequence);
    assert_non_null(layout);
    for (size_t i = 0; i < layout->field_count; i++) {
        check_field(&layout->fields[i], a, b);
    }
    check_lists(a, b);
    if (a->kind == ATR_RECORD_ENTER || a->kind == ATR_RECORD_EXIT) {
        check_parts(a, b);
    }
}

static void
every_kind_comes_back_as_it_went_in(void **state)
{
    struct codec *codec = *state;

    for (size_t i = 0; i < TEST_KINDS; i++) {
        make(codec, test_kinds[i]);
        CHECK_UINT(decode(codec, codec->record.data, codec->record.size_bytes), ATR_OK);
        check_equal(&codec->event, &codec->decoded);
    }
    make(codec, ATR_RECORD_RPC);
    CHECK_UINT(decode(codec, codec->record.data, codec->record.size_bytes), ATR_OK);
    CHECK_UINT(codec->decoded.as.etw.payload.size_bytes, 39);
    make(codec, ATR_RECORD_ENTER);
    CHECK_UINT(decode(codec, codec->record.data, codec->record.size_bytes), ATR_OK);
    CHECK_UINT(codec->decoded.attributes.work_on_behalf.thread_id, 0x1234);
}

/* Random numbers and texts in every field that has a fixed size or is a text. */
static void
randomize(struct codec *codec, struct test_random *random, uint8_t kind)
{
    static char text[64];
    const struct atr_layout *layout = atr_layout_find(kind);

    test_event(&codec->event, &codec->arena, kind, test_random_u32(random));
    codec->event.flags = test_random_u32(random) | ATR_RECORD_TRUNCATED;
    test_random_fill(random, text, sizeof(text));
    for (size_t i = 0; i < layout->field_count; i++) {
        uint8_t *at = (uint8_t *)&codec->event + layout->fields[i].offset;

        if (layout->fields[i].type == ATR_LAYOUT_STR) {
            uint32_t size = test_random_below(random, sizeof(text));
            struct atr_str value = {size == 0 ? NULL : text, size};

            memcpy(at, &value, sizeof(value));
        } else {
            test_random_fill(random, at, layout->fields[i].size_bytes);
        }
    }
}

static void
whatever_the_fields_hold_comes_back(void **state)
{
    struct codec *codec = *state;
    struct test_random random = {3};

    for (size_t i = 0; i < 100 * TEST_KINDS; i++) {
        randomize(codec, &random, test_kinds[i % TEST_KINDS]);
        atr_text_clear(&codec->record);
        test_record(&codec->record, &codec->event);
        CHECK_UINT(decode(codec, codec->record.data, codec->record.size_bytes), ATR_OK);
        check_equal(&codec->event, &codec->decoded);
    }
}

/* The offsets of docs/format.md 5. */
static void
an_exit_lies_as_the_format_page_says(void **state)
{
    struct codec *codec = *state;
    const uint8_t *at;

    make(codec, ATR_RECORD_EXIT);
    at = (const uint8_t *)codec->record.data;
    CHECK_UINT(at[0], 1);
    CHECK_UINT(at[1], 0x11);
    CHECK_UINT(at[2], 16);
    CHECK_UINT(atr_get_u32(at + 4), 0x11223344);
    CHECK_UINT(atr_get_u32(at + 8), 1);
    CHECK_UINT(atr_get_u64(at + 16), UINT64_C(0x0001000000000001));
    CHECK_UINT(atr_get_u32(at + 24), 600);
    CHECK_UINT(atr_get_u32(at + 32), 1 | ATR_OP_SEND_WAIT_RECEIVE << 16);
    CHECK_UINT(atr_get_u32(at + 36), ATR_ALPC_SYNC_REQUEST);
    CHECK_UINT(atr_get_u32(at + 44), 4);
    CHECK_UINT(atr_get_u32(at + 52), 5);
    CHECK_UINT(atr_get_u32(at + 56), 0x2001 | 39 << 16);
    CHECK_UINT(atr_get_u64(at + 64), 77);
    CHECK_UINT(atr_get_u32(at + 84), 6);
    CHECK_UINT(atr_get_u32(at + 88), 0xc0000022);
    CHECK_UINT(atr_get_u64(at + 92), 1234567);
    CHECK_UINT(atr_get_u32(at + 100), ATR_PART_PAYLOAD);
    CHECK_UINT(atr_get_u32(at + 104), 39);
    CHECK_UINT(atr_get_u32(at + 108), 39);
    CHECK_UINT(atr_get_u32(at + 152), ATR_PART_ATTRIBUTES);
    CHECK_UINT(codec->record.size_bytes, 152 + 12 + 16);
}

static void
kinds_with_parts_have_fields_of_fixed_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_KINDS; i++) {
        const struct atr_layout *layout = atr_layout_find(test_kinds[i]);
        size_t total = 0;

        assert_non_null(layout);
        for (size_t at = 0; at < layout->field_count; at++) {
            assert_true(!atr_layout_has_parts(layout) || layout->fields[at].size_bytes > 0);
            total += layout->fields[at].size_bytes;
        }
        assert_true(!atr_layout_has_parts(layout) || layout->fixed_bytes == total);
    }
}

static void
longer_headers_and_longer_state_records_are_skipped_over(void **state)
{
    struct codec *codec = *state;
    uint8_t longer[4096] = {0};

    for (size_t i = 0; i < TEST_KINDS; i++) {
        size_t size;
        bool is_event = test_kinds[i] >= ATR_RECORD_EVENT_MIN;

        make(codec, test_kinds[i]);
        size = codec->record.size_bytes;
        memset(longer, 0xee, sizeof(longer));
        memcpy(longer, codec->record.data, 16);
        (void)atr_put_u16(longer + 2, 24);
        memcpy(longer + 24, codec->record.data + 16, size - 16);
        CHECK_UINT(decode(codec, longer, size + 8 + (is_event ? 0 : 50)), ATR_OK);
        check_equal(&codec->event, &codec->decoded);
    }
}

static void
a_state_record_may_end_after_any_field(void **state)
{
    struct codec *codec = *state;
    const uint8_t *record;

    make(codec, ATR_RECORD_PROCESS);
    record = (const uint8_t *)codec->record.data;
    CHECK_UINT(decode(codec, record, 16), ATR_OK);
    CHECK_UINT(codec->decoded.as.process.process_id, 0);
    CHECK_UINT(codec->decoded.as.process.pid, ATR_UNKNOWN_U32);
    CHECK_UINT(codec->decoded.as.process.session, ATR_UNKNOWN_U32);
    CHECK_UINT(decode(codec, record, 24), ATR_OK);
    CHECK_UINT(codec->decoded.as.process.pid, 4);
    assert_null(codec->decoded.as.process.image.data);
    CHECK_UINT(decode(codec, record, 26), ATR_TRUNCATED);
    CHECK_UINT(codec->decoded.as.process.pid, 4);
    CHECK_UINT(codec->decoded.as.process.parent_pid, ATR_UNKNOWN_U32);
    make(codec, ATR_RECORD_MANIFEST);
    CHECK_UINT(decode(codec, codec->record.data, 16), ATR_OK);
    CHECK_INT(codec->decoded.as.manifest.utc_bias_minutes, INT32_MIN);
}

static void
a_cut_text_or_part_keeps_what_is_there(void **state)
{
    struct codec *codec = *state;

    make(codec, ATR_RECORD_STRING);
    CHECK_UINT(decode(codec, codec->record.data, codec->record.size_bytes - 2), ATR_TRUNCATED);
    CHECK_STR(codec->decoded.as.string.text, "\\RPC Control");
    make(codec, ATR_RECORD_ENTER);
    CHECK_UINT(decode(codec, codec->record.data, 88 + 12 + 7), ATR_TRUNCATED);
    CHECK_UINT(codec->decoded.part_count, 1);
    CHECK_UINT(codec->decoded.parts[0].original_bytes, 39);
    CHECK_UINT(codec->decoded.parts[0].bytes.size_bytes, 7);
}

static void
unknown_versions_and_kinds_are_unsupported_but_named(void **state)
{
    struct codec *codec = *state;

    make(codec, ATR_RECORD_MARK);
    codec->record.data[1] = 0x7f;
    CHECK_UINT(decode(codec, codec->record.data, codec->record.size_bytes), ATR_UNSUPPORTED);
    CHECK_UINT(codec->decoded.kind, 0x7f);
    CHECK_UINT(codec->decoded.source_id, 0x11223344);
    codec->record.data[1] = 0;
    CHECK_UINT(decode(codec, codec->record.data, codec->record.size_bytes), ATR_UNSUPPORTED);
    codec->record.data[0] = 2;
    CHECK_UINT(decode(codec, codec->record.data, codec->record.size_bytes), ATR_UNSUPPORTED);
}

static void
contradictions_are_malformed(void **state)
{
    struct codec *codec = *state;

    make(codec, ATR_RECORD_MARK);
    codec->record.data[2] = 15;
    CHECK_UINT(decode(codec, codec->record.data, codec->record.size_bytes), ATR_MALFORMED);
    make(codec, ATR_RECORD_STACK);
    (void)atr_put_u32((uint8_t *)codec->record.data + 24, UINT32_MAX);
    CHECK_UINT(decode(codec, codec->record.data, codec->record.size_bytes), ATR_TRUNCATED);
    CHECK_UINT(codec->decoded.as.stack.frame_count, 3);
}

static void
captured_bytes_are_believed_whatever_the_original_length_says(void **state)
{
    struct codec *codec = *state;

    make(codec, ATR_RECORD_ENTER);
    codec->record.data[92] = 38;
    CHECK_UINT(decode(codec, codec->record.data, codec->record.size_bytes), ATR_OK);
    CHECK_UINT(codec->decoded.parts[0].bytes.size_bytes, 39);
    CHECK_UINT(codec->decoded.parts[0].original_bytes, 39);
}

static void
every_prefix_of_every_kind_is_read_without_a_byte_too_many(void **state)
{
    struct codec *codec = *state;

    for (size_t i = 0; i < TEST_KINDS; i++) {
        make(codec, test_kinds[i]);
        for (size_t size = 0; size <= codec->record.size_bytes; size++) {
            uint8_t *guarded = test_guarded(codec->record.data, size);
            enum atr_status status = decode(codec, guarded, size);

            assert_true(status == ATR_OK || status == ATR_TRUNCATED);
            assert_true(size >= 16 || status == ATR_TRUNCATED);
            (void)atr_record_is_continued((struct atr_bytes){guarded, size});
            test_guarded_free(guarded, size);
        }
    }
}

static void
flipped_bytes_never_do_harm(void **state)
{
    struct codec *codec = *state;
    struct test_random random = {4};

    for (size_t i = 0; i < 1000 * TEST_KINDS; i++) {
        make(codec, test_kinds[i % TEST_KINDS]);

        size_t size = codec->record.size_bytes;
        uint8_t *guarded = test_guarded(codec->record.data, size);

        for (unsigned flips = 0; flips < 4; flips++) {
            guarded[test_random_below(&random, (uint32_t)size)] =
                (uint8_t)(test_random_u32(&random) & 0xff);
        }
        (void)decode(codec, guarded, size);
        test_guarded_free(guarded, size);
    }
}

static void
failing_memory_is_a_limit_not_a_crash(void **state)
{
    struct codec *codec = *state;

    for (size_t i = 0; i < TEST_KINDS; i++) {
        make(codec, test_kinds[i]);
        for (uint64_t n = 1;; n++) {
            struct test_failing_heap failing;
            struct atr_arena arena;
            struct atr_event event;
            struct atr_text out;
            uint32_t cut;
            enum atr_status status;

            test_failing_heap_init(&failing, n);
            atr_arena_init(&arena, failing.heap, 1 << 20);
            atr_text_init(&out, failing.heap);
            atr_event_reset(&event, &arena, false);
            status = atr_record_decode(bytes_of(&codec->record), &event);
            assert_true(status == ATR_OK || (failing.failed && status == ATR_LIMIT));
            status = atr_record_encode(&codec->event, &out, &cut);
            assert_true(status == ATR_OK || (failing.failed && status == ATR_NOMEM));
            atr_arena_fini(&arena);
            atr_text_fini(&out);
            CHECK_UINT(failing.live_blocks, 0);
            if (!failing.failed) {
                break;
            }
        }
    }
}

/* Writes all records of the codec's event to records; sizes of each to sizes. Gives their count. */
static size_t
encode_all(struct codec *codec, struct atr_text *records, size_t *sizes, size_t max)
{
    struct atr_record_encoder encoder;
    uint32_t cut;
    size_t count = 0;
    enum atr_status status;

    atr_record_encoder_init(&encoder, &codec->event);
    while ((status = atr_record_encoder_next(&encoder, &codec->record, &cut)) == ATR_OK) {
        assert_true(count < max);
        assert_true(codec->record.size_bytes <= ATR_RECORD_BYTES_MAX);
        sizes[count++] = codec->record.size_bytes;
        atr_text_put(records, atr_text_view(&codec->record));
    }
    CHECK_UINT(status, ATR_END);
    return count;
}

/* Joins what encode_all wrote into codec->record. */
static void
join_all(struct codec *codec, const struct atr_text *records, const size_t *sizes, size_t count)
{
    size_t at = sizes[0];

    atr_text_clear(&codec->record);
    atr_text_put(&codec->record, atr_str_make(records->data, sizes[0]));
    for (size_t i = 1; i < count; i++) {
        assert_true(atr_record_is_continued(bytes_of(&codec->record)));
        CHECK_UINT(
            atr_record_join(&codec->record,
                            (struct atr_bytes){(const uint8_t *)records->data + at, sizes[i]}),
            ATR_OK);
        at += sizes[i];
    }
    assert_false(atr_record_is_continued(bytes_of(&codec->record)));
}

static uint8_t *
random_bytes(size_t size)
{
    struct test_random random = {5};
    uint8_t *bytes = malloc(size);

    assert_non_null(bytes);
    test_random_fill(&random, bytes, size);
    return bytes;
}

static void
a_part_of_700000_bytes_goes_on_in_continuations(void **state)
{
    struct codec *codec = *state;
    const size_t size = 700000;
    uint8_t *bytes = random_bytes(size);
    struct atr_text records;
    size_t sizes[8];
    size_t count;

    atr_text_init(&records, atr_heap_default());
    test_event(&codec->event, &codec->arena, ATR_RECORD_EXIT, 1);
    codec->event.parts[2] = (struct atr_part){
        .type = ATR_PART_VIEW, .original_bytes = (uint32_t)size, .bytes = {bytes, size}};
    codec->event.part_count = 3;
    count = encode_all(codec, &records, sizes, ATR_COUNT(sizes));
    CHECK_UINT(count, 3);
    join_all(codec, &records, sizes, count);
    CHECK_UINT(decode(codec, codec->record.data, codec->record.size_bytes), ATR_OK);
    check_equal(&codec->event, &codec->decoded);
    atr_text_fini(&records);
    free(bytes);
}

static void
several_long_parts_are_continued_one_after_the_other(void **state)
{
    struct codec *codec = *state;
    const size_t size = ATR_PART_MAX;
    uint8_t *bytes = random_bytes(size);
    struct atr_text records;
    size_t sizes[32];
    size_t count;

    atr_text_init(&records, atr_heap_default());
    test_event(&codec->event, &codec->arena, ATR_RECORD_ENTER, 1);
    for (uint16_t i = 0; i < 5; i++) {
        codec->event.parts[i] = (struct atr_part){.type = (uint16_t)(ATR_PART_VIEW + i),
                                                  .original_bytes = 2 * ATR_PART_MAX};
        codec->event.parts[i].bytes = (struct atr_bytes){bytes, size - i};
    }
    codec->event.part_count = 5;
    count = encode_all(codec, &records, sizes, ATR_COUNT(sizes));
    join_all(codec, &records, sizes, count);
    CHECK_UINT(decode(codec, codec->record.data, codec->record.size_bytes), ATR_OK);
    codec->event.flags |= ATR_RECORD_TRUNCATED;
    check_equal(&codec->event, &codec->decoded);
    atr_text_fini(&records);
    free(bytes);
}

static void
a_part_beyond_one_mebibyte_is_cut_and_says_so(void **state)
{
    struct codec *codec = *state;
    const size_t size = ATR_PART_MAX + 5;
    uint8_t *bytes = random_bytes(size);
    struct atr_record_encoder encoder;
    uint32_t cut = 0;

    test_event(&codec->event, &codec->arena, ATR_RECORD_EXIT, 1);
    codec->event.parts[0].bytes = (struct atr_bytes){bytes, size};
    codec->event.parts[0].original_bytes = (uint32_t)size;
    atr_record_encoder_init(&encoder, &codec->event);
    CHECK_UINT(atr_record_encoder_next(&encoder, &codec->record, &cut), ATR_OK);
    CHECK_UINT(cut, 5);
    CHECK_UINT(decode(codec, codec->record.data, codec->record.size_bytes), ATR_OK);
    CHECK_UINT(codec->decoded.flags & ATR_RECORD_TRUNCATED, ATR_RECORD_TRUNCATED);
    CHECK_UINT(codec->decoded.parts[0].flags, ATR_PART_CONTINUED);
    CHECK_UINT(atr_record_encoder_next(&encoder, &codec->record, &cut), ATR_OK);
    CHECK_UINT(cut, 0);
    free(bytes);
}

static void
a_continuation_joins_only_its_own_record(void **state)
{
    struct codec *codec = *state;
    const size_t size = 300000;
    uint8_t *bytes = random_bytes(size);
    struct atr_record_encoder encoder;
    struct atr_text first;
    uint8_t *at;
    uint32_t cut;

    atr_text_init(&first, atr_heap_default());
    test_event(&codec->event, &codec->arena, ATR_RECORD_EXIT, 1);
    codec->event.parts[0].bytes = (struct atr_bytes){bytes, size};
    atr_record_encoder_init(&encoder, &codec->event);
    CHECK_UINT(atr_record_encoder_next(&encoder, &first, &cut), ATR_OK);
    CHECK_UINT(atr_record_encoder_next(&encoder, &codec->record, &cut), ATR_OK);
    at = (uint8_t *)codec->record.data;
    at[8] ^= 1; /* sequence */
    CHECK_UINT(atr_record_join(&first, bytes_of(&codec->record)), ATR_ARG);
    at[8] ^= 1;
    at[16] ^= 1; /* call id */
    CHECK_UINT(atr_record_join(&first, bytes_of(&codec->record)), ATR_ARG);
    at[16] ^= 1;
    at[25] = ATR_PART_VIEW;
    CHECK_UINT(atr_record_join(&first, bytes_of(&codec->record)), ATR_ARG);
    at[25] = ATR_PART_PAYLOAD;
    at[27] ^= 1; /* offset */
    CHECK_UINT(atr_record_join(&first, bytes_of(&codec->record)), ATR_MALFORMED);
    at[27] ^= 1;
    CHECK_UINT(atr_record_join(&first, bytes_of(&codec->record)), ATR_OK);
    CHECK_UINT(atr_record_join(&first, bytes_of(&codec->record)), ATR_ARG);
    atr_text_fini(&first);
    free(bytes);
}

static void
texts_too_long_for_a_packet_are_cut_between_characters(void **state)
{
    struct codec *codec = *state;
    const size_t size = 400001;
    char *text = malloc(size);
    uint32_t cut = 0;

    assert_non_null(text);
    for (size_t i = 0; i + 1 < size; i += 2) {
        text[i] = (char)0xc3;
        text[i + 1] = (char)0xa4;
    }
    text[size - 1] = 'x';
    test_event(&codec->event, &codec->arena, ATR_RECORD_MANIFEST, 1);
    codec->event.as.manifest.settings = atr_str_make(text, size);
    codec->event.as.manifest.os_name = atr_str_make(text, size - 1);
    codec->event.as.manifest.tool = atr_str_make(text, size - 1);
    codec->event.as.manifest.schema = atr_str_make(text + 1, size - 1);
    CHECK_UINT(atr_record_encode(&codec->event, &codec->record, &cut), ATR_OK);
    assert_true(codec->record.size_bytes <= ATR_RECORD_BYTES_MAX);
    CHECK_UINT(decode(codec, codec->record.data, codec->record.size_bytes), ATR_OK);
    CHECK_UINT(codec->decoded.flags, ATR_RECORD_TRUNCATED);
    CHECK_UINT(codec->decoded.as.manifest.settings.size_bytes % 2, 0);
    CHECK_UINT(codec->decoded.as.manifest.schema.size_bytes % 2, 1);
    CHECK_UINT(codec->decoded.as.manifest.settings.size_bytes +
                   codec->decoded.as.manifest.os_name.size_bytes +
                   codec->decoded.as.manifest.tool.size_bytes +
                   codec->decoded.as.manifest.schema.size_bytes + cut,
               4 * size - 3);
    free(text);
}

static void
parts_that_are_cut_are_counted_and_flagged(void **state)
{
    struct codec *codec = *state;
    uint32_t cut = 0;

    test_event(&codec->event, &codec->arena, ATR_RECORD_ENTER, 1);
    codec->event.parts[0].original_bytes = 9000;
    CHECK_UINT(atr_record_encode(&codec->event, &codec->record, &cut), ATR_OK);
    CHECK_UINT(cut, 9000 - 39);
    CHECK_UINT(decode(codec, codec->record.data, codec->record.size_bytes), ATR_OK);
    CHECK_UINT(codec->decoded.flags, ATR_RECORD_TRUNCATED);
    CHECK_UINT(codec->decoded.parts[0].original_bytes, 9000);
}

static void
a_kind_without_a_record_is_refused(void **state)
{
    struct codec *codec = *state;
    uint32_t cut;

    atr_event_reset(&codec->event, &codec->arena, false);
    codec->event.kind = 0x55;
    CHECK_UINT(atr_record_encode(&codec->event, &codec->record, &cut), ATR_UNSUPPORTED);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_kind_comes_back_as_it_went_in),
        TEST(whatever_the_fields_hold_comes_back),
        TEST(an_exit_lies_as_the_format_page_says),
        TEST(kinds_with_parts_have_fields_of_fixed_size),
        TEST(longer_headers_and_longer_state_records_are_skipped_over),
        TEST(a_state_record_may_end_after_any_field),
        TEST(a_cut_text_or_part_keeps_what_is_there),
        TEST(unknown_versions_and_kinds_are_unsupported_but_named),
        TEST(contradictions_are_malformed),
        TEST(captured_bytes_are_believed_whatever_the_original_length_says),
        TEST(every_prefix_of_every_kind_is_read_without_a_byte_too_many),
        TEST(flipped_bytes_never_do_harm),
        TEST(failing_memory_is_a_limit_not_a_crash),
        TEST(a_part_of_700000_bytes_goes_on_in_continuations),
        TEST(several_long_parts_are_continued_one_after_the_other),
        TEST(a_part_beyond_one_mebibyte_is_cut_and_says_so),
        TEST(a_continuation_joins_only_its_own_record),
        TEST(texts_too_long_for_a_packet_are_cut_between_characters),
        TEST(parts_that_are_cut_are_counted_and_flagged),
        TEST(a_kind_without_a_record_is_refused),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
