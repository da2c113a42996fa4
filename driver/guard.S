/* SPDX-License-Identifier: MIT */

/*
 * guard.h. Each routine is one range under __C_specific_handler: the scope table names begin, end,
 * filter (1: take every exception) and where to go on (Microsoft's x64 exception handling).
 */

#define STATUS_ACCESS_VIOLATION 0xC0000005

        .macro  GUARDED begin, end, target
        .seh_handler __C_specific_handler, @except
        .seh_handlerdata
        .long   1
        .rva    \begin, \end
        .long   1
        .rva    \target
        .text
        .endm

        .text

/* rcx destination, rdx source, r8 bytes */
        .globl  AtrGuardedCopy
        .def    AtrGuardedCopy; .scl 2; .type 32; .endef
        .balign 16
        .seh_proc AtrGuardedCopy
AtrGuardedCopy:
        pushq   %rdi
        .seh_pushreg %rdi
        pushq   %rsi
        .seh_pushreg %rsi
        subq    $40, %rsp
        .seh_stackalloc 40
        .seh_endprologue
        GUARDED .Lcopy_begin, .Lcopy_end, .Lcopy_fault
        movq    %rcx, %rdi
        movq    %rdx, %rsi
        movq    %r8, %rcx
.Lcopy_begin:
        rep movsb
        nop
.Lcopy_end:
        xorl    %eax, %eax
        jmp     .Lcopy_out
.Lcopy_fault:
        movl    $STATUS_ACCESS_VIOLATION, %eax
.Lcopy_out:
        addq    $40, %rsp
        popq    %rsi
        popq    %rdi
        ret
        .seh_endproc

/* rcx MDL, edx operation */
        .globl  AtrGuardedLockPages
        .def    AtrGuardedLockPages; .scl 2; .type 32; .endef
        .balign 16
        .seh_proc AtrGuardedLockPages
AtrGuardedLockPages:
        subq    $40, %rsp
        .seh_stackalloc 40
        .seh_endprologue
        GUARDED .Llock_begin, .Llock_end, .Llock_fault
        movl    %edx, %r8d
        xorl    %edx, %edx
.Llock_begin:
        call    *__imp_MmProbeAndLockPages(%rip)
        nop
.Llock_end:
        xorl    %eax, %eax
        jmp     .Llock_out
.Llock_fault:
        movl    $STATUS_ACCESS_VIOLATION, %eax
.Llock_out:
        addq    $40, %rsp
        ret
        .seh_endproc

/* ecx register, rdx value */
        .globl  AtrGuardedReadMsr
        .def    AtrGuardedReadMsr; .scl 2; .type 32; .endef
        .balign 16
        .seh_proc AtrGuardedReadMsr
AtrGuardedReadMsr:
        pushq   %rdi
        .seh_pushreg %rdi
        subq    $32, %rsp
        .seh_stackalloc 32
        .seh_endprologue
        GUARDED .Lmsr_begin, .Lmsr_end, .Lmsr_fault
        movq    %rdx, %rdi
.Lmsr_begin:
        rdmsr
        nop
.Lmsr_end:
        shlq    $32, %rdx
        movl    %eax, %eax
        orq     %rdx, %rax
        movq    %rax, (%rdi)
        xorl    %eax, %eax
        jmp     .Lmsr_out
.Lmsr_fault:
        movl    $STATUS_ACCESS_VIOLATION, %eax
.Lmsr_out:
        addq    $32, %rsp
        popq    %rdi
        ret
        .seh_endproc

/* rcx 16 aligned bytes, rdx what they must be, r8 what they become; al: done */
        .globl  AtrCompareExchange16
        .def    AtrCompareExchange16; .scl 2; .type 32; .endef
        .balign 16
        .seh_proc AtrCompareExchange16
AtrCompareExchange16:
        pushq   %rbx
        .seh_pushreg %rbx
        .seh_endprologue
        movq    %rcx, %r9
        movq    %rdx, %r10
        movq    (%r10), %rax
        movq    8(%r10), %rdx
        movq    (%r8), %rbx
        movq    8(%r8), %rcx
        lock cmpxchg16b (%r9)
        sete    %al
        popq    %rbx
        ret
        .seh_endproc
