/* SPDX-License-Identifier: MIT */
/*
 * The guesser against values that are known: stubs of Wine, of Samba and, where ../shared is there,
 * of Windows; and against bytes in which nothing is to be found.
 */
#include "support/json.h"
#include "support/support.h"

#include "decode/ndr_guess.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TEXTS_MAX = 256,
    NOISE_ROUNDS = 20000,
    NOISE_BYTES = 256
};

static struct atr_arena arena;

static int
setup(void **state)
{
    (void)state;
    atr_arena_init(&arena, atr_heap_default(), ATR_EVENT_ARENA_BYTES);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    atr_arena_fini(&arena);
    return 0;
}

static struct atr_ndr_view
guess_with(const void *bytes, size_t size, const struct atr_ndr_guess_options *options)
{
    struct atr_ndr_view view = {.bytes = {bytes, size}, .original_bytes = size};

    atr_arena_reset(&arena);
    atr_ndr_guess(&arena, &view, options);
    return view;
}

static struct atr_ndr_view
guess(const void *bytes, size_t size)
{
    return guess_with(bytes, size, &(struct atr_ndr_guess_options){0});
}

static const struct atr_ndr_item *
find_kind(const struct atr_ndr_view *view, enum atr_ndr_kind kind)
{
    for (uint32_t i = 0; i < view->item_count; i++) {
        if (view->items[i].kind == kind) {
            return &view->items[i];
        }
    }
    return NULL;
}

static bool
is_string(const struct atr_ndr_item *item)
{
    return item->kind == ATR_NDR_WSTRING || item->kind == ATR_NDR_ASTRING ||
           item->kind == ATR_NDR_COUNTED_STRING;
}

/* Vectors */

struct texts {
    const char *text[TEXTS_MAX];
    size_t count;
};

static void
texts_add(struct texts *texts, const char *text)
{
    assert_true(texts->count < TEXTS_MAX);
    texts->text[texts->count++] = text;
}

/* Takes one text out; false when it is not among them. */
static bool
texts_take(struct texts *texts, struct atr_str wanted)
{
    for (size_t i = 0; i < texts->count; i++) {
        if (atr_str_equal(wanted, atr_str_from(texts->text[i]))) {
            texts->text[i] = texts->text[--texts->count];
            return true;
        }
    }
    return false;
}

/* Texts of a vector that are not strings on the wire. */
static bool
is_other_text(const struct test_json *value)
{
    static const char *const keys[] = {"uuid", "bytes", "arm", "ctx", "g", "g2"};
    const char *text = value->text;

    for (size_t i = 0; i < ATR_COUNT(keys); i++) {
        if (value->key != NULL && strcmp(value->key, keys[i]) == 0) {
            return true;
        }
    }
    return text[0] == '\0' || text[0] == '@' || strncmp(text, "S-1-", 4) == 0 ||
           (strspn(text, "0123456789abcdef") == 8 && text[8] == '-');
}

/* Walks the tree of values without recursion: children, then next, then up. */
static void
collect(const struct test_json *root, struct texts *strings, struct texts *sids)
{
    const struct test_json *at = root;

    while (at != NULL) {
        if (at->kind == TEST_JSON_STRING) {
            if (strncmp(at->text, "S-1-5-", 6) == 0) {
                texts_add(sids, at->text);
            } else if (!is_other_text(at)) {
                texts_add(strings, at->text);
            }
        }
        if (at->first != NULL) {
            at = at->first;
            continue;
        }
        while (at != root && at->next == NULL) {
            at = at->parent;
        }
        at = at == root ? NULL : at->next;
    }
}

struct score {
    unsigned strings_known;
    unsigned strings_found;
    unsigned strings_wrong;
    unsigned sids_known;
    unsigned sids_found;
    unsigned sids_wrong;
    unsigned with_string;
    unsigned syntax_right;
};

static struct atr_str
without_nuls(struct atr_str text)
{
    while (text.size_bytes > 0 && text.data[text.size_bytes - 1] == '\0') {
        text.size_bytes--;
    }
    return text;
}

