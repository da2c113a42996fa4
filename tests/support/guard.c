/* SPDX-License-Identifier: MIT */
#include "support/support.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t
page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Room for size bytes in whole pages, one at least. The guard page lies behind it. */
static size_t
room_bytes(size_t size)
{
    size_t page = page_bytes();

    return size == 0 ? page : (size + page - 1) / page * page;
}

uint8_t *
test_guarded(const void *bytes, size_t size)
{
    size_t room = room_bytes(size);
    uint8_t *start =
        mmap(NULL, room + page_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(start != MAP_FAILED);
    assert_return_code(mprotect(start + room, page_bytes(), PROT_NONE), 0);
    if (bytes != NULL && size != 0) {
        memcpy(start + room - size, bytes, size);
    }
    return start + room - size;
}

void
test_guarded_free(const uint8_t *guarded, size_t size)
{
    if (guarded != NULL) {
        size_t room = room_bytes(size);
        uintptr_t start = (uintptr_t)guarded + size - room;

        assert_return_code(munmap((void *)start, room + page_bytes()), 0);
    }
}
