# SPDX-License-Identifier: MIT
"""What lab/programs/traffic says, computed as content.c does."""

import struct

REQUEST, REPLY, VIEW = 0x51464C54, 0x52464C54, 0x56464C54
HEAD = struct.Struct("<IIII")
STEP, REPLY_MASK = 13, 0x5A
# Byte i is seed + 13 * i: the same pattern for every seed, from another place on.
PLACE = pow(STEP, -1, 256)
PATTERN = bytes(STEP * i & 255 for i in range(256)) * 260
MASKED = bytes(byte ^ REPLY_MASK for byte in PATTERN)


def size_of(asked, sequence):
    return HEAD.size + sequence * 7 % 256 if asked == 0 else max(asked, HEAD.size)


def fill(magic, pid, thread, sequence, size):
    seed = pid + thread * 101 + sequence * 31
    start = seed * PLACE & 255
    pattern = MASKED if magic == REPLY else PATTERN
    return HEAD.pack(magic, pid, thread, sequence) + pattern[start : start + size - HEAD.size]


def read(data):
    """(magic, pid, thread, sequence), or None when it is not ours."""
    if len(data) < HEAD.size:
        return None
    head = HEAD.unpack_from(data)
    return head if head[0] in (REQUEST, REPLY, VIEW) else None
