/* SPDX-License-Identifier: MIT */
#include "platform/win32/native.h"

enum {
    FIRST_BYTES = 256 * 1024,
    MOST_BYTES = 64 * 1024 * 1024, /* tens of thousands of processes with their threads */
};

#define LENGTH_MISMATCH ((NTSTATUS)0xc0000004)

void *
atr_system_information(const struct atr_heap *heap, ULONG what, size_t *size_bytes)
{
    for (ULONG room = FIRST_BYTES; room <= MOST_BYTES; room *= 2) {
        void *answer = atr_heap_alloc(heap, room, 1);
        ULONG got = 0;
        NTSTATUS status = answer == NULL ? LENGTH_MISMATCH
                                         : NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)what,
                                                                    answer, room, &got);

        if (answer != NULL && status == 0) {
            *size_bytes = got < room ? got : room;
            return answer;
        }
        atr_heap_free(heap, answer);
        if (answer == NULL || status != LENGTH_MISMATCH) {
            break;
        }
    }
    return NULL;
}