static void
score_items(const struct atr_ndr_view *view, const struct test_json *vector, struct score *score)
{
    struct texts strings = {.count = 0};
    struct texts sids = {.count = 0};

    collect(test_json_find(vector, "values"), &strings, &sids);
    score->strings_known += (unsigned)strings.count;
    score->sids_known += (unsigned)sids.count;
    for (uint32_t i = 0; i < view->item_count; i++) {
        const struct atr_ndr_item *item = &view->items[i];

        assert_int_equal(item->grade, ATR_GRADE_GUESS);
        if (is_string(item) && item->text.size_bytes > 0) {
            bool known = texts_take(&strings, without_nuls(item->text));

            score->strings_found += known;
            score->strings_wrong += !known;
        } else if (item->kind == ATR_NDR_SID) {
            bool known = texts_take(&sids, item->text);

            score->sids_found += known;
            score->sids_wrong += !known;
        }
    }
    for (size_t i = 0; i < strings.count; i++) {
        print_message("missed: %s in %s\n", strings.text[i],
                      test_json_text(test_json_find(vector, "id")));
    }
}

static void
score_vector(const struct test_json *vector, enum atr_syntax syntax, struct score *score)
{
    const struct test_json *hex = test_json_find(vector, "stub_hex");
    struct atr_ndr_guess_options options = {
        .is_response = test_json_is_text(test_json_find(vector, "direction"), "response")};
    struct atr_ndr_view view;
    uint8_t *bytes;
    size_t size;
    bool has_string = false;

    test_hex(hex->text, hex->text_size, &bytes, &size);
    view = guess_with(bytes, size, &options);
    for (uint32_t i = 0; i < view.item_count; i++) {
        has_string = has_string || is_string(&view.items[i]);
    }
    if (has_string) {
        score->with_string++;
        score->syntax_right += view.syntax == syntax;
        assert_int_equal(view.syntax_grade, ATR_GRADE_GUESS);
    }
    score_items(&view, vector, score);
    free(bytes);
}

static void
score_file(const char *path, enum atr_syntax syntax, struct score *score)
{
    struct test_json_document document;
    uint8_t *bytes;
    const char *text;
    size_t size;

    test_read_file(path, &bytes, &size);
    text = (const char *)bytes;
    while (test_json_next_line(&text, &size, &document)) {
        score_vector(document.root, syntax, score);
        test_json_free(&document);
    }
    CHECK_UINT(size, 0);
    free(bytes);
}

static void
score_print(const struct score *score)
{
    print_message("strings: %u of %u, %u wrong; SIDs: %u of %u, %u wrong; syntax: %u of %u\n",
                  score->strings_found, score->strings_known, score->strings_wrong,
                  score->sids_found, score->sids_known, score->sids_wrong, score->syntax_right,
                  score->with_string);
}

static void
score_check(const struct score *score)
{
    score_print(score);
    assert_true(score->strings_known >= 100);
    assert_true(score->strings_known - score->strings_found <= 5);
    assert_true(score->strings_wrong <= 2);
    assert_true(score->sids_known >= 10);
    CHECK_UINT(score->sids_found, score->sids_known);
    CHECK_UINT(score->sids_wrong, 0);
    CHECK_UINT(score->syntax_right, score->with_string);
}

static void
values_of_known_stubs_are_found(void **state)
{
    char *narrow = test_source_path("tests/vectors/ndr20.jsonl");
    char *wide = test_source_path("tests/vectors/ndr64.jsonl");
    struct score score = {0};

    (void)state;
    score_file(narrow, ATR_SYNTAX_NDR20, &score);
    score_file(wide, ATR_SYNTAX_NDR64, &score);
    free(narrow);
    free(wide);
    score_check(&score);
}

static void
values_of_windows_stubs_are_found(void **state)
{
    char *narrow = test_shared_path("vectors/ndr20.jsonl");
    char *wide = test_shared_path("vectors/ndr64.jsonl");
    struct score score = {0};

    (void)state;
    score_file(narrow, ATR_SYNTAX_NDR20, &score);
    score_file(wide, ATR_SYNTAX_NDR64, &score);
    free(narrow);
    free(wide);
    score_check(&score);
}

