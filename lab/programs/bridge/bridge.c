/* SPDX-License-Identifier: MIT */
/*
 * Takes stub bytes from a real RPC runtime: server and client of bridge.idl talk in this process
 * over ncalrpc, and what the runtime writes to its pipe is read by the way. Each pair of stubs goes
 * into a file, from which the scenario "bridge" makes LRPC messages.
 *
 *   bridge FILE
 */
#include "bridge.h"
#include "pairs.h"

#include <winternl.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PDU_VERSION = 5,
    PDU_REQUEST = 0,
    PDU_RESPONSE = 2,
    PDU_HEADER_BYTES = 16,
    PDU_STUB_OFFSET = 24, /* without an object */
    PDU_FLAG_OBJECT = 0x80,
    STUB_BYTES = 16, /* of a system call stub that can be moved */
    JUMP_BYTES = 14,
};

typedef NTSTATUS NTAPI write_file_fn(HANDLE, HANDLE, PVOID, PVOID, PIO_STATUS_BLOCK, const void *,
                                     ULONG, PLARGE_INTEGER, PULONG);

/* A hook has no argument to carry these. */
static struct {
    write_file_fn *original;
    struct pair pairs[PAIRS_MAX];
    CRITICAL_SECTION lock;
    size_t count;
} tap;

/* One call at a time: an answer is the last request's (Wine's server numbers them its own way). */
static void
take_pdu(const uint8_t *pdu, uint32_t size)
{
    uint32_t stub = PDU_STUB_OFFSET + ((pdu[3] & PDU_FLAG_OBJECT) != 0 ? 16 : 0);
    struct pair *pair;

    if (size < stub || size - stub > PAIR_STUB_BYTES) {
        return;
    }
    EnterCriticalSection(&tap.lock);
    if (pdu[2] == PDU_REQUEST && tap.count < PAIRS_MAX) {
        pair = &tap.pairs[tap.count++];
        pair->call_id = (uint32_t)tap.count;
        pair->opnum = pdu[22] | (uint32_t)pdu[23] << 8;
        pair->request_bytes = size - stub;
        memcpy(pair->request, pdu + stub, size - stub);
    } else if (pdu[2] == PDU_RESPONSE && tap.count > 0) {
        pair = &tap.pairs[tap.count - 1];
        pair->reply_bytes = size - stub;
        memcpy(pair->reply, pdu + stub, size - stub);
        pair->is_answered = 1;
    }
    LeaveCriticalSection(&tap.lock);
}

static NTSTATUS NTAPI
write_file(HANDLE file, HANDLE event, PVOID apc, PVOID context, PIO_STATUS_BLOCK block,
           const void *bytes, ULONG size, PLARGE_INTEGER offset, PULONG key)
{
    const uint8_t *pdu = bytes;

    if (size >= PDU_HEADER_BYTES && pdu[0] == PDU_VERSION && pdu[1] == 0 &&
        (pdu[2] == PDU_REQUEST || pdu[2] == PDU_RESPONSE) &&
        (pdu[8] | (uint32_t)pdu[9] << 8) == size) {
        take_pdu(pdu, size);
    }
    return tap.original(file, event, apc, context, block, bytes, size, offset, key);
}

static void
put_jump(uint8_t *at, const void *target)
{
    static const uint8_t jump[6] = {0xff, 0x25};

    memcpy(at, jump, sizeof(jump));
    memcpy(at + sizeof(jump), &target, sizeof(target));
}

/* Wine's stub of NtWriteFile begins with 16 bytes that run anywhere. */
static bool
set_tap(void)
{
    FARPROC routine = GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtWriteFile");
    write_file_fn *hook = write_file;
    uint8_t *moved = VirtualAlloc(NULL, 64, MEM_COMMIT | MEM_RESERVE, PAGE_EXECUTE_READWRITE);
    uint8_t *stub;
    const void *target;
    DWORD protection;

    memcpy(&stub, &routine, sizeof(stub));
    memcpy(&target, &hook, sizeof(target));
    if (moved == NULL || stub == NULL || stub[3] != 0xb8) {
        return false;
    }
    InitializeCriticalSection(&tap.lock);
    memcpy(moved, stub, STUB_BYTES);
    put_jump(moved + STUB_BYTES, stub + STUB_BYTES);
    memcpy(&tap.original, &moved, sizeof(moved));
    if (!VirtualProtect(stub, STUB_BYTES, PAGE_EXECUTE_READWRITE, &protection)) {
        return false;
    }
    put_jump(stub, target);
    return VirtualProtect(stub, STUB_BYTES, protection, &protection);
}

