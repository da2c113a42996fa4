/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The ALPC and LPC system services as Windows x64 has them: structures, flags, prototypes
 * (alpc.md 1, 5 to 9 and 12; names as in phnt). A test program that includes this header links to
 * ntdll on Windows and to alpclab.dll in the lab, from the same source.
 *
 * In the lab a worker-factory handle may be NULL: NtWaitForWorkViaWorkerFactory then only sends the
 * deferred message and returns STATUS_TIMEOUT.
 */

#include <windows.h>
/* After windows.h. */
#include <winternl.h>

#ifndef NT_ALPC_IMPORT
#define NT_ALPC_IMPORT __declspec(dllimport)
#endif

/* The header of every message; the payload follows it. */

typedef struct _PORT_MESSAGE {
    union {
        struct {
            USHORT DataLength;  /* payload bytes */
            USHORT TotalLength; /* header and payload */
        } s1;

        ULONG Length;
    } u1;

    union {
        struct {
            USHORT Type;           /* LPC_..., ALPC_TYPE_... */
            USHORT DataInfoOffset; /* of a PORT_DATA_INFORMATION; 0: none */
        } s2;

        ULONG ZeroInit;
    } u2;

    CLIENT_ID ClientId; /* on receive: the sender */
    ULONG MessageId;

    union {
        SIZE_T ClientViewSize; /* of a connection request */
        ULONG CallbackId;
    };
} PORT_MESSAGE, *PPORT_MESSAGE;

typedef struct _PORT_VIEW {
    ULONG Length;
    HANDLE SectionHandle;
    ULONG SectionOffset;
    SIZE_T ViewSize;
    PVOID ViewBase;
    PVOID ViewRemoteBase;
} PORT_VIEW, *PPORT_VIEW;

typedef struct _REMOTE_PORT_VIEW {
    ULONG Length;
    SIZE_T ViewSize;
    PVOID ViewBase;
} REMOTE_PORT_VIEW, *PREMOTE_PORT_VIEW;

typedef struct _PORT_DATA_ENTRY {
    PVOID Base;
    ULONG Size;
} PORT_DATA_ENTRY, *PPORT_DATA_ENTRY;

typedef struct _PORT_DATA_INFORMATION {
    ULONG CountDataEntries;
    PORT_DATA_ENTRY DataEntries[1];
} PORT_DATA_INFORMATION, *PPORT_DATA_INFORMATION;

/* What a 32-bit process passes, with ALPC_MSGFLG_WOW64_CALL. */
typedef struct _PORT_MESSAGE32 {
    USHORT DataLength;
    USHORT TotalLength;
    USHORT Type;
    USHORT DataInfoOffset;
    ULONG UniqueProcess;
    ULONG UniqueThread;
    ULONG MessageId;
    ULONG CallbackId;
} PORT_MESSAGE32, *PPORT_MESSAGE32;

/* Low byte of Type. */
#define LPC_REQUEST            1
#define LPC_REPLY              2
#define LPC_DATAGRAM           3
#define LPC_LOST_REPLY         4
#define LPC_PORT_CLOSED        5
#define LPC_CLIENT_DIED        6
#define LPC_EXCEPTION          7
#define LPC_DEBUG_EVENT        8
#define LPC_ERROR_EVENT        9
#define LPC_CONNECTION_REQUEST 10
#define LPC_CONNECTION_REPLY   11
#define LPC_CANCELED           12

#define LPC_TYPE_MASK             0x00ff
#define LPC_TYPE_WOW64            0x1000
#define LPC_CONTINUATION_REQUIRED 0x2000
#define LPC_NO_IMPERSONATE        0x4000
#define LPC_KERNELMODE_MESSAGE    0x8000

/* Flags of NtAlpcSendWaitReceivePort and NtAlpcConnectPort. */
#define ALPC_MSGFLG_REPLY_MESSAGE         0x1u
#define ALPC_MSGFLG_LPC_MODE              0x2u
#define ALPC_MSGFLG_RELEASE_MESSAGE       0x10000u
#define ALPC_MSGFLG_SYNC_REQUEST          0x20000u
#define ALPC_MSGFLG_TRACK_PORT_REFERENCES 0x40000u
#define ALPC_MSGFLG_WAIT_USER_MODE        0x100000u
#define ALPC_MSGFLG_WAIT_ALERTABLE        0x200000u
#define ALPC_MSGFLG_WOW64_CALL            0x80000000u

#define ALPC_CANCELFLG_TRY_CANCEL       0x1u
#define ALPC_CANCELFLG_NO_CONTEXT_CHECK 0x8u
#define ALPC_CANCELFLGP_FLUSH           0x10000u

