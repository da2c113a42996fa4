/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The shape of a message: what to copy, how much of it, and where. Works on copies the driver made
 * once of its caller's memory, every byte of which may lie; calls nothing, allocates nothing.
 * Freestanding. Numbers and layouts: alpc.md 1, 5 and 7, kernel-capture.md 1.1 and 2.4.
 */

enum {
    ATR_MESSAGE_HEADER_NATIVE = 40,
    ATR_MESSAGE_HEADER_WOW64 = 24,
    ATR_MESSAGE_BYTES_MAX = 65535, /* header and data; the lengths are 16 bits wide */
    ATR_MESSAGE_ATTRIBUTES_HEADER = 8,
    ATR_MESSAGE_ATTRIBUTES_MAX = 0xa0, /* header and all that a version knows */
    ATR_MESSAGE_HANDLES_MAX = 512,
    ATR_MESSAGE_HANDLE_BYTES = 16, /* of an element of an indirect array */
    ATR_MESSAGE_DEFERRED_BYTES = 24,
};

/* How the caller's structures are laid out. */
enum atr_message_layout {
    ATR_MESSAGE_LAYOUT_UNKNOWN = 0,
    ATR_MESSAGE_NATIVE = 1,
    ATR_MESSAGE_WOW64 = 2,
};

/*
 * send-wait-receive and deferred sends say it themselves: Flags bit 31 set and bit 30 clear means
 * 32-bit structures. Never unknown.
 */
enum atr_message_layout atr_message_layout_of_flags(uint32_t flags);

/* The other services in a 32-bit process: by TotalLength - DataLength, else unknown. */
enum atr_message_layout atr_message_layout_of_lengths(uint16_t data_length, uint16_t total_length);

/* Bytes to copy before a decode; of an unknown layout so many as each of them has. */
uint32_t atr_message_header_bytes(enum atr_message_layout layout);

struct atr_message_shape {
    enum atr_message_layout layout;
    uint32_t header_bytes; /* 0: layout unknown, the data are the message from its first byte on */
    uint16_t data_length;
    uint16_t total_length;
    uint16_t type;
    uint16_t data_info_offset;
    bool has_ids; /* the fields below are facts; else 0 */
    uint32_t pid;
    uint32_t tid;
    uint32_t message_id;
    uint64_t callback_id; /* of a connection request: the size of the client's view */
};

/*
 * Reads what was copied of a header. A layout that is unknown is chosen by the lengths. Where that
 * says native and only 24 bytes were there to choose by, has_ids stays false: copy the other 16
 * behind them and decode all 40 as native. False: fewer than 24 bytes.
 */
bool atr_message_decode(const uint8_t *bytes, uint32_t size, enum atr_message_layout layout,
                        struct atr_message_shape *out);

/* How much there is, and how much of it to copy. */
struct atr_message_extent {
    uint32_t offset; /* of the first byte, from where the message starts */
    uint32_t original_bytes;
    uint32_t captured_bytes;
};

/*
 * The data behind a header. snap: bytes to keep at most. room: bytes the buffer has with its
 * header, as told at entry; UINT64_MAX when nothing was told (sends).
 */
struct atr_message_extent atr_message_payload(const struct atr_message_shape *shape, uint32_t snap,
                                              uint64_t room);

/* A message is in the receive buffer only if the status is exactly 0. */
bool atr_message_delivered(uint32_t status);

/* Message type without its flag bits. */
uint16_t atr_message_type(uint16_t type);

/* Bytes of the whole attribute buffer; layout unknown counts as native. */
uint32_t atr_message_attributes_bytes(uint32_t allocated, enum atr_message_layout layout);

struct atr_message_view {
    bool is_present; /* valid and allocated, and wholly in the bytes given */
    uint32_t flags;
    uint64_t section_handle;
    uint64_t base;
    uint64_t size_bytes;
};

struct atr_message_handles {
    bool is_present;
    bool is_indirect; /* handle is the address of an array */
    uint32_t flags;
    uint64_t handle;
    uint32_t count; /* of the array, as claimed; 1 when direct */
    uint32_t object_type;
    uint32_t access;
};

struct atr_message_attributes {
    uint32_t allocated;
    uint32_t valid; /* only bits that are allocated too: the others have no place */
    uint32_t size_bytes;
    struct atr_message_view view;
    struct atr_message_handles handles;
};

/* False: no complete header of 8 bytes. */
bool atr_message_attributes_decode(const uint8_t *bytes, uint32_t size,
                                   enum atr_message_layout layout,
                                   struct atr_message_attributes *out);

/*
 * What of a view is to be copied from its base: at most snap bytes, and nothing at all unless the
 * whole of that lies in [1, user_limit).
 */
struct atr_message_extent atr_message_view_extent(const struct atr_message_view *view,
                                                  uint32_t snap, uint64_t user_limit);

/* The same for an indirect array; offset is 0, the address is handles->handle. */
struct atr_message_extent atr_message_handles_extent(const struct atr_message_handles *handles,
                                                     uint64_t user_limit);

/* Whether [address, address + size) lies below user_limit and not at address 0. */
bool atr_message_is_user_range(uint64_t address, uint64_t size, uint64_t user_limit);

/* The fifth argument of NtWaitForWorkViaWorkerFactory (alpc.md 12). */
struct atr_message_deferred {
    uint64_t message;
    uint64_t port_handle;
    uint32_t send_flags;
    uint32_t flags;
};

/*
 * Reads ATR_MESSAGE_DEFERRED_BYTES. False: it sends nothing that a record is made of (bit 0 of
 * flags clear, or a synchronous request, which the kernel refuses).
 */
bool atr_message_deferred_decode(const uint8_t *bytes, struct atr_message_deferred *out);
