/* SPDX-License-Identifier: MIT */
#include "store/reader.h"

#include "base/crc32c.h"
#include "store/seal.h"
#include "wire/record.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    /* Texts of the first section: options end at 64 KiB each. */
    TEXT_BYTES_MAX = 512 * 1024,

    PACKET_FIXED_BYTES = 28, /* type, length, interface, time, captured, original */
};

struct atr_reader {
    struct atr_heap heap;
    struct atr_blocks blocks;
    struct atr_reader_options options;
    struct atr_section section;
    struct atr_arena texts_arena;
    struct atr_section_texts texts;
    struct atr_reader_report report;

    /* What the next seal has to cover. */
    uint64_t unsealed_start; /* in the file */
    uint32_t crc32c;
    bool is_broken; /* bytes were skipped: no seal can fit */
};

static void finding(struct atr_reader *reader, uint64_t offset, bool is_damage, const char *format,
                    ...) ATR_PRINTF(4, 5);

static void
finding(struct atr_reader *reader, uint64_t offset, bool is_damage, const char *format, ...)
{
    struct atr_reader_report *report = &reader->report;
    char text[sizeof(report->problem)];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (is_damage) {
        if (!report->damaged) {
            report->problem_offset = offset;
            memcpy(report->problem, text, sizeof(text));
        }
        report->damaged = true;
        report->damages++;
    }
    if (reader->options.on_finding != NULL) {
        const struct atr_reader_finding found = {offset, is_damage, text};

        reader->options.on_finding(reader->options.context, &found);
    }
}

unsigned
atr_reader_probe(struct atr_bytes head)
{
    static const char description[] = "alpctrace/1 ";
    struct atr_str text = atr_str_make((const char *)head.data, head.size_bytes);
    bool is_big_endian;

    if (head.size_bytes < 28 || atr_load_u32(head.data, false) != ATR_BLOCK_SECTION) {
        return 0;
    }
    is_big_endian = atr_load_u32(head.data + 8, false) != ATR_BYTE_ORDER_MAGIC;
    if (atr_load_u32(head.data + 8, is_big_endian) != ATR_BYTE_ORDER_MAGIC) {
        return 0;
    }
    return atr_str_find(text, ATR_STR(description)) < text.size_bytes ? 100 : 50;
}

enum atr_status
atr_reader_open(struct atr_reader **out, struct atr_file *file, struct atr_bytes head,
                const struct atr_reader_options *options, const struct atr_heap *heap,
                struct atr_error *error)
{
    struct atr_reader *reader;
    enum atr_status status;

    if (atr_reader_probe(head) == 0) {
        return atr_error_set(error, ATR_UNSUPPORTED, "not a trace file: no pcapng section header");
    }
    reader = atr_heap_alloc(heap, 1, sizeof(*reader));
    if (reader == NULL) {
        return atr_error_set(error, ATR_NOMEM, "out of memory");
    }
    reader->heap = *heap;
    if (options != NULL) {
        reader->options = *options;
    }
    atr_arena_init(&reader->texts_arena, *heap, TEXT_BYTES_MAX);
    atr_section_init(&reader->section);
    status = atr_blocks_init(&reader->blocks, file, head, heap);
    if (status != ATR_OK) {
        atr_reader_close(reader);
        return atr_error_set(error, status, "%s", atr_status_text(status));
    }
    *out = reader;
    return ATR_OK;
}

static void
note_damage(struct atr_reader *reader)
{
    const struct atr_damage *damage = &reader->blocks.damage;

    reader->is_broken = true;
    reader->report.skipped_bytes += damage->skipped_bytes;
    reader->report.is_cut = damage->is_tail && reader->report.damages == 0;
    finding(reader, damage->offset, true, "%s; %" PRIu64 " bytes %s", damage->what,
            damage->skipped_bytes, damage->is_tail ? "at the end are lost" : "skipped");
}

static void
restart_seal(struct atr_reader *reader, uint64_t offset)
{
    reader->unsealed_start = offset;
    reader->crc32c = 0;
    reader->is_broken = false;
}

