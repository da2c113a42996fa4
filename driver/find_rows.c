/* SPDX-License-Identifier: MIT */

/* What this kernel itself shows of each service, beside what the caller of START says. */

#include "hook_internal.h"

#include "guard.h"

const CHAR *const AtrpServiceNames[ATR_SERVICE_COUNT] = {
#define SERVICE(row, name, operation, arguments, old_arguments) name,
#include "wire/services.def"
#undef SERVICE
};

static const struct {
    ULONG Arguments;
    ULONG OldArguments;
} AtrpServiceArguments[ATR_SERVICE_COUNT] = {

#define SERVICE(row, name, operation, arguments, old_arguments) {arguments, old_arguments},
#include "wire/services.def"
#undef SERVICE
};

/* A Zw routine that lies elsewhere, or has another shape, tells nothing. */
static VOID
AtrpReadStub(_In_ const ATR_KERNEL *Kernel, _In_ ULONG Row, _Inout_ struct atr_row_facts *Facts)
{
    const UCHAR *Stub = AtrpRoutine(AtrpServiceNames[Row], "Zw");
    UCHAR Code[ATR_STUB_BYTES];

    Facts->has_stub = Stub != NULL && AtrpIsKernelCode(Kernel, (ULONG_PTR)Stub) &&
                      NT_SUCCESS(AtrGuardedCopy(Code, Stub, sizeof(Code))) &&
                      atr_stub_number(Code, sizeof(Code), &Facts->stub_number);
}

static VOID
AtrpReadRelative(_In_ const ATR_KERNEL *Kernel, _Inout_ struct atr_row_facts *Facts)
{
    ULONG Entry;

    if (NT_SUCCESS(AtrGuardedCopy(&Entry, Kernel->Table + (SIZE_T)Facts->number * sizeof(Entry),
                                  sizeof(Entry)))) {
        Facts->by_number = atr_entry_target((ULONG_PTR)Kernel->Table, Entry);
        Facts->has_arguments = true;
        Facts->stack_arguments = atr_entry_stack_arguments(Entry);
    }
}

/* Beside the table: bytes of arguments, of 4 each as on x86, or of 8. */
static VOID
AtrpReadArgumentBytes(_In_ ULONG Bytes, _Inout_ struct atr_row_facts *Facts)
{
    const ULONG Unit = Bytes == Facts->arguments * (ULONG)sizeof(ULONG) ? 4 : 8;
    const ULONG Arguments = Bytes / Unit;

    Facts->has_arguments = true;
    Facts->stack_arguments =
        Arguments > ATR_REGISTER_ARGUMENTS ? Arguments - ATR_REGISTER_ARGUMENTS : 0;
}

static VOID
AtrpReadAbsolute(_In_ const ATR_KERNEL *Kernel, _Inout_ struct atr_row_facts *Facts)
{
    UCHAR Bytes;

    (VOID) AtrGuardedCopy(&Facts->by_number, Kernel->Table + (SIZE_T)Facts->number * 8,
                          sizeof(Facts->by_number));
    if (Kernel->Arguments != NULL &&
        NT_SUCCESS(AtrGuardedCopy(&Bytes, Kernel->Arguments + Facts->number, sizeof(Bytes)))) {
        AtrpReadArgumentBytes(Bytes, Facts);
    }
}

static VOID
AtrpReadTarget(_In_ const ATR_KERNEL *Kernel, _Inout_ struct atr_row_facts *Facts)
{
    UCHAR Code[ATR_INSTRUCTION_MAX];
    struct atr_patch Patch;

    Facts->is_code = AtrpIsKernelCode(Kernel, Facts->by_number);
    Facts->is_taken =
        Facts->is_code &&
        NT_SUCCESS(AtrGuardedCopy(Code, (PVOID)(ULONG_PTR)Facts->by_number, sizeof(Code))) &&
        atr_patch_plan(Facts->by_number, Code, sizeof(Code), &Patch) == ATR_PATCH_TAKEN;
}

static VOID
AtrpFindRow(_Inout_ PATR_HOOK Hook, _In_ const struct atr_device_start *Start, _In_ ULONG Row)
{
    const ATR_KERNEL *Kernel = &Hook->Kernel;
    struct atr_row_facts *Facts = &Hook->Rows[Row].Facts;
    uint32_t Arguments = 0;

    /* Without ALPC its numbers belong to other services, whatever an ntdll says. */
    Facts->number = Kernel->HasAlpc || Row >= ATR_SERVICE_LPC_CREATE ? Start->services[Row].number
                                                                     : ATR_NOT_FOUND;
    Facts->limit = Kernel->Limit;
    Facts->is_absolute = Kernel->IsAbsolute;
    Facts->arguments = AtrpServiceArguments[Row].Arguments;
    Facts->old_arguments = AtrpServiceArguments[Row].OldArguments;
    Facts->has_rva = Start->services[Row].rva != 0;
    Facts->is_image = Start->kernel_time_stamp == Kernel->Image.time_stamp &&
                      Start->kernel_size_bytes == Kernel->Image.size_bytes;
    Facts->by_rva = (ULONG_PTR)Kernel->Base + Start->services[Row].rva;
    if (Facts->number < Facts->limit) {
        if (Kernel->IsAbsolute) {
            AtrpReadAbsolute(Kernel, Facts);
        } else {
            AtrpReadRelative(Kernel, Facts);
        }
        AtrpReadTarget(Kernel, Facts);
        AtrpReadStub(Kernel, Row, Facts);
    }
    Hook->Rows[Row].Verdict = atr_row_judge(Facts, &Arguments);
    Hook->Rows[Row].ArgumentCount = Arguments;
    Hook->Rows[Row].Target = (PUCHAR)(ULONG_PTR)Facts->by_number;
    Hook->Rows[Row].State =
        Hook->Rows[Row].Verdict == ATR_ROW_NO_SERVICE ? ATR_ROW_ABSENT : ATR_ROW_REFUSED;
}

_Use_decl_annotations_ VOID
AtrpFindRows(PATR_HOOK Hook, const struct atr_device_start *Start)
{
    RtlZeroMemory(Hook->Rows, sizeof(Hook->Rows));
    for (ULONG Row = 0; Row < ATR_SERVICE_COUNT; Row++) {
        AtrpFindRow(Hook, Start, Row);
    }
}
