/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * One system call on its way from alpclab.dll through the gate: one buffer, input and output.
 *
 *   struct lab_call | blocks' bytes: those read by the service, then those it only writes
 *
 * A block is memory that an argument, or a field of another block, points to. The gate puts the
 * block's address there and calls the service; what the service wrote goes back in place.
 */

enum {
    LAB_CALL_MAGIC = 0x4c41434c,
    LAB_CALL_ARGUMENTS = 11,
    LAB_CALL_FRAMES = 32,
    LAB_CALL_BLOCKS = 16,
    LAB_CALL_NO_PARENT = 0xffff,
};

enum lab_block_kind {
    LAB_BLOCK_PLAIN = 0,
    LAB_BLOCK_EDGE = 1,  /* ends where memory ends: the rest cannot be read */
    LAB_BLOCK_FREED = 2, /* an address where no memory is any more */
};

struct lab_block {
    uint16_t parent; /* block, or LAB_CALL_NO_PARENT: an argument */
    uint16_t kind;
    uint32_t place;  /* argument's index, or offset in the parent */
    uint32_t offset; /* of the bytes, in the whole buffer; 16-byte aligned */
    uint32_t bytes;
};

struct lab_call {
    uint32_t magic;
    uint32_t service;
    uint32_t block_count;
    uint32_t frame_count;
    uint32_t status; /* out */
    uint32_t tail;   /* block + 1 that ends the buffer and holds a message to receive; 0: none */
    uint64_t frames[LAB_CALL_FRAMES];
    uint64_t arguments[LAB_CALL_ARGUMENTS];
    struct lab_block blocks[LAB_CALL_BLOCKS];
};

_Static_assert(sizeof(struct lab_block) == 16, "shared layout");
_Static_assert(sizeof(struct lab_call) % 16 == 0, "blocks follow");

struct lab_switch {
    uint32_t which;
    uint32_t unused;
    uint64_t value;
};

#define LAB_GATE_PATH "\\\\.\\AlpcLabGate"

/* CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + n, METHOD_BUFFERED, FILE_READ_DATA | FILE_WRITE_DATA) */
#define LAB_IOCTL_CALL   0x22e000u
#define LAB_IOCTL_SWITCH 0x22e004u
