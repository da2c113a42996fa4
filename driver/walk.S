/* SPDX-License-Identifier: MIT */

/* walk.h; how the scope table reads: guard.S. */

        .text

/* rcx frames, edx most, r8d flags */
        .globl  AtrGuardedWalkFrames
        .def    AtrGuardedWalkFrames; .scl 2; .type 32; .endef
        .balign 16
        .seh_proc AtrGuardedWalkFrames
AtrGuardedWalkFrames:
        subq    $40, %rsp
        .seh_stackalloc 40
        .seh_endprologue
        .seh_handler __C_specific_handler, @except
        .seh_handlerdata
        .long   1
        .rva    .Lwalk_begin, .Lwalk_end
        .long   1
        .rva    .Lwalk_fault
        .text
.Lwalk_begin:
        call    *__imp_RtlWalkFrameChain(%rip)
        nop
.Lwalk_end:
        jmp     .Lwalk_out
.Lwalk_fault:
        xorl    %eax, %eax
.Lwalk_out:
        addq    $40, %rsp
        ret
        .seh_endproc
