/* SPDX-License-Identifier: MIT */

/*
 * What the kernel calls instead of a service: one routine for each row and each argument count the
 * row can have, with exactly these arguments, because the dispatcher copies no more of them.
 */

#include "pin_internal.h"

#define PARAMETERS_1  ULONG64 A0
#define PARAMETERS_2  PARAMETERS_1, ULONG64 A1
#define PARAMETERS_3  PARAMETERS_2, ULONG64 A2
#define PARAMETERS_4  PARAMETERS_3, ULONG64 A3
#define PARAMETERS_5  PARAMETERS_4, ULONG64 A4
#define PARAMETERS_6  PARAMETERS_5, ULONG64 A5
#define PARAMETERS_8  PARAMETERS_6, ULONG64 A6, ULONG64 A7
#define PARAMETERS_9  PARAMETERS_8, ULONG64 A8
#define PARAMETERS_11 PARAMETERS_9, ULONG64 A9, ULONG64 A10

#define VALUES_1  A0
#define VALUES_2  VALUES_1, A1
#define VALUES_3  VALUES_2, A2
#define VALUES_4  VALUES_3, A3
#define VALUES_5  VALUES_4, A4
#define VALUES_6  VALUES_5, A5
#define VALUES_8  VALUES_6, A6, A7
#define VALUES_9  VALUES_8, A8
#define VALUES_11 VALUES_9, A9, A10

/* The services themselves, or trampolines into them. */
static _Atomic PVOID PinpTargets[ATR_SERVICE_COUNT];
static _Atomic PVOID PinpChosen[ATR_SERVICE_COUNT];

#define THUNK(name, row, count)                                        \
    static NTSTATUS NTAPI name(PARAMETERS_##count)                     \
    {                                                                  \
        ATR_PIN_FRAME Frame = {                                        \
            .Row = ATR_SERVICE_##row,                                  \
            .ArgumentCount = count,                                    \
            .Arguments = {VALUES_##count},                             \
        };                                                             \
        NTSTATUS Status;                                               \
                                                                       \
        PinpEnter(&Frame);                                             \
        Status = ((NTSTATUS(NTAPI *)(PARAMETERS_##count))(             \
            ULONG_PTR)PinpTargets[ATR_SERVICE_##row])(VALUES_##count); \
        PinpLeave(&Frame, Status);                                     \
        return Status;                                                 \
    }

#define SERVICE(row, name, operation, arguments, old_arguments) \
    THUNK(Pinp##row, row, arguments)                            \
    THUNK(PinpOld##row, row, old_arguments)
#include "wire/services.def"
#undef SERVICE

/* Where both counts are equal the first is taken. */
static const struct {
    ULONG Count;
    ULONG OldCount;
    ULONG_PTR Thunk;
    ULONG_PTR OldThunk;
} PinpRows[ATR_SERVICE_COUNT] = {

#define SERVICE(row, name, operation, arguments, old_arguments) \
    {arguments, old_arguments, (ULONG_PTR)Pinp##row, (ULONG_PTR)PinpOld##row},
#include "wire/services.def"
#undef SERVICE
};

_Use_decl_annotations_ NTSTATUS NTAPI
PinpSetTarget(ULONG Row, PVOID Target, ULONG ArgumentCount)
{
    if (Row >= ATR_SERVICE_COUNT || Target == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    if (ArgumentCount != PinpRows[Row].Count && ArgumentCount != PinpRows[Row].OldCount) {
        return STATUS_INVALID_PARAMETER;
    }
    PinpTargets[Row] = Target;
    PinpChosen[Row] = (PVOID)(ArgumentCount == PinpRows[Row].Count ? PinpRows[Row].Thunk
                                                                   : PinpRows[Row].OldThunk);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_ PVOID NTAPI
PinpThunk(ULONG Row)
{
    return Row < ATR_SERVICE_COUNT ? PinpChosen[Row] : NULL;
}
