/* SPDX-License-Identifier: MIT */
#include "decode/ndr_guess_parts.h"

enum {
    FIRST_ID = 0x00020000, /* of referents; the next ones count up by 4 (ndr 2.1) */
    ID_STEP = 4,
    USER_MARK = 0x72657355,
    OBJREF_MARK = 0x574f454d,
    COM_GUID_WORD = 0x000000c0, /* third word of {xxxxxxxx-xxxx-xxxx-C000-000000000046} */
    TIME_HIGH_MIN = 0x01a00000, /* 1972 */
    TIME_HIGH_MAX = 0x02200000, /* 2086 */
    STRING_MAX = 0x18000,       /* the longest maximum a string detector takes */
    SEARCH_WORDS = 1 << 16,     /* backwards, in one message: bounds the time of hostile ones */
    GAP_WORDS_MAX = 16,         /* reported between values; a longer gap is data, not fields */

    TRUST_ID = 80,
    TRUST_TIME = 40,
    TRUST_WORD = 20,
};

void
atr_ndr_find_add(struct atr_ndr_scan *scan, struct atr_ndr_find find)
{
    if (scan->count < ATR_NDR_ITEMS_MAX) {
        scan->finds[scan->count++] = find;
    }
}

static void
add_plain(struct atr_ndr_scan *scan, uint32_t at, uint32_t size_bytes, enum atr_ndr_kind kind,
          unsigned trust, unsigned syntaxes)
{
    atr_ndr_find_add(scan, (struct atr_ndr_find){.offset = at,
                                                 .end = at + size_bytes,
                                                 .body = at,
                                                 .kind = (uint8_t)kind,
                                                 .trust = (uint8_t)trust,
                                                 .syntaxes = (uint8_t)syntaxes});
}

/* The next of a sequence; servers on Windows also give every pointer the first id. */
static bool
is_next_id(uint32_t word, struct atr_ndr_ids *ids)
{
    uint32_t next = FIRST_ID + ID_STEP * ids->steps;

    if (word != next && (word != FIRST_ID || ids->count == 0)) {
        return false;
    }
    ids->steps += word == next;
    ids->count++;
    return true;
}

/* How many ids there are decides later whether they count. */
static void
find_id(struct atr_ndr_scan *scan, uint32_t at, uint32_t word, uint32_t next)
{
    unsigned syntaxes = is_next_id(word, &scan->ids_20) ? ATR_NDR_IN_20 : 0;

    if (at % 8 == 0 && next == 0 && scan->size_bytes - at >= 8 && is_next_id(word, &scan->ids_64)) {
        syntaxes |= ATR_NDR_IN_64;
    }
    if (syntaxes != 0) {
        add_plain(scan, at, 4, ATR_NDR_PTR, 0, syntaxes);
    }
}

/* The low half is never 0, and the high one no power of two, as flags often are. */
static bool
is_time_high(uint32_t word, uint32_t before)
{
    return word >= TIME_HIGH_MIN && word <= TIME_HIGH_MAX && (word & 0xffff) != 0 && before != 0;
}

/* What the word at `at` may be part of. Returns where the pass goes on, or 0. */
static uint32_t
detect(struct atr_ndr_scan *scan, uint32_t at, uint32_t before, uint32_t word, uint32_t next)
{
    uint32_t end = 0;

    if (next == 0 && word <= STRING_MAX) {
        end = atr_ndr_find_string(scan, at);
    }
    if (end == 0 && (word & 0xffff00ff) == 1) {
        end = atr_ndr_find_sid(scan, at);
    } else if (word == OBJREF_MARK) {
        end = atr_ndr_find_objref(scan, at);
    } else if (word == USER_MARK) {
        end = atr_ndr_find_bstr(scan, at);
    } else if (word >> 16 == FIRST_ID >> 16) {
        find_id(scan, at, word, next);
    } else if (is_time_high(word, before)) {
        add_plain(scan, at - 4, 8, ATR_NDR_TIME, TRUST_TIME, ATR_NDR_IN_BOTH);
    }
    if (end == 0 && at >= scan->start + 8 &&
        ((word & 0xc0) == 0x80 ? before >> 28 >= 1 && before >> 28 <= 5 : word == COM_GUID_WORD)) {
        end = atr_ndr_find_guid(scan, at - 8);
    }
    return end;
}

