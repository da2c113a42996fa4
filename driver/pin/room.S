/* SPDX-License-Identifier: MIT */

/* Where trampolines go (room.c): leaf code, so no unwind data is right for it. */

        .text
        .globl  PinpRoom
        .balign 4096, 0xcc
PinpRoom:
        .fill   2048, 1, 0xcc
        .balign 4096, 0xcc
