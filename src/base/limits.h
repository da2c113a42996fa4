/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Every cap of the library, with its reason. Input decides nothing about how much memory we take:
 * it may ask, these numbers answer.
 */

enum {
    /* Decoded values of one event: a 64 KiB message full of strings fits many times over. */
    ATR_EVENT_ARENA_BYTES = 8 * 1024 * 1024,

    /* Values in one event's field tree: more than a reader could look at. */
    ATR_FIELDS_MAX = 4096,

    /* Nesting of field objects: ORPC activation properties reach 6. */
    ATR_FIELDS_DEPTH_MAX = 16,

    /* tshark 4.0 refuses a packet above this (capture-file.md 3.8); ours stay at or below it. */
    ATR_PACKET_MAX = 262144,

    /* One part of an event after its continuations are joined (capture-file.md 3.8). */
    ATR_PART_MAX = 1024 * 1024,

    /* Handles in one message (alpc.md 7.5). */
    ATR_HANDLES_MAX = 512,

    /* Call stack: kernel and user frames together; Windows itself captures 192 at most. */
    ATR_FRAMES_MAX = 256,

    /* A name (image path, port, symbol): NT object names end at 32,767 UTF-16 units. */
    ATR_NAME_BYTES_MAX = 98304,
};
