/* SPDX-License-Identifier: MIT */
/* What C cannot say: a copy that survives bad addresses, a call with any number of arguments. */

    .text

/* int LabCopy(void *to, const void *from, size_t bytes): 1, or 0 after a fault. */
    .globl LabCopy
    .def LabCopy; .scl 2; .type 32; .endef
    .seh_proc LabCopy
LabCopy:
    pushq %rdi
    .seh_pushreg %rdi
    pushq %rsi
    .seh_pushreg %rsi
    subq $40, %rsp
    .seh_stackalloc 40
    .seh_endprologue
    .seh_handler __C_specific_handler, @except
    .seh_handlerdata
    .long 1
    .rva .Lcopy_begin, .Lcopy_end
    .long 1
    .rva .Lcopy_fault
    .text
    movq %rcx, %rdi
    movq %rdx, %rsi
    movq %r8, %rcx
.Lcopy_begin:
    rep movsb
    nop
.Lcopy_end:
    movl $1, %eax
    jmp .Lcopy_out
.Lcopy_fault:
    xorl %eax, %eax
.Lcopy_out:
    addq $40, %rsp
    popq %rsi
    popq %rdi
    ret
    .seh_endproc

/* uint64_t LabCall(void *target, const uint64_t *arguments, unsigned stack_arguments) */
    .globl LabCall
    .def LabCall; .scl 2; .type 32; .endef
    .seh_proc LabCall
LabCall:
    pushq %rbp
    .seh_pushreg %rbp
    pushq %rsi
    .seh_pushreg %rsi
    pushq %rdi
    .seh_pushreg %rdi
    movq %rsp, %rbp
    .seh_setframe %rbp, 0
    .seh_endprologue
    movq %rcx, %rax
    movq %rdx, %r10
    movl %r8d, %ecx
    leaq 47(, %rcx, 8), %rdx
    andq $-16, %rdx
    subq %rdx, %rsp
    leaq 32(%rsp), %rdi
    leaq 32(%r10), %rsi
    rep movsq
    movq (%r10), %rcx
    movq 8(%r10), %rdx
    movq 16(%r10), %r8
    movq 24(%r10), %r9
    call *%rax
    movq %rbp, %rsp
    popq %rdi
    popq %rsi
    popq %rbp
    ret
    .seh_endproc
