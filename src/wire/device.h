/* SPDX-License-Identifier: MIT */
#pragma once

#include "wire/filter.h"
#include "wire/ring.h"

#include <stdint.h>

/*
 * The driver's device \\.\AlpcTrace: buffered requests only, every length checked, all structs
 * little-endian, 8-byte aligned and part of ATR_DEVICE_VERSION.
 *
 *   HELLO   makes the caller the session's owner: rings are made and mapped into it
 *   START   wraps the services; the records flow
 *   STOP    restores the services: any administrator may; the owner drains what is left
 *   QUERY   state, rows, counters: any administrator may
 *   CLOCK   one pair of clocks
 *   (close of the owner's handle, or its end, ends the session)
 */

#define ATR_DEVICE_NAME     L"\\Device\\AlpcTrace"
#define ATR_DEVICE_LINK     L"\\DosDevices\\AlpcTrace"
#define ATR_DEVICE_PATH     "\\\\.\\AlpcTrace"
#define ATR_PIN_DEVICE_NAME L"\\Device\\AlpcPin"

/* CTL_CODE(FILE_DEVICE_UNKNOWN, 0x8a0 + n, METHOD_BUFFERED, FILE_READ_DATA | FILE_WRITE_DATA) */
#define ATR_DEVICE_CODE(n) (0x22u << 16 | 3u << 14 | (0x8a0u + (n)) << 2)

enum {
    ATR_DEVICE_MAGIC = 0x41545243, /* "CRTA" */
    ATR_DEVICE_VERSION = 1,
    ATR_DEVICE_RINGS_MAX = 64,
    ATR_DEVICE_REASON_CHARS = 96,
    ATR_DEVICE_FEATURES_MAX = 16,
    ATR_SNAP_MESSAGE_DEFAULT = 65535,
    ATR_SNAP_VIEW_DEFAULT = 65536,
};

#define ATR_IOCTL_HELLO ATR_DEVICE_CODE(0)
#define ATR_IOCTL_START ATR_DEVICE_CODE(1)
#define ATR_IOCTL_STOP  ATR_DEVICE_CODE(2)
#define ATR_IOCTL_QUERY ATR_DEVICE_CODE(3)
#define ATR_IOCTL_CLOCK ATR_DEVICE_CODE(4)

enum atr_service_row {
#define SERVICE(row, name, operation, arguments, old_arguments) ATR_SERVICE_##row,
#include "wire/services.def"
#undef SERVICE
    ATR_SERVICE_COUNT
};

struct atr_device_hello {
    uint32_t magic;
    uint32_t version;
    uint32_t ring_bytes; /* 0: ATR_RING_BYTES_DEFAULT */
    uint32_t unused;
};

/* The view is one stretch: producer lines, then consumer lines in a view of their own, then data.
 */
struct atr_device_welcome {
    uint32_t magic;
    uint32_t version;
    uint32_t ring_count;
    uint32_t ring_bytes;
    uint64_t producer_address; /* ring_count lines, read-only, then at data_offset the data */
    uint64_t consumer_address; /* ring_count lines, writable */
    uint64_t data_offset;      /* of ring 0's data behind producer_address; ring n follows */
    uint64_t producer_bytes;   /* of the whole read-only view */
    uint64_t qpc_frequency;
    uint64_t session; /* number of this session, never reused */
};

enum atr_start_flag {
    ATR_START_STACKS_KERNEL = 1,
    ATR_START_STACKS_USER = 2,
    ATR_START_INLINE = 4,     /* detours, not table entries: for tests */
    ATR_START_FORCE_GATE = 8, /* debugger not required: a lab machine's owner decides */
};

/* How a service can be found; all of it is checked against what the kernel itself shows. */
struct atr_start_service {
    uint32_t number; /* system service number out of ntdll's stub; all ones: not there */
    uint32_t rva;    /* of the service in the kernel image, from its PDB; 0: not known */
};

struct atr_device_start {
    uint32_t magic;
    uint32_t flags;             /* enum atr_start_flag */
    uint32_t snap_message;      /* bytes of a message kept */
    uint32_t snap_view;         /* bytes of a view kept; 0: none */
    uint32_t stack_every;       /* stacks of every nth call only; 0 and 1: all */
    uint32_t kernel_time_stamp; /* of the image the RVAs belong to; 0 with no RVAs */
    uint32_t kernel_size_bytes; /* its SizeOfImage */
    uint32_t unused;
    struct atr_start_service services[ATR_SERVICE_COUNT];
    struct atr_filter filter;
};