/* Noise */

/* Nothing that a listing would show; this very program holds a SID, which is found with 40. */
static void
nothing_is_in(const uint8_t *bytes, size_t size)
{
    struct atr_ndr_view view = guess(bytes, size);

    for (uint32_t i = 0; i < view.item_count; i++) {
        const struct atr_ndr_item *item = &view.items[i];

        if (item->trust >= 50 && (is_string(item) || item->kind == ATR_NDR_SID)) {
            fail_msg("a %s in noise: \"%.*s\"", atr_ndr_kind_text(item->kind),
                     (int)item->text.size_bytes, item->text.data == NULL ? "" : item->text.data);
        }
    }
}

static void
random_bytes_hold_no_strings_and_no_sids(void **state)
{
    struct test_random random = {1};
    uint8_t bytes[NOISE_BYTES];

    (void)state;
    for (unsigned i = 0; i < NOISE_ROUNDS; i++) {
        test_random_fill(&random, bytes, sizeof(bytes));
        nothing_is_in(bytes, sizeof(bytes));
    }
}

static void
slices_hold_nothing(const char *path)
{
    struct test_random random = {1};
    uint8_t *bytes;
    size_t size;

    test_read_file(path, &bytes, &size);
    assert_true(size > NOISE_BYTES);
    for (unsigned i = 0; i < NOISE_ROUNDS; i++) {
        uint32_t at = test_random_below(&random, (uint32_t)(size - NOISE_BYTES)) & ~3U;

        nothing_is_in(bytes + at, NOISE_BYTES);
    }
    free(bytes);
}

static void
slices_of_this_program_hold_no_strings_and_no_sids(void **state)
{
    (void)state;
    slices_hold_nothing("/proc/self/exe");
}

static void
slices_of_windows_programs_hold_no_strings_and_no_sids(void **state)
{
    static const char *const files[] = {"data/real/pe/nvdaControllerClient_2022.3.1_x64.dll",
                                        "data/real/pe/nvdaControllerClient_2022.3.1_x86.dll",
                                        "data/real/pe/wine8_rpcss_x64.exe"};

    (void)state;
    for (size_t i = 0; i < ATR_COUNT(files); i++) {
        char *path = test_shared_path(files[i]);

        slices_hold_nothing(path);
        free(path);
    }
}

/* Single values */

enum {
    STUB_MAX = 512
};

/* A stub written word by word. */
struct stub {
    uint8_t bytes[STUB_MAX];
    size_t size;
};

static void
put(struct stub *stub, uint32_t word)
{
    for (unsigned i = 0; i < 4; i++) {
        stub->bytes[stub->size++] = (uint8_t)(word >> (8 * i));
    }
}

static void
put_bytes(struct stub *stub, const void *bytes, size_t size)
{
    memcpy(stub->bytes + stub->size, bytes, size);
    stub->size += size;
}

static void
put_counts(struct stub *stub, uint32_t max, uint32_t actual, bool wide)
{
    const uint32_t counts[] = {max, 0, actual};

    for (size_t i = 0; i < ATR_COUNT(counts); i++) {
        put(stub, counts[i]);
        if (wide) {
            put(stub, 0);
        }
    }
}

/* ASCII as UTF-16 with a NUL, then up to the next word. */
static void
put_text(struct stub *stub, const char *text, bool wide)
{
    uint32_t units = (uint32_t)strlen(text) + 1;

    put_counts(stub, units, units, wide);
    for (uint32_t i = 0; i < units; i++) {
        stub->bytes[stub->size] = (uint8_t)text[i];
        stub->size += 2;
    }
    stub->size = (stub->size + 3) / 4 * 4;
}

static struct atr_ndr_view
guess_stub(const struct stub *stub)
{
    return guess(stub->bytes, stub->size);
}

