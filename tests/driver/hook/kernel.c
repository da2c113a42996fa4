/* SPDX-License-Identifier: MIT */
#include "kernel.h"

#include "guard.h"
#include "hook_internal.h"
#include "pin/pin_internal.h"

#include "wire/service_table.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
    TEXT = 0x1000,
    ENTRY = 0x1100, /* what LSTAR names: jumps on */
    DISPATCHER = 0x1400,
    STUBS = 0x1800, /* 32 bytes a row */
    PAGED = 0x2000, /* services: 128 bytes a row */
    RDATA = 0x4000, /* the table, then argument bytes, then descriptors */
    ARGUMENTS = 0x4c00,
    DESCRIPTORS = 0x4e00,
    IMAGE_BYTES = 0x5000,
    SERVICE_BYTES = 128,
};

struct fake_kernel FakeKernel;
BOOLEAN FakeDebuggerEnabled = TRUE;
void (*FakeInService)(ULONG row);

static PUCHAR Image;    /* readable and executable */
static PUCHAR Writable; /* the same pages */
static DRIVER_OBJECT PinDriver;
static DEVICE_OBJECT PinDevice;
static FILE_OBJECT PinFile;

DRIVER_INITIALIZE DriverEntry;

/* The room of room.S. */
__attribute__((aligned(4096))) UCHAR PinpRoom[PINP_ROOM_BYTES];

static const UCHAR RowArguments[ATR_SERVICE_COUNT] = {
#define SERVICE(row, name, operation, arguments, old_arguments) arguments,
#include "wire/services.def"
#undef SERVICE
};

static const char *const RowNames[ATR_SERVICE_COUNT] = {
#define SERVICE(row, name, operation, arguments, old_arguments) name,
#include "wire/services.def"
#undef SERVICE
};

ULONG
fake_kernel_arguments(ULONG row)
{
    return RowArguments[row];
}

NTSTATUS
fake_kernel_status(ULONG row, const ULONG64 *arguments)
{
    ULONG64 sum = row + 1;

    for (ULONG i = 0; i < RowArguments[row]; i++) {
        sum = sum * 31 + arguments[i];
    }
    return (NTSTATUS)(sum & 0x7fffffff);
}

/* One C routine a row: what the code in the image jumps to. */

#define P1  ULONG64 a0
#define P2  P1, ULONG64 a1
#define P3  P2, ULONG64 a2
#define P4  P3, ULONG64 a3
#define P5  P4, ULONG64 a4
#define P6  P5, ULONG64 a5
#define P8  P6, ULONG64 a6, ULONG64 a7
#define P9  P8, ULONG64 a8
#define P11 P9, ULONG64 a9, ULONG64 a10
#define V1  a0
#define V2  V1, a1
#define V3  V2, a2
#define V4  V3, a3
#define V5  V4, a4
#define V6  V5, a5
#define V8  V6, a6, a7
#define V9  V8, a8
#define V11 V9, a9, a10

static NTSTATUS
serve(ULONG row, const ULONG64 *arguments)
{
    if (FakeInService != NULL) {
        FakeInService(row);
    }
    return fake_kernel_status(row, arguments);
}