enum atr_row_state {
    ATR_ROW_IDLE = 0,
    ATR_ROW_ABSENT = 1,  /* this kernel has no such service */
    ATR_ROW_REFUSED = 2, /* found, not wrapped: reason says why */
    ATR_ROW_TABLE = 3,   /* wrapped through the service table */
    ATR_ROW_INLINE = 4,  /* wrapped by a one-instruction detour */
    ATR_ROW_FOREIGN = 5, /* somebody else changed it since: left alone */
};

struct atr_device_row {
    uint32_t state; /* enum atr_row_state */
    uint32_t found; /* bits: 1 by number, 2 by RVA, 4 by Zw stub */
    uint32_t number;
    uint32_t rva;                         /* 0 unknown */
    uint64_t calls;                       /* seen by the pin since it was loaded */
    char reason[ATR_DEVICE_REASON_CHARS]; /* ASCII, ends with NUL; empty: none */
};

/* A part of the driver that this kernel lets work or not. */
struct atr_device_feature {
    uint32_t is_on;
    uint32_t unused;
    char name[24];
    char reason[ATR_DEVICE_REASON_CHARS];
};

/* Per ring and kind: attempted = written + filtered + the sum of dropped, once it is quiet. */
enum atr_tally_kind {
    ATR_TALLY_ENTER = 0,
    ATR_TALLY_EXIT = 1,
    ATR_TALLY_STATE = 2, /* processes, threads, images, ports */
    ATR_TALLY_COUNT = 3,
};

enum atr_loss {
    ATR_LOSS_RING_FULL = 0,
    ATR_LOSS_NO_STAGING = 1,
    ATR_LOSS_TOO_LARGE = 2,
    ATR_LOSS_BAD_CONSUMER = 3,
    ATR_LOSS_MEMORY = 4,
    ATR_LOSS_COUNT = 5,
};

struct atr_device_tally {
    uint64_t attempted;
    uint64_t written;
    uint64_t filtered;
    uint64_t dropped[ATR_LOSS_COUNT];
};

struct atr_device_ring {
    struct atr_device_tally tally[ATR_TALLY_COUNT];
    uint64_t bytes;
    uint64_t faults;     /* parts that could not be read */
    uint64_t truncated;  /* parts cut by a snap length */
    uint64_t unresolved; /* calls whose port had no facts yet */
};

enum atr_device_state {
    ATR_DEVICE_IDLE = 0,  /* no session */
    ATR_DEVICE_READY = 1, /* rings, no hooks */
    ATR_DEVICE_RUNNING = 2,
    ATR_DEVICE_STOPPING = 3, /* hooks are gone, the owner drains */
};

struct atr_device_status {
    uint32_t magic;
    uint32_t version;
    uint32_t state; /* enum atr_device_state */
    uint32_t owner_pid;
    uint64_t session;
    /* Counted in the pin, of the last start: enters - exits = in_flight + returned_stale. */
    uint64_t in_flight; /* still inside a wrapped service */
    uint64_t enters;
    uint64_t exits;
    uint64_t returned_stale; /* after the stop: no exit record */
    uint64_t lost_hooks;
    uint64_t pre_ticks; /* TSC, own time of all calls together */
    uint64_t post_ticks;
    uint64_t timed_calls;
    uint32_t pin_version; /* 0: no pin */
    uint32_t ring_count;
    uint32_t feature_count;
    uint32_t unused;
    char gate_reason[ATR_DEVICE_REASON_CHARS]; /* why START would refuse; empty: it would not */
    struct atr_device_row rows[ATR_SERVICE_COUNT];
    struct atr_device_feature features[ATR_DEVICE_FEATURES_MAX];
    struct atr_device_ring rings[ATR_DEVICE_RINGS_MAX];
};

/* The narrowest of three: the wall clock was read between the two counters. */
struct atr_device_clock {
    uint64_t qpc_before;
    uint64_t time_100ns;
    uint64_t qpc_after;
    uint64_t tsc;
};

_Static_assert(sizeof(struct atr_device_hello) == 16, "shared layout");
_Static_assert(sizeof(struct atr_device_welcome) == 64, "shared layout");
_Static_assert(sizeof(struct atr_device_row) == 120, "shared layout");
_Static_assert(sizeof(struct atr_device_feature) == 128, "shared layout");
_Static_assert(sizeof(struct atr_device_tally) == 64, "shared layout");
_Static_assert(sizeof(struct atr_device_ring) == 224, "shared layout");
_Static_assert(sizeof(struct atr_device_clock) == 32, "shared layout");
