/* SPDX-License-Identifier: MIT */
#include "store/section.h"

#include <string.h>

#define SECOND_NS UINT64_C(1000000000)

enum {
    SECTION_FIXED_BYTES = 24,   /* type, length, magic, version, section length */
    INTERFACE_FIXED_BYTES = 16, /* type, length, link type, reserved, snap length */
    BINARY_RESOLUTION = 0x80,
    MAJOR_OFFSET = 12,
    MAJOR = 1,
};

static struct atr_options
options_of(const struct atr_block *block, size_t fixed_bytes)
{
    size_t around = fixed_bytes + 4;
    struct atr_options options = {.is_big_endian = block->is_big_endian};

    if (block->bytes.size_bytes > around) {
        options.left =
            (struct atr_bytes){block->bytes.data + fixed_bytes, block->bytes.size_bytes - around};
    }
    return options;
}

static struct atr_str
as_text(struct atr_bytes value)
{
    struct atr_str text = atr_str_make((const char *)value.data, value.size_bytes);

    while (text.size_bytes > 0 && text.data[text.size_bytes - 1] == '\0') {
        text.size_bytes--;
    }
    return text;
}

/* The first value of an option wins. */
static void
keep_text(struct atr_str *to, struct atr_bytes value, struct atr_arena *arena)
{
    struct atr_str text = as_text(value);

    if (to->data == NULL && text.size_bytes > 0) {
        *to = atr_arena_str(arena, text);
    }
}

void
atr_section_init(struct atr_section *section)
{
    section->offset = 0;
    section->is_unsupported = false;
    section->block_count = 0;
    section->guess =
        (struct atr_interface){.is_ours = true, .has_tags = true, .digits = 9, .factor = 1};
}

void
atr_section_begin(struct atr_section *section, const struct atr_block *block,
                  struct atr_section_texts *texts, struct atr_arena *arena)
{
    struct atr_options options = options_of(block, SECTION_FIXED_BYTES);
    struct atr_bytes value;
    uint16_t code;

    atr_section_init(section);
    section->offset = block->offset;
    section->is_unsupported =
        atr_load_u16(block->bytes.data + MAJOR_OFFSET, block->is_big_endian) != MAJOR;
    while (texts != NULL && atr_options_next(&options, &code, &value)) {
        if (code == ATR_OPTION_SECTION_HARDWARE) {
            keep_text(&texts->hardware, value, arena);
        } else if (code == ATR_OPTION_SECTION_OS) {
            keep_text(&texts->os, value, arena);
        } else if (code == ATR_OPTION_SECTION_APPLICATION) {
            keep_text(&texts->application, value, arena);
        }
    }
}

static bool
is_our_name(struct atr_str text)
{
    return atr_str_equal(text, ATR_STR(ATR_IF_NAME_EVENTS)) ||
           atr_str_equal(text, ATR_STR(ATR_IF_NAME_STATE)) ||
           atr_str_equal(text, ATR_STR(ATR_IF_DESCRIPTION_EVENTS)) ||
           atr_str_equal(text, ATR_STR(ATR_IF_DESCRIPTION_STATE));
}

static void
take_option(struct atr_interface *interface, uint16_t code, struct atr_bytes value,
            bool is_big_endian)
{
    if (code == ATR_OPTION_IF_NAME || code == ATR_OPTION_IF_DESCRIPTION) {
        interface->is_ours |= is_our_name(as_text(value));
    } else if (code == ATR_OPTION_IF_TSRESOL && value.size_bytes == 1) {
        interface->is_binary = (value.data[0] & BINARY_RESOLUTION) != 0;
        interface->digits = value.data[0] & 0x7f;
    } else if (code == ATR_OPTION_IF_TSOFFSET && value.size_bytes == 8) {
        uint64_t bits = atr_load_u64(value.data, is_big_endian);

        memcpy(&interface->offset_s, &bits, sizeof(bits));
    }
}

static uint64_t
power_of_ten(unsigned exponent)
{
    uint64_t power = 1;

    for (; exponent > 0; exponent--) {
        power *= 10;
    }
    return power;
}

static struct atr_interface
read_interface(const struct atr_block *block, struct atr_section_texts *texts,
               struct atr_arena *arena)
{
    struct atr_interface interface = {.digits = 6};
    struct atr_options options = options_of(block, INTERFACE_FIXED_BYTES);
    struct atr_bytes value;
    uint16_t code;

    while (atr_options_next(&options, &code, &value)) {
        take_option(&interface, code, value, block->is_big_endian);
        if (code == ATR_OPTION_IF_FILTER && value.size_bytes > 1 && value.data[0] == 0) {
            keep_text(&texts->filter, (struct atr_bytes){value.data + 1, value.size_bytes - 1},
                      arena);
        }
    }
    interface.has_tags =
        atr_load_u16(block->bytes.data + 8, block->is_big_endian) == ATR_LINK_UPPER_PDU;
    interface.is_ours |= interface.has_tags;
    if (!interface.is_binary && interface.digits <= 9) {
        interface.factor = power_of_ten(9U - interface.digits);
    }
    return interface;
}