static uint32_t
align_up(uint32_t value, uint32_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

static void
scan_words(struct atr_ndr_scan *scan)
{
    uint32_t last = scan->size_bytes & ~3U;
    uint32_t before = 0;
    uint32_t at = scan->start;

    while (at < last) {
        uint32_t word = atr_ndr_word(scan, at);
        uint32_t end = 0;

        if (word != 0) {
            end = detect(scan, at, before, word, atr_ndr_word(scan, at + 4));
        }
        before = end == 0 ? word : 0;
        at = end == 0 ? at + 4 : align_up(end, 4);
    }
}

static void
scan_make(struct atr_ndr_scan *scan, const struct atr_ndr_view *view, uint32_t start)
{
    size_t size = view->bytes.size_bytes < ATR_PART_MAX ? view->bytes.size_bytes : ATR_PART_MAX;

    scan->data = view->bytes.data;
    scan->size_bytes = (uint32_t)size;
    scan->start = start < size ? align_up(start, 4) : (uint32_t)size;
    if (scan->start > size) {
        scan->start = (uint32_t)size;
    }
    scan->original_bytes = view->original_bytes > view->bytes.size_bytes ? view->original_bytes
                                                                         : view->bytes.size_bytes;
    scan->search_left = SEARCH_WORDS;
    scan->ids_20 = (struct atr_ndr_ids){0};
    scan->ids_64 = (struct atr_ndr_ids){0};
    scan->count = 0;
}

struct evidence {
    uint32_t trust_20; /* sum over the finds that only one syntax reads */
    uint32_t trust_64;
    uint32_t ids_20;
    uint32_t ids_64;
};

static struct evidence
weigh(const struct atr_ndr_scan *scan)
{
    struct evidence sum = {.ids_20 = scan->ids_20.count, .ids_64 = scan->ids_64.count};

    for (uint32_t i = 0; i < scan->count; i++) {
        const struct atr_ndr_find *find = &scan->finds[i];

        if (find->syntaxes == ATR_NDR_IN_20) {
            sum.trust_20 += find->trust;
        } else if (find->syntaxes == ATR_NDR_IN_64) {
            sum.trust_64 += find->trust;
        }
    }
    return sum;
}

/* With no more than referent ids: NDR64 has a zero word behind each. */
static enum atr_syntax
syntax_by_ids(const struct evidence *sum, unsigned pointer_bytes)
{
    if (sum->ids_64 >= 2 && sum->ids_64 >= sum->ids_20) {
        return ATR_SYNTAX_NDR64;
    }
    if (sum->ids_20 >= 2) {
        return ATR_SYNTAX_NDR20;
    }
    switch (pointer_bytes) {
    case 4:
        return ATR_SYNTAX_NDR20;
    case 8:
        return ATR_SYNTAX_NDR64;
    default:
        return ATR_SYNTAX_UNKNOWN;
    }
}

static enum atr_syntax
syntax_choose(const struct evidence *sum, const struct atr_ndr_guess_options *options)
{
    bool negotiated_64 = options->syntax == ATR_SYNTAX_NDR64 || options->syntax == ATR_SYNTAX_TEST;

    if (sum->trust_64 > sum->trust_20) {
        return negotiated_64 ? options->syntax : ATR_SYNTAX_NDR64;
    }
    if (sum->trust_20 > sum->trust_64) {
        return ATR_SYNTAX_NDR20;
    }
    return options->syntax != ATR_SYNTAX_UNKNOWN ? options->syntax
                                                 : syntax_by_ids(sum, options->pointer_bytes);
}

static enum atr_grade
syntax_grade(enum atr_syntax syntax, const struct atr_ndr_guess_options *options)
{
    if (syntax == ATR_SYNTAX_UNKNOWN) {
        return ATR_GRADE_NONE;
    }
    if (syntax != options->syntax) {
        return ATR_GRADE_GUESS;
    }
    return options->syntax_grade == ATR_GRADE_NONE ? ATR_GRADE_BOUND : options->syntax_grade;
}

/* What a pointer's id may announce. */
static bool
is_referent(uint8_t kind)
{
    static const uint32_t kinds = 1U << ATR_NDR_WSTRING | 1U << ATR_NDR_ASTRING |
                                  1U << ATR_NDR_COUNTED_STRING | 1U << ATR_NDR_SID |
                                  1U << ATR_NDR_GUID | 1U << ATR_NDR_OBJREF;

    return (kinds >> kind & 1) != 0;
}

/* An id does not count alone: something that begins right behind it must confirm it. */
static bool
is_followed(const struct atr_ndr_scan *scan, uint32_t index, uint32_t end, unsigned syntax_bit)
{
    for (uint32_t i = index + 1; i < scan->count && scan->finds[i].offset <= end; i++) {
        const struct atr_ndr_find *find = &scan->finds[i];

        if (find->offset == end && is_referent(find->kind) && (find->syntaxes & syntax_bit) != 0) {
            return true;
        }
    }
    return false;
}

/* Drops what the other syntax reads, and gives ids the size and trust they have in this one. */
static void
keep_syntax(struct atr_ndr_scan *scan, const struct evidence *sum, enum atr_syntax syntax)
{
    bool wide = syntax == ATR_SYNTAX_NDR64 || syntax == ATR_SYNTAX_TEST;
    unsigned bit = wide ? ATR_NDR_IN_64 : ATR_NDR_IN_20;
    uint32_t ids = wide ? sum->ids_64 : sum->ids_20;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < scan->count; i++) {
        struct atr_ndr_find find = scan->finds[i];

        if ((find.syntaxes & bit) == 0 && syntax != ATR_SYNTAX_UNKNOWN) {
            continue;
        }
        if (find.kind == ATR_NDR_PTR) {
            find.end = find.offset + (wide ? 8 : 4);
            if (ids < 2 && !is_followed(scan, i, find.end, bit)) {
                continue;
            }
            find.trust = TRUST_ID;
        }
        scan->finds[kept++] = find;
    }
    scan->count = kept;
}