/* A port's attributes. */

typedef struct _ALPC_PORT_ATTRIBUTES {
    ULONG Flags;
    SECURITY_QUALITY_OF_SERVICE SecurityQos;
    SIZE_T MaxMessageLength;
    SIZE_T MemoryBandwidth;
    SIZE_T MaxPoolUsage;
    SIZE_T MaxSectionSize;
    SIZE_T MaxViewSize;
    SIZE_T MaxTotalSectionSize;
    ULONG DupObjectTypes;
    ULONG Reserved;
} ALPC_PORT_ATTRIBUTES, *PALPC_PORT_ATTRIBUTES;

#define ALPC_PORFLG_LPC_MODE               0x1000u
#define ALPC_PORFLG_ALLOW_IMPERSONATION    0x10000u
#define ALPC_PORFLG_ALLOW_LPC_REQUESTS     0x20000u
#define ALPC_PORFLG_WAITABLE_PORT          0x40000u
#define ALPC_PORFLG_ALLOW_DUP_OBJECT       0x80000u
#define ALPC_PORFLG_ALLOW_MULTIHANDLE_ATTR 0x2000000u

/* A message's attributes: one structure for every bit allocated, highest bit first, no gaps. */

typedef struct _ALPC_MESSAGE_ATTRIBUTES {
    ULONG AllocatedAttributes;
    ULONG ValidAttributes;
} ALPC_MESSAGE_ATTRIBUTES, *PALPC_MESSAGE_ATTRIBUTES;

#define ALPC_MESSAGE_SECURITY_ATTRIBUTE       0x80000000u
#define ALPC_MESSAGE_VIEW_ATTRIBUTE           0x40000000u
#define ALPC_MESSAGE_CONTEXT_ATTRIBUTE        0x20000000u
#define ALPC_MESSAGE_HANDLE_ATTRIBUTE         0x10000000u
#define ALPC_MESSAGE_TOKEN_ATTRIBUTE          0x08000000u
#define ALPC_MESSAGE_DIRECT_ATTRIBUTE         0x04000000u
#define ALPC_MESSAGE_WORK_ON_BEHALF_ATTRIBUTE 0x02000000u

typedef HANDLE ALPC_HANDLE, *PALPC_HANDLE;

typedef struct _ALPC_SECURITY_ATTR {
    ULONG Flags; /* ALPC_SECFLG_... */
    PSECURITY_QUALITY_OF_SERVICE QoS;
    ALPC_HANDLE ContextHandle;
} ALPC_SECURITY_ATTR, *PALPC_SECURITY_ATTR;

#define ALPC_SECFLG_CREATE_HANDLE 0x20000u

typedef struct _ALPC_DATA_VIEW_ATTR {
    ULONG Flags; /* ALPC_VIEWFLG_... */
    ALPC_HANDLE SectionHandle;
    PVOID ViewBase; /* in this process */
    SIZE_T ViewSize;
} ALPC_DATA_VIEW_ATTR, *PALPC_DATA_VIEW_ATTR;

#define ALPC_VIEWFLG_UNMAP_EXISTING 0x10000u
#define ALPC_VIEWFLG_AUTO_RELEASE   0x20000u
#define ALPC_VIEWFLG_SECURED_ACCESS 0x40000u

typedef struct _ALPC_CONTEXT_ATTR {
    PVOID PortContext;
    PVOID MessageContext;
    ULONG Sequence;
    ULONG MessageId;
    ULONG CallbackId;
} ALPC_CONTEXT_ATTR, *PALPC_CONTEXT_ATTR;

typedef struct _ALPC_HANDLE_ATTR {
    ULONG Flags; /* ALPC_HANDLEFLG_... */

    union {
        HANDLE Handle;
        struct _ALPC_HANDLE_ATTR32 *HandleAttrArray; /* with ALPC_HANDLEFLG_INDIRECT */
    };

    union {
        ULONG ObjectType; /* OB_..._OBJECT_TYPE */
        ULONG HandleCount;
    };

    union {
        ACCESS_MASK DesiredAccess;
        ACCESS_MASK GrantedAccess;
    };
} ALPC_HANDLE_ATTR, *PALPC_HANDLE_ATTR;

typedef struct _ALPC_HANDLE_ATTR32 {
    ULONG Flags;
    ULONG Handle;
    ULONG ObjectType;
    ACCESS_MASK DesiredAccess;
} ALPC_HANDLE_ATTR32, *PALPC_HANDLE_ATTR32;