static const uint8_t random_guid[] = {0xa0, 0x59, 0xdb, 0x3b, 0x36, 0xd7, 0x44, 0x4d,
                                      0x90, 0x74, 0xc1, 0xee, 0x12, 0x34, 0x56, 0x78};

static void
a_string_is_found_with_its_counts(void **state)
{
    for (unsigned wide = 0; wide < 2; wide++) {
        struct stub stub = {.size = 0};
        struct atr_ndr_view view;

        (void)state;
        put_text(&stub, "AudioSrv", wide != 0);
        view = guess_stub(&stub);
        CHECK_UINT(view.item_count, 1);
        CHECK_UINT(view.syntax, wide != 0 ? ATR_SYNTAX_NDR64 : ATR_SYNTAX_NDR20);
        CHECK_UINT(view.syntax_grade, ATR_GRADE_GUESS);
        CHECK_UINT(view.items[0].kind, ATR_NDR_WSTRING);
        CHECK_UINT(view.items[0].offset, 0);
        CHECK_UINT(view.items[0].size_bytes, (wide != 0 ? 24U : 12U) + 18);
        CHECK_UINT(view.items[0].max_count, 9);
        CHECK_UINT(view.items[0].actual_count, 9);
        CHECK_UINT(view.items[0].trust, 95);
        CHECK_STR(view.items[0].text, "AudioSrv");
    }
}

static void
a_counted_string_needs_its_lengths_before_it(void **state)
{
    static const uint8_t text[] = {'z', 0, 'e', 0, 'e', 0, 'k', 0};
    struct stub with = {.size = 0};
    struct stub without = {.size = 0};
    struct atr_ndr_view view;

    (void)state;
    put(&with, 8 | 10 << 16);
    put(&with, 0x00020000);
    put_counts(&with, 5, 4, false);
    put_bytes(&with, text, sizeof(text));
    view = guess_stub(&with);
    CHECK_UINT(view.item_count, 2);
    CHECK_UINT(view.items[0].kind, ATR_NDR_PTR);
    CHECK_UINT(view.items[1].kind, ATR_NDR_COUNTED_STRING);
    CHECK_UINT(view.items[1].trust, 85);
    CHECK_STR(view.items[1].text, "zeek");

    put(&without, 0);
    put(&without, 0x00020000);
    put_counts(&without, 5, 4, false);
    put_bytes(&without, text, sizeof(text));
    CHECK_UINT(guess_stub(&without).item_count, 0);
}

static void
a_cut_string_shows_what_was_captured(void **state)
{
    struct stub stub = {.size = 0};
    struct atr_ndr_view view;

    (void)state;
    put_text(&stub, "\\Device\\HarddiskVolume3\\Windows", true);
    view = (struct atr_ndr_view){.bytes = {stub.bytes, 24 + 16}, .original_bytes = stub.size};
    atr_ndr_guess(&arena, &view, &(struct atr_ndr_guess_options){0});
    CHECK_UINT(view.item_count, 1);
    CHECK_STR(view.items[0].text, "\\Device\\");
    CHECK_UINT(view.items[0].actual_count, 32);
    CHECK_UINT(view.items[0].size_bytes, 40);
    assert_true(view.items[0].trust < 90);

    view.original_bytes = 40; /* now the count lies */
    atr_ndr_guess(&arena, &view, &(struct atr_ndr_guess_options){0});
    CHECK_UINT(view.item_count, 0);
}

static void
a_lone_referent_id_is_not_reported(void **state)
{
    struct stub stub = {.size = 0};

    (void)state;
    put(&stub, 7);
    put(&stub, 0x00020000);
    put(&stub, 3);
    CHECK_UINT(guess_stub(&stub).item_count, 0);
    put(&stub, 0x00020004);
    CHECK_UINT(guess_stub(&stub).item_count, 2);
    CHECK_UINT(guess_stub(&stub).syntax, ATR_SYNTAX_NDR20);
}

