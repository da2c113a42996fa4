/* SPDX-License-Identifier: MIT */
/* Strings by their counts (ndr 2.1, 9) and BSTRs by their marker (orpc 8). */
#include "base/endian.h"
#include "decode/ndr.h"
#include "decode/ndr_guess_parts.h"

enum {
    UNITS_MAX = 0x8000,    /* longer than any path */
    ROOM_MAX = 0x10000,    /* that the maximum may exceed the actual count */
    REPORT_TRUST = 50,     /* less is as often noise */
    CUT_TRUST = 60,        /* of a string whose end was not captured */
    CUT_UNITS_MIN = 8,     /* captured of it */
    STRANGE_UNITS_MIN = 4, /* of mixed scripts */
    FREE_TEXT_UNITS = 8,   /* from here on line ends and tabs are believable */
    BSTR_TRUST = 95,
    ODD_BSTR_TRUST = 40, /* empty, or no text */
};

/* What the counts claim and what of it can be looked at. */
struct claim {
    uint32_t body;
    uint32_t max;
    uint32_t count; /* units, the NUL counts */
    uint8_t syntaxes;
};

/* The characters of a claim, judged. */
struct verdict {
    uint32_t units; /* that were there to judge */
    uint32_t latin;
    bool readable; /* no control characters, NULs, or halves of a pair */
    bool has_nul;  /* behind the last */
    bool is_cut;   /* the rest lies in the message, not in the capture */
};

/* Three counts: 32 bits each, or 64 with the high halves zero (ndr 2.2, 2.3). */
static bool
read_claim(const struct atr_ndr_scan *scan, uint32_t at, struct claim *out)
{
    uint32_t third = atr_ndr_word(scan, at + 8);

    out->max = atr_ndr_word(scan, at);
    if (third != 0) {
        out->count = third;
        out->body = at + 12;
        out->syntaxes = ATR_NDR_IN_20;
    } else if (at % 8 == 0 && atr_ndr_word(scan, at + 12) == 0 &&
               atr_ndr_word(scan, at + 20) == 0) {
        out->count = atr_ndr_word(scan, at + 16);
        out->body = at + 24;
        out->syntaxes = ATR_NDR_IN_64;
    } else {
        return false;
    }
    return out->count >= 1 && out->count <= out->max && out->max - out->count <= ROOM_MAX &&
           out->count <= UNITS_MAX && out->body < scan->size_bytes;
}

/* False: the message itself ends before the last unit. */
static bool
measure(const struct atr_ndr_scan *scan, const struct claim *claim, unsigned unit_bytes,
        struct verdict *out)
{
    uint32_t room = (scan->size_bytes - claim->body) / unit_bytes;

    *out = (struct verdict){.units = claim->count};
    if (claim->count > room) {
        out->units = room;
        out->is_cut = true;
        return claim->count <= (scan->original_bytes - claim->body) / unit_bytes;
    }
    return true;
}

static bool
is_latin(uint32_t unit)
{
    return (unit >= 0x20 && unit < 0x7f) || (unit >= 0xa0 && unit < 0x100);
}

static bool
is_layout(uint32_t unit)
{
    return unit == '\t' || unit == '\n' || unit == '\r';
}

static uint32_t
unit_at(const uint8_t *units, uint32_t index)
{
    const uint8_t *unit = units + 2 * (size_t)index;

    return (uint32_t)(unit[0] | unit[1] << 8);
}

static bool
is_low_surrogate(uint32_t unit)
{
    return unit >= 0xdc00 && unit < 0xe000;
}

/* Units that no text has: controls, NUL, lone halves, non-characters. Steps over the second half.
 */
static bool
is_readable_unit(const uint8_t *units, uint32_t *index, uint32_t count)
{
    uint32_t unit = unit_at(units, *index);

    if (unit < 0x20) {
        return is_layout(unit) && count >= FREE_TEXT_UNITS;
    }
    if (unit >= 0xd800 && unit < 0xdc00) {
        ++*index;
        return *index < count && is_low_surrogate(unit_at(units, *index));
    }
    return !is_low_surrogate(unit) && unit < 0xfffe;
}

/*
 * Most texts are printable ASCII from end to end. Looks at four units at a time; gives the number
 * before the first four with something else among them.
 */
static uint32_t
count_ascii(const uint8_t *units, uint32_t count)
{
    const uint64_t each = UINT64_C(0x0001000100010001);
    uint32_t at = 0;

    for (; count - at >= 4; at += 4) {
        uint64_t four = atr_get_u64(units + 2 * (size_t)at);

        /* 0x20 to 0x7e: less than 0x80, and still so with one more, but not with 0x60 more. */
        if (((four | (four + each)) & each * 0xff80) != 0 ||
            ((four + each * 0x60) & each * 0x80) != each * 0x80) {
            break;
        }
    }
    return at;
}