#define ALPC_HANDLEFLG_DUPLICATE_SAME_ACCESS     0x10000u
#define ALPC_HANDLEFLG_DUPLICATE_SAME_ATTRIBUTES 0x20000u
#define ALPC_HANDLEFLG_INDIRECT                  0x40000u
#define ALPC_HANDLEFLG_DUPLICATE_INHERIT         0x80000u

#define OB_FILE_OBJECT_TYPE      0x1u
#define OB_THREAD_OBJECT_TYPE    0x4u
#define OB_SEMAPHORE_OBJECT_TYPE 0x8u
#define OB_EVENT_OBJECT_TYPE     0x10u
#define OB_PROCESS_OBJECT_TYPE   0x20u
#define OB_MUTANT_OBJECT_TYPE    0x40u
#define OB_SECTION_OBJECT_TYPE   0x80u
#define OB_REG_KEY_OBJECT_TYPE   0x100u
#define OB_TOKEN_OBJECT_TYPE     0x200u
#define OB_JOB_OBJECT_TYPE       0x800u

typedef struct _ALPC_TOKEN_ATTR {
    LUID TokenId;
    LUID AuthenticationId;
    LUID ModifiedId;
} ALPC_TOKEN_ATTR, *PALPC_TOKEN_ATTR;

typedef struct _ALPC_DIRECT_ATTR {
    HANDLE Event;
} ALPC_DIRECT_ATTR, *PALPC_DIRECT_ATTR;

typedef struct _ALPC_WORK_ON_BEHALF_ATTR {
    ULONG ThreadId;
    ULONG ThreadCreationTimeLow;
} ALPC_WORK_ON_BEHALF_ATTR, *PALPC_WORK_ON_BEHALF_ATTR;

/* Where a structure lies; NULL when its bit is not allocated. */
static inline PVOID
NtAlpcAttribute(PALPC_MESSAGE_ATTRIBUTES Attributes, ULONG Bit)
{
    static const ULONG Sizes[] = {
        sizeof(ALPC_SECURITY_ATTR),       sizeof(ALPC_DATA_VIEW_ATTR), sizeof(ALPC_CONTEXT_ATTR),
        sizeof(ALPC_HANDLE_ATTR),         sizeof(ALPC_TOKEN_ATTR),     sizeof(ALPC_DIRECT_ATTR),
        sizeof(ALPC_WORK_ON_BEHALF_ATTR),
    };
    PUCHAR At = (PUCHAR)(Attributes + 1);
    ULONG This = ALPC_MESSAGE_SECURITY_ATTRIBUTE;

    for (ULONG i = 0; i < sizeof(Sizes) / sizeof(*Sizes); i++, This >>= 1) {
        if ((Attributes->AllocatedAttributes & This) == 0) {
            continue;
        }
        if (This == Bit) {
            return At;
        }
        At += Sizes[i];
    }
    return NULL;
}

/* NtAlpcQueryInformation and NtAlpcQueryInformationMessage. */

typedef enum _ALPC_PORT_INFORMATION_CLASS {
    AlpcBasicInformation = 0,
    AlpcPortInformation = 1,
    AlpcAssociateCompletionPortInformation = 2,
    AlpcConnectedSIDInformation = 3,
    AlpcServerInformation = 4,
    AlpcServerSessionInformation = 12,
} ALPC_PORT_INFORMATION_CLASS;

typedef struct _ALPC_BASIC_INFORMATION {
    ULONG Flags;
    ULONG SequenceNo;
    PVOID PortContext;
} ALPC_BASIC_INFORMATION, *PALPC_BASIC_INFORMATION;

typedef struct _ALPC_SERVER_SESSION_INFORMATION {
    ULONG SessionId;
    ULONG ProcessId;
} ALPC_SERVER_SESSION_INFORMATION, *PALPC_SERVER_SESSION_INFORMATION;

typedef enum _ALPC_MESSAGE_INFORMATION_CLASS {
    AlpcMessageSidInformation = 0,
    AlpcMessageTokenModifiedIdInformation = 1,
    AlpcMessageDirectStatusInformation = 2,
    AlpcMessageHandleInformation = 3,
} ALPC_MESSAGE_INFORMATION_CLASS;

typedef struct _ALPC_MESSAGE_HANDLE_INFORMATION {
    ULONG Index; /* in */
    ULONG Flags;
    ULONG Handle;
    ULONG ObjectType;
    ACCESS_MASK GrantedAccess;
} ALPC_MESSAGE_HANDLE_INFORMATION, *PALPC_MESSAGE_HANDLE_INFORMATION;

/* Deferred sends of thread-pool servers. */