static void
a_referent_id_before_a_string_is_reported(void **state)
{
    struct stub stub = {.size = 0};
    struct atr_ndr_view view;

    (void)state;
    put(&stub, 0x00020000);
    put(&stub, 0);
    put_text(&stub, "example.org", true);
    view = guess_stub(&stub);
    CHECK_UINT(view.item_count, 2);
    CHECK_UINT(view.items[0].kind, ATR_NDR_PTR);
    CHECK_UINT(view.items[0].number, 0x00020000);
    CHECK_UINT(view.items[0].size_bytes, 8);
}

static void
a_referent_id_does_not_reach_past_the_end(void **state)
{
    struct stub stub = {.size = 0};
    struct atr_ndr_view view;

    (void)state;
    put(&stub, 0x00020000);
    put(&stub, 0);
    put(&stub, 0x00020004);
    put(&stub, 0);
    put(&stub, 0x00020008);
    view = guess_stub(&stub);
    CHECK_UINT(view.item_count, 3);
    CHECK_UINT(view.items[2].size_bytes, 4);
}

static void
a_uuid_nobody_knows_is_not_reported(void **state)
{
    struct stub stub = {.size = 0};

    (void)state;
    put(&stub, 1);
    put_bytes(&stub, random_guid, sizeof(random_guid));
    CHECK_UINT(guess_stub(&stub).item_count, 0);
}

static void
a_known_guid_carries_its_name(void **state)
{
    static const uint8_t dispatch[] = {0x00, 0x04, 0x02, 0x00, 0, 0, 0, 0,
                                       0xc0, 0,    0,    0,    0, 0, 0, 0x46};
    static const uint8_t svcctl[] = {0x81, 0xbb, 0x7a, 0x36, 0x44, 0x98, 0xf1, 0x35,
                                     0xad, 0x32, 0x98, 0xf0, 0x38, 0x00, 0x10, 0x03};
    struct stub stub = {.size = 0};
    struct atr_ndr_view view;

    (void)state;
    put(&stub, 5);
    put_bytes(&stub, dispatch, sizeof(dispatch));
    put_bytes(&stub, svcctl, sizeof(svcctl));
    view = guess_stub(&stub);
    CHECK_UINT(view.item_count, 2);
    CHECK_UINT(view.items[0].kind, ATR_NDR_GUID);
    CHECK_UINT(view.items[0].offset, 4);
    CHECK_STR(view.items[0].text, "IDispatch");
    CHECK_UINT(view.items[1].offset, 20);
    assert_memory_equal(view.items[1].guid.bytes, svcctl, sizeof(svcctl));
}

static void
a_context_handle_is_believed_only_in_its_place(void **state)
{
    struct atr_ndr_guess_options answer = {.is_response = true};
    struct stub stub = {.size = 0};
    struct atr_ndr_view view;

    (void)state;
    put(&stub, 0);
    put_bytes(&stub, random_guid, sizeof(random_guid));
    put(&stub, 5);
    view = guess_stub(&stub);
    CHECK_UINT(view.item_count, 1);
    CHECK_UINT(view.items[0].kind, ATR_NDR_CONTEXT_HANDLE);
    CHECK_UINT(view.items[0].size_bytes, 20);
    assert_memory_equal(view.items[0].guid.bytes, random_guid, sizeof(random_guid));

    view = guess_with(stub.bytes, stub.size, &answer);
    CHECK_UINT(view.item_count, 2);
    CHECK_UINT(view.items[0].kind, ATR_NDR_CONTEXT_HANDLE);
    CHECK_UINT(view.items[1].kind, ATR_NDR_RETURN);
    CHECK_UINT(view.items[1].number, 5);

    put(&stub, 5);
    view = guess_with(stub.bytes, stub.size, &answer);
    assert_null(find_kind(&view, ATR_NDR_CONTEXT_HANDLE));
}