static void
judge_wide(const struct atr_ndr_scan *scan, const struct claim *claim, struct verdict *out)
{
    const uint8_t *units = scan->data + claim->body;

    if (!measure(scan, claim, 2, out) || out->units == 0) {
        return;
    }
    if (!out->is_cut && unit_at(units, out->units - 1) == 0) {
        out->has_nul = true;
        out->units--;
    }
    out->latin = count_ascii(units, out->units);
    for (uint32_t i = out->latin; i < out->units; i++) {
        uint32_t unit = unit_at(units, i);

        if (is_latin(unit)) {
            out->latin++;
        } else if (!is_readable_unit(units, &i, out->units)) {
            return;
        }
    }
    out->readable = true;
}

static void
judge_narrow(const struct atr_ndr_scan *scan, const struct claim *claim, struct verdict *out)
{
    const uint8_t *units = scan->data + claim->body;

    if (!measure(scan, claim, 1, out)) {
        return;
    }
    if (!out->is_cut && units[out->units - 1] == 0) {
        out->has_nul = true;
        out->units--;
    }
    for (uint32_t i = 0; i < out->units; i++) {
        if ((units[i] < 0x20 || units[i] >= 0x7f) &&
            !(is_layout(units[i]) && out->units >= FREE_TEXT_UNITS)) {
            return;
        }
    }
    out->readable = out->units >= 3;
    out->latin = out->units;
}

/* Looks back for the {Length, MaximumLength} of an RPC_UNICODE_STRING, in bytes. */
static bool
has_counted_head(struct atr_ndr_scan *scan, uint32_t at, const struct claim *claim)
{
    uint32_t head = 2 * claim->count | 2 * claim->max << 16;

    if (claim->max > UINT16_MAX / 2) {
        return false;
    }
    while (at >= scan->start + 4 && scan->search_left > 0) {
        at -= 4;
        scan->search_left--;
        if (atr_ndr_word(scan, at) == head) {
            return true;
        }
    }
    return false;
}

/* What a text of one character is likely to be; small numbers between zeros look the same. */
static bool
is_lone_character(uint32_t unit)
{
    return (unit >= '0' && unit <= '9') || (unit >= 'A' && unit <= 'Z') ||
           (unit >= 'a' && unit <= 'z') || unit == '*' || unit == '.' || unit == '/' ||
           unit == '\\';
}

/* 0: none that short texts are believed in. */
static uint32_t
script_of(uint32_t unit)
{
    if (unit >= 0xac00 && unit < 0xd7a4) {
        return 0xac00; /* Hangul */
    }
    if (unit >= 0x3040 && unit < 0xa000) {
        return 0x3040; /* Kana and Han */
    }
    return unit >= 0x370 && unit < 0x1000 ? unit >> 8 : 0; /* an alphabet lies in one page */
}

static bool
is_one_script(const uint8_t *units, uint32_t count)
{
    uint32_t script = script_of(unit_at(units, 0));

    for (uint32_t i = 1; i < count; i++) {
        if (script_of(unit_at(units, i)) != script) {
            return false;
        }
    }
    return script != 0;
}

static bool
is_mostly_latin(const struct verdict *verdict)
{
    return verdict->latin * 5 > verdict->units * 3;
}

/* Latin, or long enough or of one script. */
static bool
is_mostly_text(const struct atr_ndr_scan *scan, const struct claim *claim,
               const struct verdict *verdict)
{
    return is_mostly_latin(verdict) || verdict->units >= STRANGE_UNITS_MIN ||
           (verdict->units > 1 && is_one_script(scan->data + claim->body, verdict->units));
}

/* First of all, right behind another value, or behind a referent id. */
static bool
is_where_strings_begin(const struct atr_ndr_scan *scan, uint32_t at, uint8_t syntaxes)
{
    uint32_t before = at - scan->start < 4 ? 0 : atr_ndr_word(scan, at - 4);

    if (before == 0 && syntaxes == ATR_NDR_IN_64 && at - scan->start >= 8) {
        before = atr_ndr_word(scan, at - 8);
    }
    return at == scan->start || before >> 16 == 2 ||
           (scan->count > 0 && at - scan->finds[scan->count - 1].end < 8);
}

static unsigned
trust_with_nul(const struct atr_ndr_scan *scan, uint32_t at, const struct claim *claim,
               const struct verdict *verdict)
{
    unsigned exact = claim->max == claim->count ? 5 : 0;

    if (claim->count == 2) {
        return is_lone_character(unit_at(scan->data + claim->body, 0)) &&
                       is_where_strings_begin(scan, at, claim->syntaxes)
                   ? 70
                   : 35;
    }
    if (claim->count < 2 || !is_mostly_text(scan, claim, verdict)) {
        return 35;
    }
    return (is_mostly_latin(verdict) ? 90 : 60) + exact;
}

