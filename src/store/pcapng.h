/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* Numbers of pcapng (draft-ietf-opsawg-pcapng) and of our blocks in it (docs/format.md). */

#define ATR_BLOCK_SECTION    UINT32_C(0x0a0d0d0a)
#define ATR_BLOCK_INTERFACE  UINT32_C(1)
#define ATR_BLOCK_OLD_PACKET UINT32_C(2)
#define ATR_BLOCK_SIMPLE     UINT32_C(3)
#define ATR_BLOCK_STATISTICS UINT32_C(5)
#define ATR_BLOCK_PACKET     UINT32_C(6)
#define ATR_BLOCK_SEAL       UINT32_C(0x80414c01)
#define ATR_BLOCK_INDEX      UINT32_C(0x80414c02)

#define ATR_BYTE_ORDER_MAGIC UINT32_C(0x1a2b3c4d)

enum {
    ATR_BLOCK_FRAME_BYTES = 12, /* type and length in front, length behind */

    /* Larger blocks are not ours: our index, the largest, ends at 800 KB. Those are skipped. */
    ATR_BLOCK_BYTES_MAX = 1024 * 1024,

    /* A length beyond is damage: Wireshark too takes nothing larger. */
    ATR_BLOCK_SKIP_MAX = 16 * 1024 * 1024,

    ATR_SEAL_BYTES = 80, /* with the frame */
    ATR_SEAL_WITHOUT_CRC = 1,

    /* Chunks the index tells apart; past it neighbours are merged. */
    ATR_INDEX_CHUNKS_MAX = 16384,

    ATR_LINK_UPPER_PDU = 252,
    ATR_TAG_END = 0,
    ATR_TAG_DISSECTOR = 12,
    ATR_TAG_PROTOCOL_TEXT = 33,
    ATR_TAGS_BYTES = 24,

    ATR_INTERFACE_EVENTS = 0,
    ATR_INTERFACE_STATE = 1,
    ATR_INTERFACES = 2,
};

enum atr_pcapng_option {
    ATR_OPTION_END = 0,
    ATR_OPTION_COMMENT = 1,
    ATR_OPTION_SECTION_HARDWARE = 2,
    ATR_OPTION_SECTION_OS = 3,
    ATR_OPTION_SECTION_APPLICATION = 4,
    ATR_OPTION_IF_NAME = 2,
    ATR_OPTION_IF_DESCRIPTION = 3,
    ATR_OPTION_IF_TSRESOL = 9,
    ATR_OPTION_IF_FILTER = 11,
    ATR_OPTION_IF_OS = 12,
    ATR_OPTION_IF_TSOFFSET = 14,
    ATR_OPTION_PACKET_FLAGS = 2,
    ATR_OPTION_PACKET_DROPCOUNT = 4,
    ATR_OPTION_STATISTICS_START = 2,
    ATR_OPTION_STATISTICS_END = 3,
    ATR_OPTION_STATISTICS_RECEIVED = 4,
    ATR_OPTION_STATISTICS_DROPPED = 5,
    ATR_OPTION_STATISTICS_DELIVERED = 8,
};

/* Names of our two interfaces, and what is before each record: tag 12, tag 33, end. */
#define ATR_IF_NAME_EVENTS        "alpc"
#define ATR_IF_NAME_STATE         "alpc-state"
#define ATR_IF_DESCRIPTION_EVENTS "alpctrace/1 events"
#define ATR_IF_DESCRIPTION_STATE  "alpctrace/1 state"
#define ATR_TAGS                  "\0\14\0\4alpc\0\41\0\10ALPC\0\0\0\0\0\0\0"
