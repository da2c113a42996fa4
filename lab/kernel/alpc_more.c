/* SPDX-License-Identifier: MIT */
/* Sections, views and queries of ALPC ports. */
#include "kernel.h"

NTSTATUS NTAPI
LabNtAlpcCreatePortSection(HANDLE PortHandle, ULONG Flags, HANDLE SectionHandle, SIZE_T SectionSize,
                           PALPC_HANDLE AlpcSectionHandle, PSIZE_T ActualSectionSize)
{
    HANDLE Section;
    SIZE_T Actual;
    NTSTATUS Status;

    (void)Flags;
    if (LabPortByHandle(PortHandle) == LAB_NONE) {
        return (NTSTATUS)LAB_INVALID_HANDLE;
    }
    Status = LabViewCreateSection(LabCaller().pid, SectionHandle, SectionSize, &Section, &Actual);
    if (Status == 0 && (!LabWrite(AlpcSectionHandle, &Section, sizeof(Section)) ||
                        !LabWrite(ActualSectionSize, &Actual, sizeof(Actual)))) {
        LabViewDeleteSection(LabCaller().pid, Section);
        Status = (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    return Status;
}

NTSTATUS NTAPI
LabNtAlpcDeletePortSection(HANDLE PortHandle, ULONG Flags, ALPC_HANDLE SectionHandle)
{
    (void)Flags;
    return LabPortByHandle(PortHandle) == LAB_NONE
               ? (NTSTATUS)LAB_INVALID_HANDLE
               : LabViewDeleteSection(LabCaller().pid, SectionHandle);
}

NTSTATUS NTAPI
LabNtAlpcCreateSectionView(HANDLE PortHandle, ULONG Flags, PALPC_DATA_VIEW_ATTR ViewAttributes)
{
    ALPC_DATA_VIEW_ATTR View;
    NTSTATUS Status;

    (void)Flags;
    if (LabPortByHandle(PortHandle) == LAB_NONE) {
        return (NTSTATUS)LAB_INVALID_HANDLE;
    }
    if (!LabRead(&View, ViewAttributes, sizeof(View))) {
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    Status = LabViewMap(LabCaller().pid, View.SectionHandle, &View.ViewBase, &View.ViewSize);
    if (Status == 0 && !LabWrite(ViewAttributes, &View, sizeof(View))) {
        LabViewUnmap(LabCaller().pid, View.ViewBase);
        Status = (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    return Status;
}

NTSTATUS NTAPI
LabNtAlpcDeleteSectionView(HANDLE PortHandle, ULONG Flags, PVOID ViewBase)
{
    (void)Flags;
    return LabPortByHandle(PortHandle) == LAB_NONE ? (NTSTATUS)LAB_INVALID_HANDLE
                                                   : LabViewUnmap(LabCaller().pid, ViewBase);
}

static NTSTATUS
GiveInformation(PVOID User, ULONG Length, PULONG ReturnLength, const VOID *From, ULONG Bytes)
{
    if (ReturnLength != NULL && !LabWrite(ReturnLength, &Bytes, sizeof(Bytes))) {
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    if (Length < Bytes) {
        return (NTSTATUS)0xc0000004; /* STATUS_INFO_LENGTH_MISMATCH */
    }
    return LabWrite(User, From, Bytes) ? 0 : (NTSTATUS)LAB_ACCESS_VIOLATION;
}

NTSTATUS NTAPI
LabNtAlpcQueryInformation(HANDLE PortHandle, ALPC_PORT_INFORMATION_CLASS Class,
                          PVOID PortInformation, ULONG Length, PULONG ReturnLength)
{
    uint32_t Port = LabPortByHandle(PortHandle);
    ALPC_BASIC_INFORMATION Basic;
    ALPC_SERVER_SESSION_INFORMATION Session;
    uint32_t Peer;

    if (Port == LAB_NONE) {
        return (NTSTATUS)LAB_INVALID_HANDLE;
    }
    Peer = LabModel->ports[Port].peer;
    switch (Class) {
    case AlpcBasicInformation:
        Basic.Flags = 0;
        Basic.SequenceNo = LabModel->ports[Port].sequence;
        Basic.PortContext = (PVOID)LabModel->ports[Port].context;
        return GiveInformation(PortInformation, Length, ReturnLength, &Basic, sizeof(Basic));
    case AlpcServerSessionInformation:
        Session.SessionId = 0;
        Session.ProcessId = (ULONG)LabModel->ports[Peer == LAB_NONE ? Port : Peer].pid;
        return GiveInformation(PortInformation, Length, ReturnLength, &Session, sizeof(Session));
    default:
        return (NTSTATUS)LAB_INVALID_PARAMETER;
    }
}

NTSTATUS NTAPI
LabNtAlpcQueryInformationMessage(HANDLE PortHandle, PPORT_MESSAGE PortMessage,
                                 ALPC_MESSAGE_INFORMATION_CLASS Class, PVOID MessageInformation,
                                 ULONG Length, PULONG ReturnLength)
{
    ALPC_MESSAGE_HANDLE_INFORMATION Information;
    struct lab_header Header;
    NTSTATUS Status;

    if (LabPortByHandle(PortHandle) == LAB_NONE) {
        return (NTSTATUS)LAB_INVALID_HANDLE;
    }
    if (Class != AlpcMessageHandleInformation || Length < sizeof(Information)) {
        return (NTSTATUS)LAB_INVALID_PARAMETER;
    }
    if (!LabRead(&Header, PortMessage, sizeof(Header)) ||
        !LabRead(&Information, MessageInformation, sizeof(Information))) {
        return (NTSTATUS)LAB_ACCESS_VIOLATION;
    }
    Status = LabHandlesQuery(&Header, Information.Index, &Information);
    return Status != 0 ? Status
                       : GiveInformation(MessageInformation, Length, ReturnLength, &Information,
                                         sizeof(Information));
}