static void
check_seal(struct atr_reader *reader, const struct atr_block *block)
{
    struct atr_bytes body = {block->bytes.data + 8,
                             block->bytes.size_bytes - ATR_BLOCK_FRAME_BYTES};
    uint64_t start = reader->unsealed_start;
    struct atr_seal seal;

    reader->report.seals++;
    if (!reader->options.verify) {
        return;
    }
    if (atr_seal_parse(body, &seal) != ATR_OK) {
        reader->report.bad_seals++;
        finding(reader, block->offset, true, "seal is too short");
    } else if (reader->is_broken) {
        reader->report.bad_seals++; /* its damage was told where it is */
    } else if (seal.offset != start - reader->section.offset ||
               seal.size_bytes != block->offset - start) {
        reader->report.bad_seals++;
        finding(reader, block->offset, true,
                "seal covers %" PRIu32 " bytes, but %" PRIu64 " are before it", seal.size_bytes,
                block->offset - start);
    } else if ((seal.flags & ATR_SEAL_WITHOUT_CRC) == 0 && seal.crc32c != reader->crc32c) {
        reader->report.bad_seals++;
        finding(reader, start, true,
                "checksum differs in the %" PRIu32 " bytes before the seal at %" PRIu64,
                seal.size_bytes, block->offset);
    }
    restart_seal(reader, block->offset + block->size_bytes);
}

static void
take_section(struct atr_reader *reader, const struct atr_block *block)
{
    reader->report.sections++;
    atr_section_begin(&reader->section, block, reader->report.sections == 1 ? &reader->texts : NULL,
                      &reader->texts_arena);
    if (reader->section.is_unsupported) {
        finding(reader, block->offset, true, "section of another version of pcapng, passed over");
    }
}

static void
take_interface(struct atr_reader *reader, const struct atr_block *block)
{
    struct atr_section_texts ignored = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};

    reader->report.interfaces++;
    if (!atr_section_add_interface(&reader->section, block,
                                   reader->report.sections <= 1 ? &reader->texts : &ignored,
                                   &reader->texts_arena)) {
        finding(reader, block->offset, true, "interface block is too short");
    }
}

/* A block that is no packet. */
static void
take_block(struct atr_reader *reader, const struct atr_block *block)
{
    switch (block->type) {
    case ATR_BLOCK_SECTION:
        take_section(reader, block);
        break;
    case ATR_BLOCK_INTERFACE:
        take_interface(reader, block);
        break;
    case ATR_BLOCK_SEAL:
        check_seal(reader, block);
        break;
    case ATR_BLOCK_INDEX:
        reader->report.indexes++;
        break;
    case ATR_BLOCK_STATISTICS:
        break;
    case ATR_BLOCK_SIMPLE:
    case ATR_BLOCK_OLD_PACKET:
        reader->report.foreign_packets++;
        break;
    default:
        reader->report.other_blocks++;
        break;
    }
    if (reader->options.on_block != NULL) {
        reader->options.on_block(reader->options.context, block);
    }
}

static void
read_packet_options(struct atr_options options, struct atr_packet *out)
{
    struct atr_bytes value;
    uint16_t code;

    while (atr_options_next(&options, &code, &value)) {
        if (code == ATR_OPTION_PACKET_FLAGS && value.size_bytes == 4) {
            out->direction = atr_load_u32(value.data, options.is_big_endian) & 3;
        } else if (code == ATR_OPTION_PACKET_DROPCOUNT && value.size_bytes == 8) {
            out->lost_before = atr_load_u64(value.data, options.is_big_endian);
        }
    }
}

/* The record in the packet's data; false when it is not ours. */
static bool
find_record(struct atr_reader *reader, const struct atr_interface *interface, struct atr_bytes data,
            struct atr_packet *out)
{
    out->record = data;
    if (!interface->is_ours || (interface->has_tags && !atr_tags_strip(data, &out->record))) {
        reader->report.foreign_packets++;
        return false;
    }
    out->is_state = out->record.size_bytes > 1 && out->record.data[1] < ATR_RECORD_EVENT_MIN;
    return true;
}

static void
count_packet(struct atr_reader *reader, const struct atr_packet *packet)
{
    reader->report.packets++;
    reader->report.states += packet->is_state;
    reader->report.cut_packets += packet->cut_bytes != 0;
    if (packet->is_state || packet->lost_before != 0) {
        reader->report.lost += atr_packet_lost(packet);
    }
}

