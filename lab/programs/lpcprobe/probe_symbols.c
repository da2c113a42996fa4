/* SPDX-License-Identifier: MIT */
#include "probe.h"

enum {
    FILE_MAX = 16 * 1024,
    WORD_MAX = 64,
};

/* Where the next word goes to and what is behind it. */
static const char *
next_word(const char *at, char *word)
{
    uint32_t size = 0;

    while (*at == ' ' || *at == '\t' || *at == '\r') {
        at++;
    }
    while (*at > ' ' && size < WORD_MAX - 1) {
        word[size++] = *at++;
    }
    word[size] = 0;
    return at;
}

static const char *
next_line(const char *at)
{
    while (*at != 0 && *at != '\n') {
        at++;
    }
    return *at == '\n' ? at + 1 : at;
}

static uint32_t
hex(const char *text)
{
    uint32_t value = 0;

    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        text += 2;
    }
    for (; *text != 0; text++) {
        char low = (char)(*text | 0x20);
        int digit = *text >= '0' && *text <= '9' ? *text - '0'
                    : low >= 'a' && low <= 'f'   ? low - 'a' + 10
                                                 : 0;

        value = value << 4 | (uint32_t)digit;
    }
    return value;
}

static void
take_line(struct probe *probe, const char *line)
{
    char first[WORD_MAX];
    char second[WORD_MAX];
    char third[WORD_MAX];
    char fourth[WORD_MAX];

    line = next_word(line, first);
    line = next_word(line, second);
    line = next_word(line, third);
    (void)next_word(line, fourth);
    if (probe_equals(first, "image")) {
        probe->services.kernel_time_stamp = hex(third);
        probe->services.kernel_size_bytes = hex(fourth);
        return;
    }
    for (uint32_t row = 0; row < ATR_SERVICE_COUNT; row++) {
        if (probe_equals(first, probe_service_name(row))) {
            probe->services.rva[row] = hex(second);
        }
    }
}

bool
probe_read_symbols(struct probe *probe, const char *path)
{
    HANDLE file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    char *text = VirtualAlloc(NULL, FILE_MAX, MEM_COMMIT, PAGE_READWRITE);
    DWORD size = 0;

    if (file == INVALID_HANDLE_VALUE || text == NULL ||
        !ReadFile(file, text, FILE_MAX - 1, &size, NULL)) {
        probe_say("lpcprobe: cannot read %s: error %lu\n", path, GetLastError());
        return false;
    }
    (void)CloseHandle(file);
    for (const char *line = text; *line != 0; line = next_line(line)) {
        take_line(probe, line);
    }
    (void)VirtualFree(text, 0, MEM_RELEASE);
    return true;
}