static void
a_sid_with_its_count_tells_the_syntax(void **state)
{
    static const uint8_t sid[] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0};
    struct stub stub = {.size = 0};
    struct atr_ndr_view view;

    (void)state;
    put(&stub, 2);
    put_bytes(&stub, sid, sizeof(sid));
    view = guess_stub(&stub);
    CHECK_UINT(view.item_count, 1);
    CHECK_UINT(view.syntax, ATR_SYNTAX_NDR20);
    CHECK_UINT(view.items[0].offset, 0);
    CHECK_UINT(view.items[0].trust, 95);
    CHECK_STR(view.items[0].text, "S-1-5-32-544");

    stub.size = 0;
    put(&stub, 2);
    put(&stub, 0);
    put_bytes(&stub, sid, sizeof(sid));
    view = guess_stub(&stub);
    CHECK_UINT(view.syntax, ATR_SYNTAX_NDR64);
    CHECK_UINT(view.items[0].offset, 0);
    CHECK_UINT(view.items[0].size_bytes, 24);
}

static void
a_time_is_a_guess_of_little_trust(void **state)
{
    struct stub stub = {.size = 0};
    struct atr_ndr_view view;

    (void)state;
    put(&stub, 0x12345678);
    put(&stub, 0x01d9a1b2);
    put(&stub, 1);
    put(&stub, 0x02000000); /* MAXIMUM_ALLOWED is no year */
    view = guess_stub(&stub);
    CHECK_UINT(view.item_count, 1);
    CHECK_UINT(view.items[0].kind, ATR_NDR_TIME);
    CHECK_UINT(view.items[0].number, UINT64_C(0x01d9a1b212345678));
    CHECK_UINT(view.items[0].trust, 40);
}

static void
an_interface_pointer_is_found_with_its_length(void **state)
{
    struct stub stub = {.size = 0};
    struct atr_ndr_view view;

    (void)state;
    put(&stub, 0x00020000);
    put(&stub, 68);
    put(&stub, 68);
    put(&stub, 0x574f454d);
    put(&stub, 1);
    put(&stub, 0x00020400);
    put(&stub, 0);
    put(&stub, 0x000000c0);
    put(&stub, 0x46000000);
    while (stub.size < 12 + 68) {
        put(&stub, 0x77777777);
    }
    put(&stub, 0);
    view = guess_with(stub.bytes, stub.size, &(struct atr_ndr_guess_options){.is_response = true});
    CHECK_UINT(view.item_count, 3);
    CHECK_UINT(view.items[0].kind, ATR_NDR_PTR);
    CHECK_UINT(view.items[1].kind, ATR_NDR_OBJREF);
    CHECK_UINT(view.items[1].offset, 4);
    CHECK_UINT(view.items[1].size_bytes, 76);
    CHECK_UINT(view.items[1].bytes.size_bytes, 68);
    CHECK_UINT(view.items[1].number, 1);
    CHECK_STR(view.items[1].text, "IDispatch");
    CHECK_UINT(view.items[2].kind, ATR_NDR_RETURN);
}

/* The marker, with and without 4 bytes behind it, then maximum, bytes, units. */
static void
a_bstr_is_read_both_ways(void **state)
{
    static const uint8_t text[] = {'a', 0, 'b', 0, 'c', 0, 0, 0};
    struct atr_ndr_guess_options options = {.params_offset = 8};

    for (unsigned padded = 0; padded < 2; padded++) {
        struct stub stub = {.size = 0};
        struct atr_ndr_view view;

        (void)state;
        put(&stub, 1);
        put(&stub, 2);
        put(&stub, 0x72657355);
        if (padded != 0) {
            put(&stub, 0xcccccccc);
        }
        put(&stub, 3);
        put(&stub, 6);
        put(&stub, 3);
        put_bytes(&stub, text, sizeof(text));
        view = guess_with(stub.bytes, stub.size, &options);
        CHECK_UINT(view.params_offset, 8);
        CHECK_UINT(view.item_count, 1);
        CHECK_UINT(view.items[0].kind, ATR_NDR_BSTR);
        CHECK_UINT(view.items[0].offset, 8);
        CHECK_STR(view.items[0].text, "abc");
    }
}

