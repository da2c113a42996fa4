/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * What the driver puts into its rings: the payload of a ring record. The recorder turns these into
 * the records of docs/format.md and gives out all file ids. In memory order of x64, 8-byte aligned;
 * versioned as a whole by ATR_DEVICE_VERSION (wire/device.h).
 *
 *   struct atr_capture_head, then the kind's struct (which starts with the head), then, for calls:
 *   u64 frames[kernel_frames + user_frames], then the parts.
 *
 * Objects of the kernel are named by a key, which is only equal or not equal to another key: the
 * address of the object, never shown. A port key means one port only together with its generation.
 */

enum {
    ATR_CAPTURE_FRAMES_MAX = 96, /* kernel and user together */
    ATR_CAPTURE_NAME_MAX = 2048, /* bytes of UTF-16 in a path or port name; longer is cut */
};

enum atr_capture_kind {
    ATR_CAPTURE_ENTER = 1,
    ATR_CAPTURE_EXIT = 2,
    ATR_CAPTURE_PROCESS = 3,
    ATR_CAPTURE_THREAD = 4,
    ATR_CAPTURE_IMAGE = 5,
    ATR_CAPTURE_PORT = 6,
};

struct atr_capture_head {
    uint16_t kind;
    uint16_t fixed_bytes; /* of the kind's struct, head included: what follows starts there */
    uint32_t flags;       /* enum atr_record_flag */
    uint64_t time_qpc;
    uint32_t used_bytes; /* of the payload; the rest is padding */
    uint32_t unused;
};

/* ENTER and EXIT of a wrapped service (wire/record.h has the numbers). */
struct atr_capture_call {
    struct atr_capture_head head;
    uint64_t call_id;
    uint64_t enter_qpc; /* of the call; in its enter record equal to head.time_qpc */
    uint64_t callback_id;
    uint64_t process_key; /* creation time: with the pid, one process; 0 unknown */
    uint64_t port_key;    /* 0: none. Its facts may come later: ATR_RECORD_PORT_UNRESOLVED */
    uint64_t port_generation;
    uint64_t handle;
    uint32_t pid;
    uint32_t tid;
    uint32_t flags; /* the service's flags argument */
    uint32_t message_id;
    uint32_t client_pid; /* ClientId of the message */
    uint32_t client_tid;
    uint32_t attribute_mask; /* valid attributes */
    uint32_t status;         /* exit: NTSTATUS */
    uint16_t cpu;
    uint16_t operation; /* enum atr_operation */
    uint16_t message_type;
    uint16_t data_length;
    uint16_t total_length;
    uint16_t data_info_offset;
    uint16_t kernel_frames; /* first in the frame array */
    uint16_t user_frames;
    uint32_t part_count;
    uint32_t unused;
};

/* Then captured_bytes of content, padded to 8. */
struct atr_capture_part {
    uint16_t type;  /* enum atr_record_part */
    uint16_t flags; /* enum atr_capture_part_flag */
    uint32_t original_bytes;
    uint32_t captured_bytes;
    uint32_t unused;
};

enum atr_capture_part_flag {
    ATR_CAPTURE_PART_FAULT = 1, /* not all that was wanted could be read */
};

/* Texts: name_bytes of UTF-16LE behind the struct; name_original_bytes before any cut. */
struct atr_capture_process {
    struct atr_capture_head head;
    uint64_t process_key;
    uint64_t create_time_100ns;
    uint32_t pid;
    uint32_t parent_pid;
    uint32_t session;       /* all ones: unknown */
    uint32_t process_flags; /* enum atr_process_flag, the file format's */
    uint32_t exit_status;
    uint16_t life; /* enum atr_life */
    uint16_t name_bytes;
    uint32_t name_original_bytes;
    uint32_t unused;
};

struct atr_capture_thread {
    struct atr_capture_head head;
    uint64_t process_key;
    uint64_t start_address; /* 0 unknown */
    uint32_t pid;
    uint32_t tid;
    uint16_t life;
    uint16_t unused[3];
};

struct atr_capture_image {
    struct atr_capture_head head;
    uint64_t process_key; /* 0: the kernel */
    uint64_t base;
    uint64_t size_bytes;
    uint32_t pid;
    uint32_t time_stamp; /* of the PE header; 0 unreadable */
    uint32_t checksum;
    uint32_t name_original_bytes;
    uint16_t life;
    uint16_t name_bytes;
    uint32_t unused;
};

struct atr_capture_port {
    struct atr_capture_head head;
    uint64_t port_key;
    uint64_t port_generation;
    uint64_t connection_key; /* of the connection port; itself for one; 0 unknown */
    uint64_t connection_generation;
    uint64_t peer_key; /* the other end of the connection; 0 unknown */
    uint64_t peer_generation;
    uint64_t owner_process_key;
    uint32_t owner_pid; /* all ones: unknown or gone */
    uint32_t name_original_bytes;
    uint16_t port_kind;  /* enum atr_port_kind */
    uint16_t life;       /* enum atr_life */
    uint16_t name_bytes; /* the connection port's name; 0: none known */
    uint16_t unused;
};

_Static_assert(sizeof(struct atr_capture_head) == 24, "shared layout");
_Static_assert(sizeof(struct atr_capture_call) == 136, "shared layout");
_Static_assert(sizeof(struct atr_capture_part) == 16, "shared layout");
_Static_assert(sizeof(struct atr_capture_process) == 72, "shared layout");
_Static_assert(sizeof(struct atr_capture_thread) == 56, "shared layout");
_Static_assert(sizeof(struct atr_capture_image) == 72, "shared layout");
_Static_assert(sizeof(struct atr_capture_port) == 96, "shared layout");
