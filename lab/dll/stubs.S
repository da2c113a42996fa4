/* SPDX-License-Identifier: MIT */
/* The services as ntdll has them: the first bytes of a system call stub, where tools look. */

    .text
.macro stub name, number
    .balign 16, 0xcc
    .globl \name
    .def \name; .scl 2; .type 32; .endef
\name:
    .byte 0x4c, 0x8b, 0xd1             /* mov r10, rcx */
    .byte 0xb8
    .long \number
    jmp Lab\name
    .fill 16, 1, 0xcc
.endm

#define LAB_SERVICE(name, number, arguments) stub name, number ;
#include "../kernel/services.def"