static void
a_null_bstr_has_no_text(void **state)
{
    struct stub stub = {.size = 0};
    struct atr_ndr_view view;

    (void)state;
    put(&stub, 0x72657355);
    put(&stub, 0);
    put(&stub, UINT32_MAX);
    put(&stub, 0);
    view = guess_stub(&stub);
    CHECK_UINT(view.item_count, 1);
    CHECK_UINT(view.items[0].kind, ATR_NDR_BSTR);
    CHECK_STR(view.items[0].text, NULL);
}

static void
the_negotiated_syntax_stands_unless_the_bytes_say_other(void **state)
{
    struct atr_ndr_guess_options options = {.syntax = ATR_SYNTAX_NDR64,
                                            .syntax_grade = ATR_GRADE_INFERRED};
    struct stub stub = {.size = 0};
    struct atr_ndr_view view;

    (void)state;
    put(&stub, 12);
    view = guess_with(stub.bytes, stub.size, &options);
    CHECK_UINT(view.syntax, ATR_SYNTAX_NDR64);
    CHECK_UINT(view.syntax_grade, ATR_GRADE_INFERRED);

    put_text(&stub, "AudioSrv", false);
    view = guess_with(stub.bytes, stub.size, &options);
    CHECK_UINT(view.syntax, ATR_SYNTAX_NDR20);
    CHECK_UINT(view.syntax_grade, ATR_GRADE_GUESS);
}

static void
with_no_evidence_the_processes_decide_or_nobody(void **state)
{
    struct atr_ndr_guess_options options = {.pointer_bytes = 8};
    struct atr_ndr_view view;

    (void)state;
    view = guess("\1\0\0\0", 4);
    CHECK_UINT(view.syntax, ATR_SYNTAX_UNKNOWN);
    CHECK_UINT(view.syntax_grade, ATR_GRADE_NONE);
    view = guess_with("\1\0\0\0", 4, &options);
    CHECK_UINT(view.syntax, ATR_SYNTAX_NDR64);
    CHECK_UINT(view.syntax_grade, ATR_GRADE_GUESS);
}

static void
words_between_values_are_reported_on_demand(void **state)
{
    struct atr_ndr_guess_options options = {.words = true};
    struct stub stub = {.size = 0};
    struct atr_ndr_view view;

    (void)state;
    put(&stub, 11);
    put_text(&stub, "AudioSrv", false);
    put(&stub, 12);
    view = guess_with(stub.bytes, stub.size, &options);
    CHECK_UINT(view.item_count, 3);
    CHECK_UINT(view.items[0].kind, ATR_NDR_U32);
    CHECK_UINT(view.items[0].number, 11);
    CHECK_UINT(view.items[0].trust, 20);
    CHECK_UINT(view.items[1].kind, ATR_NDR_WSTRING);
    CHECK_UINT(view.items[2].offset, 36);
    CHECK_UINT(view.items[2].number, 12);

    for (unsigned i = 0; i < 16; i++) {
        put(&stub, i); /* a gap too long is data */
    }
    CHECK_UINT(guess_with(stub.bytes, stub.size, &options).item_count, 2);
}

static void
items_are_in_order_and_do_not_overlap(void **state)
{
    struct test_random random = {7};
    static const uint32_t words[] = {0,          1,          2,          4,
                                     0x00020000, 0x00020004, 0x574f454d, 0x72657355,
                                     0x00000501, 0x05000000, 0x01d9a1b2, 0x00420041,
                                     0x41,       0x000000c0, 0x46000000, 24};

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        struct atr_ndr_guess_options options = {.is_response = round % 2 == 0,
                                                .words = round % 3 == 0};
        struct stub stub = {.size = 0};
        struct atr_ndr_view view;
        uint32_t end = 0;

        for (unsigned i = 0; i < 40; i++) {
            put(&stub, words[test_random_below(&random, ATR_COUNT(words))]);
        }
        view = guess_with(stub.bytes, stub.size, &options);
        for (uint32_t i = 0; i < view.item_count; i++) {
            assert_true(view.items[i].offset >= end);
            assert_true(view.items[i].size_bytes > 0);
            end = view.items[i].offset + view.items[i].size_bytes;
        }
        assert_true(end <= stub.size);
    }
}

