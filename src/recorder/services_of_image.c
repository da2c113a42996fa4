/* SPDX-License-Identifier: MIT */
#include "recorder/services_of_image.h"

#include "base/attributes.h"
#include "base/endian.h"
#include "base/str.h"
#include "base/text.h"
#include "pe/pe.h"
#include "platform/machine.h"
#include "recorder/service_names.h"

enum {
    STUB_BYTES = 8,
    SYMBOLS_FILE_MAX = 65536 /* twenty lines; the rest is comment */
};

/* mov r10, rcx; mov eax, imm32: the same in every x64 Windows. */
static uint32_t
number_of(const uint8_t *stub)
{
    static const uint8_t start[] = {0x4c, 0x8b, 0xd1, 0xb8};

    return memcmp(stub, start, sizeof(start)) == 0 ? atr_get_u32(stub + sizeof(start)) : UINT32_MAX;
}

static void
read_numbers(struct atr_start_service *services, const struct atr_pe *pe,
             const struct atr_pe_exports *exports)
{
    for (size_t i = 0; i < ATR_SERVICE_COUNT; i++) {
        uint8_t stub[STUB_BYTES];
        uint32_t rva;

        if (atr_pe_exports_find(exports, atr_service_names[i], &rva) == ATR_OK &&
            atr_pe_bytes(pe, rva, stub, sizeof(stub)) == ATR_OK) {
            services[i].number = number_of(stub);
        }
    }
}

enum atr_status
atr_services_by_number(struct atr_start_service *services, const char *path,
                       const struct atr_heap *heap, struct atr_error *error)
{
    char *system = path == NULL ? atr_machine_in_system_folder(heap, "ntdll.dll") : NULL;
    const char *used = path == NULL ? system : path;
    struct atr_pe_exports exports;
    struct atr_file *file = NULL;
    struct atr_pe pe;
    enum atr_status status;

    if (used == NULL) {
        return atr_error_set(error, ATR_UNSUPPORTED, "there is no ntdll.dll here");
    }
    status = atr_file_open(&file, used, heap, error);
    if (status == ATR_OK) {
        status = atr_pe_read(&pe, file, error);
    }
    if (status == ATR_OK) {
        status = atr_pe_exports_open(&exports, &pe, heap);
        if (status != ATR_OK) {
            (void)atr_error_set(error, status, "%s exports nothing", atr_file_label(file));
        }
    }
    if (status == ATR_OK) {
        read_numbers(services, &pe, &exports);
        atr_pe_exports_close(&exports);
    }
    atr_file_close(file);
    atr_heap_free(heap, system);
    return status;
}

/* Words of a line. */
static struct atr_str
next_word(struct atr_str *line)
{
    size_t size = 0;
    struct atr_str word;

    *line = atr_str_trim(*line);
    while (size < line->size_bytes && line->data[size] != ' ' && line->data[size] != '\t') {
        size++;
    }
    word = atr_str_make(line->data, size);
    *line = atr_str_skip(*line, size);
    return word;
}

static bool
next_hex(struct atr_str *line, uint32_t *out)
{
    struct atr_str word = next_word(line);
    uint64_t number;

    if (atr_str_starts(word, ATR_STR("0x"))) {
        word = atr_str_skip(word, 2);
    }
    if (!atr_str_to_u64(word, 16, &number) || number > UINT32_MAX) {
        return false;
    }
    *out = (uint32_t)number;
    return true;
}

static bool
read_line(struct atr_device_start *start, struct atr_str line)
{
    struct atr_str word = next_word(&line);

    if (word.size_bytes == 0 || word.data[0] == '#') {
        return true;
    }
    if (atr_str_equal(word, ATR_STR("image"))) {
        (void)next_word(&line);
        return next_hex(&line, &start->kernel_time_stamp) &&
               next_hex(&line, &start->kernel_size_bytes);
    }
    for (size_t i = 0; i < ATR_SERVICE_COUNT; i++) {
        if (atr_str_equal(word, atr_str_from(atr_service_names[i]))) {
            return next_hex(&line, &start->services[i].rva);
        }
    }
    return true;
}

static enum atr_status
read_symbols(struct atr_device_start *start, struct atr_str text, const char *path,
             struct atr_error *error)
{
    unsigned number = 0;

    while (text.size_bytes > 0) {
        size_t end = atr_str_find(text, ATR_STR("\n"));
        struct atr_str line = atr_str_trim(atr_str_make(text.data, end));
        bool fits = number == 0 ? atr_str_equal(line, ATR_STR("alpctrace-kernel 1"))
                                : read_line(start, line);

        number++;
        if (!fits) {
            return atr_error_set(error, ATR_MALFORMED, "%s, line %u: no list of kernel symbols",
                                 path, number);
        }
        text = atr_str_skip(text, end + 1);
    }
    return ATR_OK;
}

enum atr_status
atr_services_by_rva(struct atr_device_start *start, const char *path, const struct atr_heap *heap,
                    struct atr_error *error)
{
    char *beside = path == NULL ? atr_machine_beside_program(heap, "alpctrace-kernel.txt") : NULL;
    const char *used = path == NULL ? beside : path;
    struct atr_file *file = NULL;
    char *text = atr_heap_alloc(heap, SYMBOLS_FILE_MAX, 1);
    size_t size = 0;
    enum atr_status status = ATR_NOMEM;

    if (text != NULL && used != NULL) {
        status = atr_file_open(&file, used, heap, error);
    }
    if (status == ATR_OK) {
        status = atr_file_read(file, text, SYMBOLS_FILE_MAX, &size, error);
        if (status == ATR_OK) {
            status = read_symbols(start, atr_str_make(text, size), used, error);
        }
    } else if (path == NULL) {
        status = ATR_OK;
    }
    atr_file_close(file);
    atr_heap_free(heap, text);
    atr_heap_free(heap, beside);
    return status;
}