typedef struct _WORKER_FACTORY_DEFERRED_WORK {
    PPORT_MESSAGE AlpcSendMessage;
    HANDLE AlpcSendMessagePort;
    ULONG AlpcSendMessageFlags;
    ULONG Flags; /* WORKER_FACTORY_DEFERRED_... */
} WORKER_FACTORY_DEFERRED_WORK, *PWORKER_FACTORY_DEFERRED_WORK;

#define WORKER_FACTORY_DEFERRED_SEND 0x1u

_Static_assert(sizeof(PORT_MESSAGE) == 0x28, "as Windows x64 has it");
_Static_assert(sizeof(PORT_MESSAGE32) == 0x18, "as Windows x64 has it");
_Static_assert(sizeof(PORT_VIEW) == 0x30, "as Windows x64 has it");
_Static_assert(sizeof(REMOTE_PORT_VIEW) == 0x18, "as Windows x64 has it");
_Static_assert(sizeof(ALPC_PORT_ATTRIBUTES) == 0x48, "as Windows x64 has it");
_Static_assert(sizeof(ALPC_SECURITY_ATTR) == 0x18, "as Windows x64 has it");
_Static_assert(sizeof(ALPC_DATA_VIEW_ATTR) == 0x20, "as Windows x64 has it");
_Static_assert(sizeof(ALPC_CONTEXT_ATTR) == 0x20, "as Windows x64 has it");
_Static_assert(sizeof(ALPC_HANDLE_ATTR) == 0x18, "as Windows x64 has it");
_Static_assert(sizeof(ALPC_TOKEN_ATTR) == 0x18, "as Windows x64 has it");
_Static_assert(sizeof(WORKER_FACTORY_DEFERRED_WORK) == 0x18, "as Windows x64 has it");

/* The services. */

#define NT_SERVICE NT_ALPC_IMPORT NTSTATUS NTAPI

NT_SERVICE NtAlpcCreatePort(PHANDLE PortHandle, POBJECT_ATTRIBUTES ObjectAttributes,
                            PALPC_PORT_ATTRIBUTES PortAttributes);
NT_SERVICE NtAlpcConnectPort(PHANDLE PortHandle, PUNICODE_STRING PortName,
                             POBJECT_ATTRIBUTES ObjectAttributes,
                             PALPC_PORT_ATTRIBUTES PortAttributes, ULONG Flags,
                             PSID RequiredServerSid, PPORT_MESSAGE ConnectionMessage,
                             PSIZE_T BufferLength, PALPC_MESSAGE_ATTRIBUTES OutMessageAttributes,
                             PALPC_MESSAGE_ATTRIBUTES InMessageAttributes, PLARGE_INTEGER Timeout);
NT_SERVICE NtAlpcConnectPortEx(
    PHANDLE PortHandle, POBJECT_ATTRIBUTES ConnectionPortObjectAttributes,
    POBJECT_ATTRIBUTES ClientPortObjectAttributes, PALPC_PORT_ATTRIBUTES PortAttributes,
    ULONG Flags, PSECURITY_DESCRIPTOR ServerSecurityRequirements, PPORT_MESSAGE ConnectionMessage,
    PSIZE_T BufferLength, PALPC_MESSAGE_ATTRIBUTES OutMessageAttributes,
    PALPC_MESSAGE_ATTRIBUTES InMessageAttributes, PLARGE_INTEGER Timeout);
NT_SERVICE NtAlpcAcceptConnectPort(PHANDLE PortHandle, HANDLE ConnectionPortHandle, ULONG Flags,
                                   POBJECT_ATTRIBUTES ObjectAttributes,
                                   PALPC_PORT_ATTRIBUTES PortAttributes, PVOID PortContext,
                                   PPORT_MESSAGE ConnectionRequest,
                                   PALPC_MESSAGE_ATTRIBUTES ConnectionMessageAttributes,
                                   BOOLEAN AcceptConnection);
NT_SERVICE NtAlpcSendWaitReceivePort(HANDLE PortHandle, ULONG Flags, PPORT_MESSAGE SendMessage,
                                     PALPC_MESSAGE_ATTRIBUTES SendMessageAttributes,
                                     PPORT_MESSAGE ReceiveMessage, PSIZE_T BufferLength,
                                     PALPC_MESSAGE_ATTRIBUTES ReceiveMessageAttributes,
                                     PLARGE_INTEGER Timeout);