/* The pass leaves them nearly in order: some detectors look back by a few words. */
static void
sort_by_offset(struct atr_ndr_scan *scan)
{
    for (uint32_t i = 1; i < scan->count; i++) {
        struct atr_ndr_find find = scan->finds[i];
        uint32_t at = i;

        while (at > 0 && scan->finds[at - 1].offset > find.offset) {
            scan->finds[at] = scan->finds[at - 1];
            at--;
        }
        scan->finds[at] = find;
    }
}

static void
drop_overlaps(struct atr_ndr_scan *scan)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < scan->count; i++) {
        struct atr_ndr_find find = scan->finds[i];

        while (kept > 0 && scan->finds[kept - 1].end > find.offset &&
               scan->finds[kept - 1].trust < find.trust) {
            kept--;
        }
        if (kept == 0 || scan->finds[kept - 1].end <= find.offset) {
            scan->finds[kept++] = find;
        }
    }
    scan->count = kept;
}

static uint32_t
gap_words(uint32_t from, uint32_t to, uint32_t left)
{
    uint32_t begin = align_up(from, 4);
    uint32_t words = begin < to ? (to - begin) / 4 : 0;

    return words <= left ? words : 0;
}

/* Words between the finds, in order, while they are few. */
static void
add_gap_words(struct atr_ndr_scan *scan)
{
    uint32_t count = scan->count;
    uint32_t left = GAP_WORDS_MAX;
    uint32_t from = scan->start;

    for (uint32_t i = 0; i <= count; i++) {
        uint32_t to = i < count ? scan->finds[i].offset : scan->size_bytes;
        uint32_t words = gap_words(from, to, left);

        for (uint32_t word = 0; word < words; word++) {
            add_plain(scan, align_up(from, 4) + 4 * word, 4, ATR_NDR_U32, TRUST_WORD,
                      ATR_NDR_IN_BOTH);
        }
        left -= words;
        from = i < count ? scan->finds[i].end : from;
    }
    sort_by_offset(scan);
}

void
atr_ndr_guess(struct atr_arena *arena, struct atr_ndr_view *view,
              const struct atr_ndr_guess_options *options)
{
    struct atr_ndr_scan scan;
    struct evidence sum;
    struct atr_ndr_item *items;

    scan_make(&scan, view, options->params_offset);
    atr_ndr_find_context_handle(&scan, options->is_response);
    scan_words(&scan);
    if (options->is_response) {
        atr_ndr_find_return(&scan);
    }
    sum = weigh(&scan);
    view->params_offset = options->params_offset;
    view->syntax = syntax_choose(&sum, options);
    view->syntax_grade = syntax_grade(view->syntax, options);
    view->error = NULL;
    sort_by_offset(&scan);
    keep_syntax(&scan, &sum, view->syntax);
    drop_overlaps(&scan);
    if (options->words) {
        add_gap_words(&scan);
    }
    items = scan.count == 0 ? NULL : atr_arena_alloc(arena, scan.count, sizeof(*items));
    view->items = items;
    view->item_count = items == NULL ? 0 : scan.count;
    for (uint32_t i = 0; i < view->item_count; i++) {
        atr_ndr_find_fill(arena, &scan, &scan.finds[i], &items[i]);
    }
}