/* True when the block is a packet of ours. */
static bool
take_packet(struct atr_reader *reader, const struct atr_block *block, struct atr_packet *out)
{
    const uint8_t *at = block->bytes.data;
    bool is_big_endian = block->is_big_endian;
    const struct atr_interface *interface;
    uint32_t number;
    uint32_t captured;
    uint32_t original;
    size_t room;

    if (block->size_bytes < PACKET_FIXED_BYTES + 4) {
        finding(reader, block->offset, true, "packet block is too short");
        return false;
    }
    room = block->size_bytes - PACKET_FIXED_BYTES - 4;
    number = atr_load_u32(at + 8, is_big_endian);
    captured = atr_load_u32(at + 20, is_big_endian);
    original = atr_load_u32(at + 24, is_big_endian);
    if (captured > room) {
        finding(reader, block->offset, true, "packet of %" PRIu32 " bytes in a block of %" PRIu32,
                captured, block->size_bytes);
        return false;
    }
    if (number >= reader->section.block_count) {
        finding(reader, block->offset, true, "interface %" PRIu32 " was not described", number);
    }
    interface = atr_section_interface(&reader->section, number);
    *out = (struct atr_packet){
        .file_offset = block->offset,
        .time_ns =
            atr_interface_time_ns(interface, (uint64_t)atr_load_u32(at + 12, is_big_endian) << 32 |
                                                 atr_load_u32(at + 16, is_big_endian)),
        .cut_bytes = original > captured ? original - captured : 0,
    };
    if (!find_record(reader, interface, (struct atr_bytes){at + PACKET_FIXED_BYTES, captured},
                     out)) {
        return false;
    }
    captured = (captured + 3) / 4 * 4;
    if (room > captured + 4) {
        read_packet_options(
            (struct atr_options){
                {at + PACKET_FIXED_BYTES + captured, room - captured}, is_big_endian, 0},
            out);
    }
    count_packet(reader, out);
    return true;
}

/* The books of every block: where we are, and what the next seal has to cover. */
static void
pass_block(struct atr_reader *reader, const struct atr_block *block)
{
    reader->report.bytes = block->offset + block->size_bytes;
    reader->report.is_closed = block->type == ATR_BLOCK_INDEX;
    if (block->type == ATR_BLOCK_SECTION) {
        restart_seal(reader, block->offset);
    }
    if (reader->options.verify && block->type != ATR_BLOCK_SEAL) {
        reader->is_broken |= block->bytes.size_bytes == 0;
        reader->crc32c = atr_crc32c(reader->crc32c, block->bytes.data, block->bytes.size_bytes);
    }
}

static void
note_end(struct atr_reader *reader)
{
    reader->report.bytes = reader->blocks.offset;
    if (!reader->report.is_closed) {
        reader->report.unsealed_bytes = reader->blocks.offset - reader->unsealed_start;
    }
}

enum atr_status
atr_reader_next(struct atr_reader *reader, struct atr_packet *out, struct atr_error *error)
{
    for (;;) {
        struct atr_block block;
        enum atr_status status = atr_blocks_next(&reader->blocks, &block, error);

        if (status == ATR_MALFORMED) {
            note_damage(reader);
            continue;
        }
        if (status != ATR_OK) {
            note_end(reader);
            return status;
        }
        pass_block(reader, &block);
        if (reader->section.is_unsupported && block.type != ATR_BLOCK_SECTION) {
            reader->report.other_blocks++;
        } else if (block.type != ATR_BLOCK_PACKET) {
            take_block(reader, &block);
        } else if (take_packet(reader, &block, out)) {
            return ATR_OK;
        }
    }
}

void
atr_reader_report(const struct atr_reader *reader, struct atr_reader_report *out)
{
    *out = reader->report;
}

const struct atr_section_texts *
atr_reader_texts(const struct atr_reader *reader)
{
    return &reader->texts;
}

void
atr_reader_close(struct atr_reader *reader)
{
    if (reader != NULL) {
        struct atr_heap heap = reader->heap;

        atr_blocks_fini(&reader->blocks);
        atr_arena_fini(&reader->texts_arena);
        atr_heap_free(&heap, reader);
    }
}