#define SERVICE(row, name, operation, count, old_arguments)                                      \
    static NTSTATUS service_##row(P##count)                                                      \
    {                                                                                            \
        const ULONG64 arguments[] = {V##count};                                                  \
                                                                                                 \
        return serve(ATR_SERVICE_##row, arguments);                                              \
    }                                                                                            \
    static NTSTATUS call_##row(PVOID at, const ULONG64 *x)                                       \
    {                                                                                            \
        ULONG64 a0 = x[0], a1 = count > 1 ? x[1] : 0, a2 = count > 2 ? x[2] : 0;                 \
        ULONG64 a3 = count > 3 ? x[3] : 0, a4 = count > 4 ? x[4] : 0, a5 = count > 5 ? x[5] : 0; \
        ULONG64 a6 = count > 6 ? x[6] : 0, a7 = count > 7 ? x[7] : 0, a8 = count > 8 ? x[8] : 0; \
        ULONG64 a9 = count > 9 ? x[9] : 0, a10 = count > 10 ? x[10] : 0;                         \
                                                                                                 \
        (void)a1, (void)a2, (void)a3, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;          \
        (void)a9, (void)a10;                                                                     \
        return ((NTSTATUS(*)(P##count))(ULONG_PTR)at)(V##count);                                 \
    }
#include "wire/services.def"
#undef SERVICE

static const struct {
    ULONG_PTR service;
    NTSTATUS (*call)(PVOID at, const ULONG64 *arguments);
} Routines[ATR_SERVICE_COUNT] = {

#define SERVICE(row, name, operation, count, old_arguments) {(ULONG_PTR)service_##row, call_##row},
#include "wire/services.def"
#undef SERVICE
};

static void
put(PUCHAR at, ULONG64 value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        at[i] = (UCHAR)(value >> (8 * i));
    }
}

static void
put_section(ULONG index, const char *name, ULONG rva, ULONG bytes, ULONG flags)
{
    PUCHAR header = Writable + 0x188 + (SIZE_T)40 * index;

    memcpy(header, name, strlen(name));
    put(header + 8, bytes, 4);
    put(header + 12, rva, 4);
    put(header + 36, flags, 4);
}

static void
build_header(void)
{
    memcpy(Writable, "MZ", 2);
    put(Writable + 0x3c, 0x80, 4);
    memcpy(Writable + 0x80, "PE", 2);
    put(Writable + 0x84, 0x8664, 2);
    put(Writable + 0x86, 3, 2);
    put(Writable + 0x88, FAKE_TIME_STAMP, 4);
    put(Writable + 0x94, 0xf0, 2);
    put(Writable + 0x98, 0x20b, 2);
    put(Writable + 0x98 + 56, IMAGE_BYTES, 4);
    put_section(0, ".text", TEXT, PAGED - TEXT, 0x68000020);
    put_section(1, "PAGE", PAGED, RDATA - PAGED, 0x60000020);
    put_section(2, ".rdata", RDATA, IMAGE_BYTES - RDATA, 0x48000040);
}

/* A nop of the row's shape, then a jump to the C routine; padding before and behind. */
static void
build_service(ULONG row)
{
    static const UCHAR nops[FAKE_SHAPES][5] = {
        {0x0f, 0x1f, 0x44, 0x00, 0x00}, {0x0f, 0x1f, 0x00}, {0x90}};
    static const UCHAR nop_bytes[FAKE_SHAPES] = {5, 3, 1};
    PUCHAR at = Writable + (fake_kernel_service(row) - Image);

    memcpy(at, nops[row % FAKE_SHAPES], nop_bytes[row % FAKE_SHAPES]);
    at += nop_bytes[row % FAKE_SHAPES];
    put(at, 0x25ff, 6);
    put(at + 6, Routines[row].service, 8);
}

static void
build_entry(ULONG row)
{
    const ULONG number = FAKE_FIRST_NUMBER + row;
    const ULONG on_stack = RowArguments[row] > 4 ? RowArguments[row] - 4u : 0;
    PUCHAR stub = Writable + STUBS + (SIZE_T)32 * row;
    uint32_t entry = 0;

    if (FakeKernel.is_absolute) {
        put(Writable + RDATA + (SIZE_T)8 * number, (ULONG_PTR)fake_kernel_service(row), 8);
    } else {
        (void)atr_entry_make((ULONG_PTR)Image + RDATA, (ULONG_PTR)fake_kernel_service(row),
                             on_stack, &entry);
        put(Writable + RDATA + (SIZE_T)4 * number, entry, 4);
    }
    Writable[ARGUMENTS + number] = (UCHAR)(8 * RowArguments[row]);
    memcpy(stub, "\x48\x8b\xc4\xfa", 4);
    stub[4] = 0xb8;
    put(stub + 5, number, 4);
}

/* The short entry with a jump to what loads the tables. */
static void
build_dispatcher(void)
{
    memset(Writable + TEXT, 0xcc, RDATA - TEXT);
    Writable[ENTRY] = 0x90;
    Writable[ENTRY + 1] = 0xe9;
    put(Writable + ENTRY + 2, DISPATCHER - (ENTRY + 6), 4);
    put(Writable + DISPATCHER, 0x158d4c, 3);
    put(Writable + DISPATCHER + 3, DESCRIPTORS - (DISPATCHER + 7), 4);
    put(Writable + DISPATCHER + 7, 0x1d8d4c, 3);
    put(Writable + DISPATCHER + 10, DESCRIPTORS + 64 - (DISPATCHER + 14), 4);
    for (ULONG i = 0; i < 2; i++) {
        PUCHAR descriptor = Writable + DESCRIPTORS + (SIZE_T)64 * i;

        put(descriptor, (ULONG_PTR)Image + RDATA, 8);
        put(descriptor + 16, FAKE_SERVICES, 4);
        put(descriptor + 24, (ULONG_PTR)Image + ARGUMENTS, 8);
    }
}

static void
fill_table(void)
{
    for (ULONG i = 0; i < FAKE_SERVICES; i++) {
        if (FakeKernel.is_absolute) {
            put(Writable + RDATA + (SIZE_T)8 * i, (ULONG_PTR)Image + TEXT, 8);
        }
    }
    for (ULONG row = 0; row < ATR_SERVICE_COUNT; row++) {
        build_service(row);
        build_entry(row);
    }
}

/* Each boot has pages of its own: the pin remembers the islands of the last. */
void
fake_kernel_boot(bool is_absolute)
{
    const int file = memfd_create("kernel", 0);
    UNICODE_STRING name = {0, 0, NULL};

    if (file < 0 || ftruncate(file, IMAGE_BYTES) != 0) {
        abort();
    }
    Image = mmap(NULL, IMAGE_BYTES, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    Writable = mmap(NULL, IMAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (Image == MAP_FAILED || Writable == MAP_FAILED) {
        abort();
    }
    close(file);
    memset((void *)&FakeKernel, 0, sizeof(FakeKernel));
    FakeKernel.is_absolute = is_absolute;
    FakeKernel.has_pin = true;
    FakeKernel.code_integrity = FAKE_CODE_INTEGRITY_ABSENT;
    FakeDebuggerEnabled = TRUE;
    FakeInService = NULL;
    build_header();
    build_dispatcher();
    fill_table();
    if (PinDriver.MajorFunction[IRP_MJ_CREATE] == NULL) {
        memset(PinpRoom, 0xcc, sizeof(PinpRoom));
        if (DriverEntry(&PinDriver, &name) != STATUS_SUCCESS || PinDriver.DriverUnload != NULL) {
            abort();
        }
    }
}

PUCHAR
fake_kernel_base(void)
{
    return Image;
}

ULONG
fake_kernel_bytes(void)
{
    return IMAGE_BYTES;
}

PUCHAR
fake_kernel_table(void)
{
    return Image + RDATA;
}

PUCHAR
fake_kernel_service(ULONG row)
{
    return Image + PAGED + (SIZE_T)SERVICE_BYTES * row + 32;
}

PUCHAR
fake_kernel_writable(const void *address)
{
    return Writable + ((const UCHAR *)address - Image);
}

struct atr_device_start
fake_kernel_start(ULONG flags)
{
    struct atr_device_start start = {
        .magic = ATR_DEVICE_MAGIC,
        .flags = flags,
        .kernel_time_stamp = FAKE_TIME_STAMP,
        .kernel_size_bytes = IMAGE_BYTES,
    };

    for (ULONG row = 0; row < ATR_SERVICE_COUNT; row++) {
        start.services[row].number = FAKE_FIRST_NUMBER + row;
        start.services[row].rva = (ULONG)(fake_kernel_service(row) - Image);
    }
    return start;
}

NTSTATUS
fake_kernel_call(ULONG row, const ULONG64 *arguments)
{
    const ULONG number = FAKE_FIRST_NUMBER + row;
    const PUCHAR table = fake_kernel_table();
    ULONG_PTR at;

    if (FakeKernel.is_absolute) {
        at = __atomic_load_n((ULONG64 *)(PVOID)table + number, __ATOMIC_SEQ_CST);
    } else {
        at = atr_entry_target((ULONG_PTR)table,
                              __atomic_load_n((ULONG *)(PVOID)table + number, __ATOMIC_SEQ_CST));
    }
    return Routines[row].call((PVOID)at, arguments);
}

/* What may fail. */
static bool
fails(void)
{
    FakeKernel.requests++;
    if (FakeKernel.requests == FakeKernel.fail_at) {
        FakeKernel.failed = true;
        return true;
    }
    return false;
}

NTSTATUS
AtrGuardedCopy(PVOID Destination, const VOID *Source, SIZE_T Bytes)
{
    struct iovec to = {Destination, Bytes};
    struct iovec from = {(PVOID)(ULONG_PTR)Source, Bytes};

    return Bytes == 0 || process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)Bytes
               ? STATUS_SUCCESS
               : STATUS_ACCESS_VIOLATION;
}

NTSTATUS
AtrGuardedLockPages(PMDL Mdl, LOCK_OPERATION Operation)
{
    UCHAR byte;

    (void)Operation;
    if (fails() || AtrGuardedCopy(&byte, Mdl->Address, 1) != STATUS_SUCCESS) {
        return STATUS_ACCESS_VIOLATION;
    }
    Mdl->IsLocked = TRUE;
    FakeKernel.locks++;
    return STATUS_SUCCESS;
}

NTSTATUS
AtrGuardedReadMsr(ULONG Register, PULONG64 Value)
{
    if (Register != 0xc0000082u) {
        return STATUS_ACCESS_VIOLATION;
    }
    *Value = (ULONG_PTR)Image + ENTRY;
    return STATUS_SUCCESS;
}

BOOLEAN
AtrCompareExchange16(PVOID At, const UCHAR *From, const UCHAR *To)
{
    ULONG64 from[2];
    ULONG64 to[2];
    BOOLEAN is_done;

    memcpy(from, From, 16);
    memcpy(to, To, 16);
    __asm__ volatile("lock cmpxchg16b %0"
                     : "+m"(*(UCHAR(*)[16])At), "=@ccz"(is_done), "+a"(from[0]), "+d"(from[1])
                     : "b"(to[0]), "c"(to[1])
                     : "memory");
    return is_done;
}

VOID
RtlInitUnicodeString(PUNICODE_STRING Out, const WCHAR *Text)
{
    (void)Text;
    memset(Out, 0, sizeof(*Out));
}

PVOID
ExAllocatePoolWithTag(ULONG Pool, SIZE_T Bytes, ULONG Tag)
{
    (void)Pool;
    (void)Tag;
    if (fails()) {
        return NULL;
    }
    FakeKernel.pool++;
    return malloc(Bytes);
}

VOID
ExFreePoolWithTag(PVOID Memory, ULONG Tag)
{
    (void)Tag;
    FakeKernel.pool--;
    free(Memory);
}

static bool
is_name(const UNICODE_STRING *name, const char *text)
{
    const ULONG units = name->Length / (ULONG)sizeof(WCHAR);

    for (ULONG i = 0; i < units; i++) {
        if (name->Buffer[i] != (WCHAR)text[i]) {
            return false;
        }
    }
    return text[units] == '\0';
}

PVOID
MmGetSystemRoutineAddress(PUNICODE_STRING Name)
{
    if (is_name(Name, "KeServiceDescriptorTable")) {
        return FakeKernel.is_absolute ? Image + DESCRIPTORS : NULL;
    }
    for (ULONG row = 0; row < ATR_SERVICE_COUNT; row++) {
        char zw[64] = "Zw";

        strncat(zw, RowNames[row] + 2, sizeof(zw) - 3);
        if (is_name(Name, zw) && !FakeKernel.is_legacy_only) {
            return Image + STUBS + (SIZE_T)32 * row;
        }
    }
    return NULL;
}

BOOLEAN
MmIsAddressValid(PVOID Address)
{
    UCHAR byte;

    return AtrGuardedCopy(&byte, Address, 1) == STATUS_SUCCESS;
}

/* Alone in its page, so that a page of the module list cannot hold the anchor. */
NTSTATUS
ZwQuerySystemInformation(ULONG Class, PVOID Information, ULONG Length, PULONG Returned)
{
    if (Class == 103 && FakeKernel.code_integrity != FAKE_CODE_INTEGRITY_ABSENT) {
        ((PULONG)Information)[1] = FakeKernel.code_integrity;
        return STATUS_SUCCESS;
    }
    if (Class != 11) {
        return STATUS_UNSUCCESSFUL;
    }
    if (Returned != NULL) {
        *Returned = 8 + 296;
    }
    if (Length < 8 + 296) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    memset(Information, 0, 8 + 296);
    put(Information, 1, 8);
    put((PUCHAR)Information + 8 + 16, 0x140000000, 8);
    put((PUCHAR)Information + 8 + 24, 0x1000, 4);
    return STATUS_SUCCESS;
}

PMDL
IoAllocateMdl(PVOID Address, ULONG Bytes, BOOLEAN Secondary, BOOLEAN Quota, PIRP Irp)
{
    PMDL Mdl;

    (void)Secondary;
    (void)Quota;
    (void)Irp;
    if (fails()) {
        return NULL;
    }
    Mdl = calloc(1, sizeof(*Mdl));
    Mdl->Address = Address;
    Mdl->Bytes = Bytes;
    FakeKernel.mdls++;
    return Mdl;
}

VOID
IoFreeMdl(PMDL Mdl)
{
    if (Mdl->IsLocked || Mdl->IsMapped) {
        abort();
    }
    FakeKernel.mdls--;
    free(Mdl);
}

VOID
MmUnlockPages(PMDL Mdl)
{
    Mdl->IsLocked = FALSE;
    FakeKernel.locks--;
}

PVOID
MmMapLockedPagesSpecifyCache(PMDL Mdl, int Mode, int Cache, PVOID Base, ULONG BugCheck,
                             int Priority)
{
    (void)Mode;
    (void)Cache;
    (void)Base;
    (void)BugCheck;
    (void)Priority;
    if (!Mdl->IsLocked) {
        abort();
    }
    if (fails()) {
        return NULL;
    }
    Mdl->IsMapped = TRUE;
    if (Mdl->Address >= Image && Mdl->Address + Mdl->Bytes <= Image + IMAGE_BYTES) {
        return fake_kernel_writable(Mdl->Address);
    }
    return Mdl->Address;
}

VOID
MmUnmapLockedPages(PVOID Base, PMDL Mdl)
{
    (void)Base;
    Mdl->IsMapped = FALSE;
}

/* The pin's room has one mapping only. */
NTSTATUS
MmProtectMdlSystemAddress(PMDL Mdl, ULONG Protection)
{
    (void)Mdl;
    (void)Protection;
    return mprotect(PinpRoom, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC) == 0
               ? STATUS_SUCCESS
               : STATUS_UNSUCCESSFUL;
}

VOID
KeInitializeEvent(PKEVENT Event, int Type, BOOLEAN State)
{
    (void)Type;
    Event->IsSignaled = State;
}

NTSTATUS
KeWaitForSingleObject(PVOID Object, int Reason, int Mode, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    (void)Object;
    (void)Reason;
    (void)Mode;
    (void)Alertable;
    (void)Timeout;
    return STATUS_SUCCESS;
}

NTSTATUS
KeDelayExecutionThread(int Mode, BOOLEAN Alertable, PLARGE_INTEGER Interval)
{
    const struct timespec time = {0, -Interval->QuadPart * 100 / 10};

    (void)Mode;
    (void)Alertable;
    (void)nanosleep(&time, NULL);
    return STATUS_SUCCESS;
}

VOID
KeEnterCriticalRegion(VOID)
{
    FakeKernel.critical_regions++;
}

VOID
KeLeaveCriticalRegion(VOID)
{
    FakeKernel.critical_regions--;
}

HANDLE
PsGetCurrentProcessId(VOID)
{
    return (HANDLE)(ULONG_PTR)getpid();
}

HANDLE
PsGetCurrentThreadId(VOID)
{
    return (HANDLE)(ULONG_PTR)syscall(SYS_gettid);
}

VOID
ObDereferenceObject(PVOID Object)
{
    (void)Object;
    FakeKernel.files--;
}

NTSTATUS
IoGetDeviceObjectPointer(PUNICODE_STRING Name, ULONG Access, PFILE_OBJECT *File,
                         PDEVICE_OBJECT *Device)
{
    (void)Name;
    (void)Access;
    if (!FakeKernel.has_pin || fails()) {
        return STATUS_NOT_FOUND;
    }
    FakeKernel.files++;
    *File = &PinFile;
    *Device = &PinDevice;
    return STATUS_SUCCESS;
}

PIRP
IoBuildDeviceIoControlRequest(ULONG Code, PDEVICE_OBJECT Device, PVOID In, ULONG InBytes, PVOID Out,
                              ULONG OutBytes, BOOLEAN IsInternal, PKEVENT Event,
                              PIO_STATUS_BLOCK IoStatus)
{
    PIRP Irp;

    (void)Device;
    (void)In;
    (void)InBytes;
    (void)Event;
    (void)IoStatus;
    if (!IsInternal || fails()) {
        return NULL;
    }
    Irp = calloc(1, sizeof(*Irp));
    Irp->UserBuffer = Out;
    Irp->Stack.Parameters.DeviceIoControl.IoControlCode = Code;
    Irp->Stack.Parameters.DeviceIoControl.OutputBufferLength = OutBytes;
    return Irp;
}

NTSTATUS
IoCallDriver(PDEVICE_OBJECT Device, PIRP Irp)
{
    return PinDriver.MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL](Device, Irp);
}

VOID
IoCompleteRequest(PIRP Irp, int Boost)
{
    (void)Boost;
    free(Irp);
}

PIO_STACK_LOCATION
IoGetCurrentIrpStackLocation(PIRP Irp)
{
    return &Irp->Stack;
}

NTSTATUS
IoCreateDevice(PDRIVER_OBJECT Driver, ULONG Bytes, PUNICODE_STRING Name, ULONG Type,
               ULONG Characteristics, BOOLEAN IsExclusive, PDEVICE_OBJECT *Device)
{
    (void)Bytes;
    (void)Name;
    (void)Type;
    (void)Characteristics;
    (void)IsExclusive;
    PinDevice.DriverObject = Driver;
    Driver->DriverStart = PinpRoom;
    Driver->DriverSize = PINP_ROOM_BYTES;
    *Device = &PinDevice;
    return STATUS_SUCCESS;
}

VOID
AtrOsAddOurImage(const VOID *Start, ULONG Bytes)
{
    FakeKernel.is_pin_ours = Start == PinpRoom && Bytes == PINP_ROOM_BYTES;
}
