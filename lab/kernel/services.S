/* SPDX-License-Identifier: MIT */
/*
 * The shape that a hook sees on Windows (kernel-decisions.md 21): 16-byte aligned services between
 * runs of 0xCC, Zw stubs 0x20 apart by number, the dispatcher's two LEAs, the service table.
 */

#define SERVICES 0x1e0 /* LAB_SERVICES */

/* The services. Odd numbers begin with a 3-byte instruction, even ones with a 5-byte one. */

    .section PAGE, "xr"
    .balign 16, 0xcc
    .fill 32, 1, 0xcc

.macro service name, number
    .balign 16, 0xcc
    .globl \name
    .def \name; .scl 2; .type 32; .endef
\name:
.if \number & 1
    .byte 0x48, 0x8b, 0xc4             /* mov rax, rsp */
    movq %rbx, 8(%rax)
    movq %rsi, 16(%rax)
.else
    movq %rbx, 8(%rsp)
    movq %rsi, 16(%rsp)
.endif
    jmp Lab\name
    .fill 32, 1, 0xcc
.endm

#define LAB_SERVICE(name, number, arguments) service name, number ;
#ifdef LAB_LPC_ONLY
#undef LAB_SERVICE
#define LAB_SERVICE(name, number, arguments)
#define LAB_LEGACY(name, number, arguments) service name, number ;
#endif
#include "services.def"

    service LabNoService, 1

/* The Zw stubs: what is privileged in Windows' ones is a nop of the same length here. */

    .text
    .balign 16, 0xcc
    .globl LabZwStubs
LabZwStubs:
    .set number, 0
    .rept SERVICES
    .byte 0x48, 0x8b, 0xc4             /* mov rax, rsp */
    .byte 0x90                         /* cli */
    .byte 0x0f, 0x1f, 0x40, 0x00       /* sub rsp, 10h */
    .byte 0x90, 0x90                   /* push rax; pushfq */
    .byte 0x66, 0x90                   /* push 10h */
    .byte 0x0f, 0x1f, 0x80, 0, 0, 0, 0 /* lea rax, KiServiceLinkage */
    .byte 0x90                         /* push rax */
    .byte 0xb8
    .long number
    .byte 0xe9
    .long LabServiceInternal - . - 4
    .byte 0x66, 0x90
    .set number, number + 1
    .endr

LabServiceInternal:
    movl %eax, %eax
    leaq KiServiceTable(%rip), %r10
#ifdef LAB_LPC_ONLY
    jmp *(%r10, %rax, 8)
#else
    movslq (%r10, %rax, 4), %r11
    sarq $4, %r11
    addq %r10, %r11
    jmp *%r11
#endif

#ifndef LAB_LPC_ONLY
.macro zw name, number
    .globl \name
    .def \name; .scl 2; .type 32; .endef
    .set \name, LabZwStubs + 0x20 * \number
.endm
    zw ZwAlpcAcceptConnectPort, 0x77
    zw ZwAlpcCancelMessage, 0x78
    zw ZwAlpcConnectPort, 0x79
    zw ZwAlpcConnectPortEx, 0x7a
    zw ZwAlpcCreatePort, 0x7b
    zw ZwAlpcCreatePortSection, 0x7c
    zw ZwAlpcCreateSectionView, 0x7e
    zw ZwAlpcDeletePortSection, 0x80
    zw ZwAlpcDeleteSectionView, 0x82
    zw ZwAlpcDisconnectPort, 0x84
    zw ZwAlpcQueryInformation, 0x89
    zw ZwAlpcQueryInformationMessage, 0x8a
    zw ZwAlpcSendWaitReceivePort, 0x8c
#endif

/* The dispatcher that the LSTAR register names: read by hooks, run by nobody. */

    .balign 64, 0xcc
    .globl KiSystemCall64
KiSystemCall64:
    swapgs
    movq %rsp, %gs:0x10
    movq %gs:0x1a8, %rsp
    pushq $0x2b
    pushq %gs:0x10
    pushq %r11
    pushq $0x33
    pushq %rcx
    movq %r10, %rcx
    subq $8, %rsp
    pushq %rbp
    subq $0x158, %rsp
    leaq 0x80(%rsp), %rbp
    .fill 0x100, 1, 0x90
    movl %eax, %edi
    shrl $7, %edi
    andl $0x20, %edi
    andl $0xfff, %eax
    leaq KeServiceDescriptorTable(%rip), %r10
    leaq KeServiceDescriptorTableShadow(%rip), %r11
    testl $0x80, 0x78(%rbx)
    cmovnzq %r11, %r10
    cmpl 0x10(%r10, %rdi), %eax
    hlt
    .fill 32, 1, 0xcc

/* As between the routines of a kernel: room for islands where code is never paged. */

    .rept 64
    .balign 16, 0xcc
    ret
    .fill 47, 1, 0xcc
    .endr

/* Filled, then made read-only, by LabServicesInit. */

    .section .rdata, "dr"
    .balign 64
    .globl KiServiceTable
KiServiceTable:
#ifdef LAB_LPC_ONLY
    .fill SERVICES, 8, 0
#else
    .fill SERVICES, 4, 0
#endif
    .globl KiArgumentTable
KiArgumentTable:
    .fill SERVICES, 1, 0

    .data
    .balign 64
    .globl KeServiceDescriptorTable
KeServiceDescriptorTable:
    .fill 8, 8, 0
    .globl KeServiceDescriptorTableShadow
KeServiceDescriptorTableShadow:
    .fill 8, 8, 0