static void
every_prefix_stays_inside_its_bytes(void **state)
{
    struct stub stub = {.size = 0};

    (void)state;
    put_text(&stub, "AudioSrv", true);
    put(&stub, 0x72657355);
    put(&stub, 1);
    put(&stub, 2);
    put(&stub, 1);
    put(&stub, 'x');
    put(&stub, 0x574f454d);
    put(&stub, 1);
    put_bytes(&stub, random_guid, sizeof(random_guid));
    for (size_t size = 0; size <= stub.size; size++) {
        uint8_t *bytes = test_guarded(stub.bytes, size);

        for (uint32_t offset = 0; offset < 9; offset++) {
            struct atr_ndr_guess_options options = {
                .params_offset = offset, .is_response = true, .words = true};
            struct atr_ndr_view view = {.bytes = {bytes, size}, .original_bytes = stub.size};

            atr_arena_reset(&arena);
            atr_ndr_guess(&arena, &view, &options);
            view.original_bytes = 0;
            atr_ndr_guess(&arena, &view, &options);
        }
        test_guarded_free(bytes, size);
    }
}

static void
without_memory_there_are_fewer_values(void **state)
{
    struct stub stub = {.size = 0};
    struct test_failing_heap heap;

    (void)state;
    put_text(&stub, "AudioSrv", true);
    for (uint64_t fail_at = 1; fail_at < 4; fail_at++) {
        struct atr_ndr_view view = {.bytes = {stub.bytes, stub.size}};
        struct atr_arena poor;

        test_failing_heap_init(&heap, fail_at);
        atr_arena_init(&poor, heap.heap, ATR_EVENT_ARENA_BYTES);
        atr_ndr_guess(&poor, &view, &(struct atr_ndr_guess_options){0});
        CHECK_UINT(view.syntax, ATR_SYNTAX_NDR64);
        CHECK_UINT(view.item_count, fail_at == 1 ? 0 : 1);
        atr_arena_fini(&poor);
        CHECK_UINT(heap.live_blocks, 0);
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_known_stubs_are_found),
        cmocka_unit_test(values_of_windows_stubs_are_found),
        cmocka_unit_test(random_bytes_hold_no_strings_and_no_sids),
        cmocka_unit_test(slices_of_this_program_hold_no_strings_and_no_sids),
        cmocka_unit_test(slices_of_windows_programs_hold_no_strings_and_no_sids),
        cmocka_unit_test(a_string_is_found_with_its_counts),
        cmocka_unit_test(a_counted_string_needs_its_lengths_before_it),
        cmocka_unit_test(a_cut_string_shows_what_was_captured),
        cmocka_unit_test(a_lone_referent_id_is_not_reported),
        cmocka_unit_test(a_referent_id_before_a_string_is_reported),
        cmocka_unit_test(a_referent_id_does_not_reach_past_the_end),
        cmocka_unit_test(a_uuid_nobody_knows_is_not_reported),
        cmocka_unit_test(a_known_guid_carries_its_name),
        cmocka_unit_test(a_context_handle_is_believed_only_in_its_place),
        cmocka_unit_test(a_sid_with_its_count_tells_the_syntax),
        cmocka_unit_test(a_time_is_a_guess_of_little_trust),
        cmocka_unit_test(an_interface_pointer_is_found_with_its_length),
        cmocka_unit_test(a_bstr_is_read_both_ways),
        cmocka_unit_test(a_null_bstr_has_no_text),
        cmocka_unit_test(the_negotiated_syntax_stands_unless_the_bytes_say_other),
        cmocka_unit_test(with_no_evidence_the_processes_decide_or_nobody),
        cmocka_unit_test(words_between_values_are_reported_on_demand),
        cmocka_unit_test(items_are_in_order_and_do_not_overlap),
        cmocka_unit_test(every_prefix_stays_inside_its_bytes),
        cmocka_unit_test(without_memory_there_are_fewer_values),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
