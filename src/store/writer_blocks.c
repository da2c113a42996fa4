/* SPDX-License-Identifier: MIT */
#include "base/endian.h"
#include "base/limits.h"
#include "store/pcapng.h"
#include "store/writer_internal.h"

#include <string.h>

/* Option texts: far below the 64 KiB an option may have, so that all fit one chunk. */
enum {
    OPTION_TEXT_MAX = 32768
};

enum {
    START_ROOM = 12 * OPTION_TEXT_MAX
};

static uint8_t *
put_option(uint8_t *at, uint16_t code, const void *value, size_t size_bytes)
{
    size_t padding = (4 - size_bytes % 4) % 4;

    at = atr_put_u16(at, code);
    at = atr_put_u16(at, (uint16_t)size_bytes);
    memcpy(at, value, size_bytes);
    memset(at + size_bytes, 0, padding);
    return at + size_bytes + padding;
}

/* A cut text ends before a character, not inside one. */
static size_t
kept_bytes(struct atr_str text)
{
    size_t kept = OPTION_TEXT_MAX;

    if (text.size_bytes <= kept) {
        return text.size_bytes;
    }
    while (kept > OPTION_TEXT_MAX - 3 && ((uint8_t)text.data[kept] & 0xc0) == 0x80) {
        kept--;
    }
    return kept;
}

static uint8_t *
put_text(uint8_t *at, uint16_t code, struct atr_str text)
{
    return text.size_bytes == 0 ? at : put_option(at, code, text.data, kept_bytes(text));
}

/* A filter option starts with its kind; 0: text of the recorder's own language. */
static uint8_t *
put_filter(uint8_t *at, struct atr_str filter)
{
    uint8_t *option = at;
    size_t kept = kept_bytes(filter);
    size_t padding = (4 - (kept + 1) % 4) % 4;

    if (filter.size_bytes == 0) {
        return at;
    }
    at = atr_put_u16(option, ATR_OPTION_IF_FILTER);
    at = atr_put_u16(at, (uint16_t)(kept + 1));
    at = atr_put_u8(at, 0);
    memcpy(at, filter.data, kept);
    memset(at + kept, 0, padding);
    return at + kept + padding;
}

/* Ends the options and the block that began at start. */
static uint8_t *
end_block(uint8_t *start, uint8_t *at)
{
    uint32_t size_bytes = (uint32_t)(at - start) + 8;

    at = atr_put_u32(at, 0);
    (void)atr_put_u32(start + 4, size_bytes);
    return atr_put_u32(at, size_bytes);
}

static uint8_t *
put_section(uint8_t *start, const struct atr_writer_options *options)
{
    uint8_t *at = atr_put_u32(start, ATR_BLOCK_SECTION);

    at = atr_put_u32(at, 0);
    at = atr_put_u32(at, ATR_BYTE_ORDER_MAGIC);
    at = atr_put_u16(at, 1);
    at = atr_put_u16(at, 0);
    at = atr_put_u64(at, UINT64_MAX); /* length unknown: nothing is patched */
    at = put_text(at, ATR_OPTION_SECTION_HARDWARE, options->hardware);
    at = put_text(at, ATR_OPTION_SECTION_OS, options->os);
    at = put_text(at, ATR_OPTION_SECTION_APPLICATION, options->application);
    return end_block(start, at);
}

static uint8_t *
put_interface(uint8_t *start, bool is_state, const struct atr_writer_options *options)
{
    uint8_t digits = (uint8_t)(options->time_digits == 0 ? 9 : options->time_digits);
    uint8_t *at = atr_put_u32(start, ATR_BLOCK_INTERFACE);

    at = atr_put_u32(at, 0);
    at = atr_put_u16(at, ATR_LINK_UPPER_PDU);
    at = atr_put_u16(at, 0);
    at = atr_put_u32(at, ATR_PACKET_MAX);
    at = put_text(at, ATR_OPTION_IF_NAME,
                  is_state ? ATR_STR(ATR_IF_NAME_STATE) : ATR_STR(ATR_IF_NAME_EVENTS));
    at =
        put_text(at, ATR_OPTION_IF_DESCRIPTION,
                 is_state ? ATR_STR(ATR_IF_DESCRIPTION_STATE) : ATR_STR(ATR_IF_DESCRIPTION_EVENTS));
    at = put_option(at, ATR_OPTION_IF_TSRESOL, &digits, 1);
    if (!is_state) {
        at = put_filter(at, options->filter);
    }
    at = put_text(at, ATR_OPTION_IF_OS, options->os);
    return end_block(start, at);
}

enum atr_status
atr_writer_put_start(struct atr_writer *writer, const struct atr_writer_options *options)
{
    uint8_t *start = atr_writer_room(writer, START_ROOM);
    uint8_t *at;

    if (start == NULL) {
        return writer->status;
    }
    at = put_section(start, options);
    at = put_interface(at, false, options);
    at = put_interface(at, true, options);
    atr_writer_add(writer, (size_t)(at - start));
    return ATR_OK;
}

/* A time as pcapng stores it: high half first. */
static uint8_t *
put_time(uint8_t *at, uint64_t ticks)
{
    return atr_put_u32(atr_put_u32(at, (uint32_t)(ticks >> 32)), (uint32_t)(ticks & UINT32_MAX));
}

static uint8_t *
put_counter(uint8_t *at, uint16_t code, uint64_t value)
{
    uint8_t bytes[8];

    (void)atr_put_u64(bytes, value);
    return put_option(at, code, bytes, sizeof(bytes));
}

static uint8_t *
put_time_option(uint8_t *at, uint16_t code, uint64_t ticks)
{
    uint8_t bytes[8];

    (void)put_time(bytes, ticks);
    return put_option(at, code, bytes, sizeof(bytes));
}

static uint8_t *
put_one_statistics(uint8_t *start, const struct atr_writer *writer, uint32_t number,
                   uint64_t now_ns)
{
    const struct atr_writer_interface *interface = &writer->interfaces[number];
    uint8_t *at = atr_put_u32(start, ATR_BLOCK_STATISTICS);

    at = atr_put_u32(at, 0);
    at = atr_put_u32(at, number);
    at = put_time(at, now_ns / writer->tick_ns);
    if (interface->delivered > 0) {
        at =
            put_time_option(at, ATR_OPTION_STATISTICS_START, interface->first_ns / writer->tick_ns);
        at = put_time_option(at, ATR_OPTION_STATISTICS_END, interface->last_ns / writer->tick_ns);
    }
    at = put_counter(at, ATR_OPTION_STATISTICS_RECEIVED, interface->delivered + interface->lost);
    at = put_counter(at, ATR_OPTION_STATISTICS_DROPPED, interface->lost);
    at = put_counter(at, ATR_OPTION_STATISTICS_DELIVERED, interface->delivered);
    return end_block(start, at);
}

enum atr_status
atr_writer_put_statistics(struct atr_writer *writer, uint64_t now_ns)
{
    uint8_t *start = atr_writer_room(writer, 256);
    uint8_t *at;

    if (start == NULL) {
        return writer->status;
    }
    at = put_one_statistics(start, writer, ATR_INTERFACE_EVENTS, now_ns);
    at = put_one_statistics(at, writer, ATR_INTERFACE_STATE, now_ns);
    atr_writer_add(writer, (size_t)(at - start));
    return ATR_OK;
}