/* The server. */

void *__RPC_USER
MIDL_user_allocate(SIZE_T size)
{
    return malloc(size);
}

void __RPC_USER
MIDL_user_free(void *memory)
{
    free(memory);
}

LONG
server_Add(LONG a, LONG b)
{
    return a + b;
}

LONG
server_Put(item *it, unsigned char *bytes, ULONG n, ULONG *sum)
{
    *sum = 0;
    for (ULONG i = 0; i < n; i++) {
        *sum += bytes[i];
    }
    return it->id * 2;
}

LONG
server_Describe(basket *what, WCHAR **text)
{
    static const WCHAR words[] = L"a basket, and what is in it";

    *text = MIDL_user_allocate(sizeof(words));
    memcpy(*text, words, sizeof(words));
    return (LONG)what->count;
}

void
server_Swap(hyper *left, hyper *right, short how)
{
    hyper kept = *left;

    (void)how;
    *left = *right;
    *right = kept;
}

static DWORD WINAPI
serve(void *ready)
{
    static unsigned char protocol[] = "ncalrpc";
    static unsigned char endpoint[] = "alpctrace-bridge";
    RPC_STATUS status = RpcServerUseProtseqEpA(protocol, 10, endpoint, NULL);

    if (status == 0) {
        status = RpcServerRegisterIf(server_bridge_v1_0_s_ifspec, NULL, NULL);
    }
    (void)SetEvent(ready);
    if (status == 0) {
        status = RpcServerListen(1, 10, 0);
    }
    return (DWORD)status;
}

/* The client: false when an answer is wrong. */
static bool
call_everything(void)
{
    static WCHAR first[] = L"hello alpc";
    static WCHAR second[] = L"\x4e16\x754c, \xfc"
                            L"bung";
    unsigned char bytes[300];
    item items[] = {{21, 0x1122334455667788, first}, {22, -5, NULL}, {23, 77, second}};
    basket all = {COLOR_BLUE, 2.5, items, 3};
    WCHAR *text = NULL;
    hyper left = 1;
    hyper right = INT64_C(0x7fffffffffffffff);
    ULONG sum = 0;
    bool is_right;

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char)i;
    }
    is_right = client_Add(40, 2) == 42;
    is_right &= client_Put(&items[0], bytes, sizeof(bytes), &sum) == 42 && sum == 33586;
    is_right &= client_Describe(&all, &text) == 3 && text != NULL;
    client_Swap(&left, &right, -3);
    is_right &= right == 1;
    is_right &= client_Add(INT32_MIN, -1) == INT32_MAX;
    MIDL_user_free(text);
    return is_right;
}

static bool
write_pairs(const char *path)
{
    FILE *file = fopen(path, "wb");
    bool is_right =
        file != NULL && fwrite(tap.pairs, sizeof(struct pair), tap.count, file) == tap.count;

    return file != NULL && fclose(file) == 0 && is_right;
}

int
main(int count, char **arguments)
{
    static unsigned char protocol[] = "ncalrpc";
    static unsigned char endpoint[] = "alpctrace-bridge";
    HANDLE ready = CreateEventA(NULL, TRUE, FALSE, NULL);
    unsigned char *binding = NULL;
    size_t answered = 0;
    bool is_right;

    if (count != 2 || !set_tap()) {
        (void)fputs(count != 2 ? "bridge FILE\n" : "bridge: another NtWriteFile than Wine's\n",
                    stderr);
        return 2;
    }
    (void)CreateThread(NULL, 0, serve, ready, 0, NULL);
    (void)WaitForSingleObject(ready, INFINITE);
    is_right = RpcStringBindingComposeA(NULL, protocol, NULL, endpoint, NULL, &binding) == 0 &&
               RpcBindingFromStringBindingA(binding, &bridge_handle) == 0 && call_everything() &&
               write_pairs(arguments[1]);
    for (size_t i = 0; i < tap.count; i++) {
        answered += tap.pairs[i].is_answered;
    }
    (void)printf("bridge: %u calls, %u answered: %s\n", (unsigned)tap.count, (unsigned)answered,
                 is_right && answered == PAIRS_EXPECTED ? "ok" : "FAILED");
    (void)fflush(stdout);
    ExitProcess(!(is_right && answered == PAIRS_EXPECTED));
}