bool
atr_section_add_interface(struct atr_section *section, const struct atr_block *block,
                          struct atr_section_texts *texts, struct atr_arena *arena)
{
    bool is_whole = block->bytes.size_bytes >= INTERFACE_FIXED_BYTES + 4;
    struct atr_interface interface =
        is_whole ? read_interface(block, texts, arena) : section->guess;

    section->guess = interface;
    section->guess.is_ours = true;
    section->guess.has_tags = true;
    if (section->block_count < ATR_READER_INTERFACES_MAX) {
        section->interfaces[section->block_count] = interface;
    }
    section->block_count++;
    return is_whole;
}

const struct atr_interface *
atr_section_interface(const struct atr_section *section, uint32_t number)
{
    bool is_known = number < section->block_count && number < ATR_READER_INTERFACES_MAX;

    return is_known ? &section->interfaces[number] : &section->guess;
}

static uint64_t
multiply_capped(uint64_t a, uint64_t b)
{
    return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

static uint64_t
add_seconds(uint64_t time_ns, int64_t seconds)
{
    uint64_t size = seconds < 0 ? (uint64_t)0 - (uint64_t)seconds : (uint64_t)seconds;
    uint64_t size_ns = multiply_capped(size, SECOND_NS);

    if (seconds < 0) {
        return time_ns < size_ns ? 0 : time_ns - size_ns;
    }
    return time_ns > UINT64_MAX - size_ns ? UINT64_MAX : time_ns + size_ns;
}

/* 2^-digits seconds a tick; what is finer than a nanosecond is cut off. */
static uint64_t
binary_time_ns(uint64_t ticks, unsigned digits)
{
    uint64_t seconds = digits >= 64 ? 0 : ticks >> digits;
    uint64_t fraction = digits >= 64 || digits == 0 ? ticks : ticks << (64 - digits);
    uint64_t low_ns = (fraction & UINT32_MAX) * SECOND_NS >> 32;
    uint64_t fraction_ns = ((fraction >> 32) * SECOND_NS + low_ns) >> 32;
    uint64_t seconds_ns = multiply_capped(seconds, SECOND_NS);

    if (digits == 0) {
        return seconds_ns;
    }
    if (digits > 64) {
        fraction_ns >>= digits - 64; /* at most 63 */
    }
    return seconds_ns > UINT64_MAX - fraction_ns ? UINT64_MAX : seconds_ns + fraction_ns;
}

uint64_t
atr_interface_time_ns(const struct atr_interface *interface, uint64_t ticks)
{
    uint64_t time_ns;

    if (interface->factor != 0) {
        time_ns = interface->factor == 1 ? ticks : multiply_capped(ticks, interface->factor);
    } else if (interface->is_binary) {
        time_ns = binary_time_ns(ticks, interface->digits);
    } else {
        unsigned excess = interface->digits - 9U; /* digits > 9 here */

        time_ns = excess > 19 ? 0 : ticks / power_of_ten(excess);
    }
    return interface->offset_s == 0 ? time_ns : add_seconds(time_ns, interface->offset_s);
}

/* Wireshark's upper-PDU tags: big-endian type and length, until the end tag. */
static bool
strip_other_tags(struct atr_bytes packet, struct atr_bytes *record)
{
    bool is_ours = false;
    size_t at = 0;

    while (packet.size_bytes - at >= 4) {
        uint16_t tag = atr_load_u16(packet.data + at, true);
        size_t size_bytes = atr_load_u16(packet.data + at + 2, true);

        at += 4;
        if (size_bytes > packet.size_bytes - at) {
            return false;
        }
        if (tag == ATR_TAG_END) {
            at += size_bytes;
            *record = (struct atr_bytes){packet.data + at, packet.size_bytes - at};
            return is_ours;
        }
        if (tag == ATR_TAG_DISSECTOR) {
            struct atr_str name = as_text((struct atr_bytes){packet.data + at, size_bytes});

            is_ours = atr_str_equal(name, ATR_STR(ATR_IF_NAME_EVENTS));
        }
        at += size_bytes;
    }
    return false;
}

bool
atr_tags_strip(struct atr_bytes packet, struct atr_bytes *record)
{
    if (packet.size_bytes >= ATR_TAGS_BYTES && memcmp(packet.data, ATR_TAGS, ATR_TAGS_BYTES) == 0) {
        *record =
            (struct atr_bytes){packet.data + ATR_TAGS_BYTES, packet.size_bytes - ATR_TAGS_BYTES};
        return true;
    }
    return strip_other_tags(packet, record);
}