static unsigned
trust_without_nul(struct atr_ndr_scan *scan, uint32_t at, const struct claim *claim,
                  const struct verdict *verdict)
{
    bool mostly_latin = verdict->latin * 5 > verdict->units * 4;

    if (verdict->is_cut) {
        return mostly_latin && verdict->units >= CUT_UNITS_MIN ? CUT_TRUST : 0;
    }
    if (has_counted_head(scan, at, claim)) {
        return 85;
    }
    return claim->count >= 4 && claim->count == claim->max && mostly_latin ? 50 : 15;
}

static uint32_t
add_string(struct atr_ndr_scan *scan, uint32_t at, const struct claim *claim, unsigned unit_bytes,
           const struct atr_ndr_find *find)
{
    struct atr_ndr_find full = *find;
    uint64_t end = claim->body + (uint64_t)claim->count * unit_bytes;

    full.offset = at;
    full.body = claim->body;
    full.end = end < scan->size_bytes ? (uint32_t)end : scan->size_bytes;
    full.syntaxes = claim->syntaxes;
    atr_ndr_find_add(scan, full);
    return full.end;
}

/*
 * ANSI with its NUL goes first: bytes that are text up to a NUL exactly where the count says are
 * hardly ever UTF-16 as well, while short ANSI with something behind it often is.
 */
uint32_t
atr_ndr_find_string(struct atr_ndr_scan *scan, uint32_t at)
{
    struct claim claim;
    struct verdict wide;
    struct verdict narrow;
    unsigned trust = 0;

    if (!read_claim(scan, at, &claim)) {
        return 0;
    }
    judge_narrow(scan, &claim, &narrow);
    if (narrow.readable && narrow.has_nul) {
        return add_string(scan, at, &claim, 1,
                          &(struct atr_ndr_find){.kind = ATR_NDR_ASTRING, .trust = 90});
    }
    judge_wide(scan, &claim, &wide);
    if (wide.readable) {
        trust = wide.has_nul ? trust_with_nul(scan, at, &claim, &wide)
                             : trust_without_nul(scan, at, &claim, &wide);
    }
    if (trust >= REPORT_TRUST) {
        return add_string(scan, at, &claim, 2,
                          &(struct atr_ndr_find){.kind = wide.has_nul || wide.is_cut
                                                             ? ATR_NDR_WSTRING
                                                             : ATR_NDR_COUNTED_STRING,
                                                 .trust = (uint8_t)trust});
    }
    if (narrow.readable && (narrow.is_cut ? narrow.units >= CUT_UNITS_MIN
                                          : claim.count >= 4 && claim.count == claim.max)) {
        return add_string(scan, at, &claim, 1,
                          &(struct atr_ndr_find){.kind = ATR_NDR_ASTRING, .trust = REPORT_TRUST});
    }
    return 0;
}

/* FLAGGED_WORD_BLOB at that offset: maximum, bytes, units; ends behind it, or 0. */
static uint32_t
bstr_end(const struct atr_ndr_scan *scan, uint32_t at)
{
    uint32_t units = atr_ndr_word(scan, at + 8);
    uint64_t body = (uint64_t)at + 12;
    uint64_t end = body + 2 * (uint64_t)units;

    if (body > scan->size_bytes || end > scan->original_bytes ||
        !atr_ndr_bstr_counts_fit(atr_ndr_word(scan, at), atr_ndr_word(scan, at + 4), units)) {
        return 0;
    }
    return end < scan->size_bytes ? (uint32_t)end : scan->size_bytes;
}

static unsigned
bstr_trust(const struct atr_ndr_scan *scan, uint32_t counts)
{
    struct claim claim = {.body = counts + 12, .count = atr_ndr_word(scan, counts + 8)};
    struct verdict verdict;

    if (atr_ndr_word(scan, counts + 4) == UINT32_MAX) {
        return BSTR_TRUST;
    }
    judge_wide(scan, &claim, &verdict);
    return verdict.readable && is_mostly_text(scan, &claim, &verdict) ? BSTR_TRUST : ODD_BSTR_TRUST;
}

/* Whether 4 pad bytes follow the marker is disputed: the counts decide (orpc 8). */
uint32_t
atr_ndr_find_bstr(struct atr_ndr_scan *scan, uint32_t at)
{
    uint32_t counts = at + 4;
    uint32_t end = bstr_end(scan, counts);

    if (end == 0 && at % 8 == 0) {
        counts = at + 8;
        end = bstr_end(scan, counts);
    }
    if (end != 0) {
        atr_ndr_find_add(scan, (struct atr_ndr_find){.offset = at,
                                                     .end = end,
                                                     .body = counts + 12,
                                                     .kind = ATR_NDR_BSTR,
                                                     .trust = (uint8_t)bstr_trust(scan, counts),
                                                     .syntaxes = ATR_NDR_IN_BOTH});
    }
    return end;
}