NT_SERVICE NtAlpcDisconnectPort(HANDLE PortHandle, ULONG Flags);
NT_SERVICE NtAlpcCancelMessage(HANDLE PortHandle, ULONG Flags, PALPC_CONTEXT_ATTR MessageContext);
NT_SERVICE NtAlpcCreatePortSection(HANDLE PortHandle, ULONG Flags, HANDLE SectionHandle,
                                   SIZE_T SectionSize, PALPC_HANDLE AlpcSectionHandle,
                                   PSIZE_T ActualSectionSize);
NT_SERVICE NtAlpcDeletePortSection(HANDLE PortHandle, ULONG Flags, ALPC_HANDLE SectionHandle);
NT_SERVICE NtAlpcCreateSectionView(HANDLE PortHandle, ULONG Flags,
                                   PALPC_DATA_VIEW_ATTR ViewAttributes);
NT_SERVICE NtAlpcDeleteSectionView(HANDLE PortHandle, ULONG Flags, PVOID ViewBase);
NT_SERVICE NtAlpcQueryInformation(HANDLE PortHandle, ALPC_PORT_INFORMATION_CLASS Class,
                                  PVOID PortInformation, ULONG Length, PULONG ReturnLength);
NT_SERVICE NtAlpcQueryInformationMessage(HANDLE PortHandle, PPORT_MESSAGE PortMessage,
                                         ALPC_MESSAGE_INFORMATION_CLASS Class,
                                         PVOID MessageInformation, ULONG Length,
                                         PULONG ReturnLength);
NT_SERVICE NtWaitForWorkViaWorkerFactory(HANDLE WorkerFactoryHandle, PVOID MiniPackets, ULONG Count,
                                         PULONG PacketsReturned,
                                         PWORKER_FACTORY_DEFERRED_WORK DeferredWork);

/* LPC: all there is before Windows Vista, and still there. */

NT_SERVICE NtCreatePort(PHANDLE PortHandle, POBJECT_ATTRIBUTES ObjectAttributes,
                        ULONG MaxConnectionInfoLength, ULONG MaxMessageLength, ULONG MaxPoolUsage);
NT_SERVICE NtCreateWaitablePort(PHANDLE PortHandle, POBJECT_ATTRIBUTES ObjectAttributes,
                                ULONG MaxConnectionInfoLength, ULONG MaxMessageLength,
                                ULONG MaxPoolUsage);
NT_SERVICE NtConnectPort(PHANDLE PortHandle, PUNICODE_STRING PortName,
                         PSECURITY_QUALITY_OF_SERVICE SecurityQos, PPORT_VIEW ClientView,
                         PREMOTE_PORT_VIEW ServerView, PULONG MaxMessageLength,
                         PVOID ConnectionInformation, PULONG ConnectionInformationLength);
NT_SERVICE NtSecureConnectPort(PHANDLE PortHandle, PUNICODE_STRING PortName,
                               PSECURITY_QUALITY_OF_SERVICE SecurityQos, PPORT_VIEW ClientView,
                               PSID RequiredServerSid, PREMOTE_PORT_VIEW ServerView,
                               PULONG MaxMessageLength, PVOID ConnectionInformation,
                               PULONG ConnectionInformationLength);
NT_SERVICE NtListenPort(HANDLE PortHandle, PPORT_MESSAGE ConnectionRequest);
NT_SERVICE NtAcceptConnectPort(PHANDLE PortHandle, PVOID PortContext,
                               PPORT_MESSAGE ConnectionRequest, BOOLEAN AcceptConnection,
                               PPORT_VIEW ServerView, PREMOTE_PORT_VIEW ClientView);
NT_SERVICE NtCompleteConnectPort(HANDLE PortHandle);
NT_SERVICE NtRequestPort(HANDLE PortHandle, PPORT_MESSAGE RequestMessage);
NT_SERVICE NtRequestWaitReplyPort(HANDLE PortHandle, PPORT_MESSAGE RequestMessage,
                                  PPORT_MESSAGE ReplyMessage);
NT_SERVICE NtReplyPort(HANDLE PortHandle, PPORT_MESSAGE ReplyMessage);
NT_SERVICE NtReplyWaitReplyPort(HANDLE PortHandle, PPORT_MESSAGE ReplyMessage);
NT_SERVICE NtReplyWaitReceivePort(HANDLE PortHandle, PVOID *PortContext, PPORT_MESSAGE ReplyMessage,
                                  PPORT_MESSAGE ReceiveMessage);
NT_SERVICE NtReplyWaitReceivePortEx(HANDLE PortHandle, PVOID *PortContext,
                                    PPORT_MESSAGE ReplyMessage, PPORT_MESSAGE ReceiveMessage,
                                    PLARGE_INTEGER Timeout);

/* NtClose of winternl.h closes ports too: alpclab.dll exports its own. */
