/* SPDX-License-Identifier: MIT */
#include "pe/pe.h"
#include "recorder/services_of_image.h"
#include "support/pe_image.h"
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file in memory, read in full. */
struct opened {
    struct atr_file *file;
    struct atr_pe pe;
};

static enum atr_status
open_image(struct opened *opened, const uint8_t *bytes, size_t size)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_error error;

    CHECK_UINT(atr_file_from_memory(&opened->file, (struct atr_bytes){bytes, size}, &heap), ATR_OK);
    return atr_pe_read(&opened->pe, opened->file, &error);
}

static enum atr_status
find(const struct atr_pe *pe, const char *name, uint32_t *rva)
{
    struct atr_heap heap = atr_heap_default();
    struct atr_pe_exports exports;
    enum atr_status status = atr_pe_exports_open(&exports, pe, &heap);

    if (status == ATR_OK) {
        status = atr_pe_exports_find(&exports, name, rva);
        atr_pe_exports_close(&exports);
    }
    return status;
}

static void
an_image_says_who_it_is(void **state)
{
    uint8_t image[PE_IMAGE_BYTES];
    struct atr_pe_debug debug;
    struct opened opened;

    (void)state;
    test_pe_image(image);
    CHECK_UINT(open_image(&opened, image, sizeof(image)), ATR_OK);
    CHECK_UINT(opened.pe.machine, 0x8664);
    CHECK_UINT(opened.pe.time_stamp, PE_IMAGE_TIME_STAMP);
    CHECK_UINT(opened.pe.image_bytes, PE_IMAGE_SIZE);
    CHECK_UINT(opened.pe.checksum, 0x1234);
    CHECK_UINT(atr_pe_debug(&opened.pe, &debug), ATR_OK);
    CHECK_UINT(debug.age, 3);
    CHECK_UINT(debug.guid.bytes[15], 0x5a);
    assert_string_equal(debug.pdb_name, "x.pdb");
    atr_file_close(opened.file);
}

static void
exports_are_found_by_name_and_forwarders_are_not(void **state)
{
    uint8_t image[PE_IMAGE_BYTES];
    struct opened opened;
    uint32_t rva = 0;

    (void)state;
    test_pe_image(image);
    CHECK_UINT(open_image(&opened, image, sizeof(image)), ATR_OK);
    CHECK_UINT(find(&opened.pe, "NtAlpcSendWaitReceivePort", &rva), ATR_OK);
    CHECK_UINT(rva, PE_IMAGE_STUB_RVA);
    CHECK_UINT(find(&opened.pe, "NtAlpcSendWaitReceive", &rva), ATR_END);
    CHECK_UINT(find(&opened.pe, "Forwarded", &rva), ATR_END);
    atr_file_close(opened.file);
}

/* Whatever the bytes are: no more is read than there is. */
static void
read_all(const uint8_t *bytes, size_t size)
{
    struct atr_pe_debug debug;
    struct opened opened;
    uint32_t rva = 0;

    if (open_image(&opened, bytes, size) == ATR_OK) {
        (void)atr_pe_debug(&opened.pe, &debug);
        (void)find(&opened.pe, "NtAlpcSendWaitReceivePort", &rva);
    }
    atr_file_close(opened.file);
}

static void
every_short_prefix_is_survived(void **state)
{
    uint8_t image[PE_IMAGE_BYTES];

    (void)state;
    test_pe_image(image);
    for (size_t size = 0; size < sizeof(image); size += size < 0x300 ? 1 : 13) {
        const uint8_t *guarded = test_guarded(image, size);

        read_all(guarded, size);
        test_guarded_free(guarded, size);
    }
}

static void
flipped_bytes_are_survived(void **state)
{
    struct test_random random = {.state = 7};

    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        uint8_t image[PE_IMAGE_BYTES];

        test_pe_image(image);
        for (unsigned flip = 0; flip < 4; flip++) {
            image[test_random_below(&random, 0x600)] = (uint8_t)test_random_below(&random, 256);
        }
        read_all(image, sizeof(image));
    }
}

static void
write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    CHECK_UINT(fwrite(bytes, 1, size, file), size);
    CHECK_INT(fclose(file), 0);
}

static void
service_numbers_stand_in_the_stubs(void **state)
{
    struct atr_start_service services[ATR_SERVICE_COUNT];
    struct atr_heap heap = atr_heap_default();
    char path[] = "/tmp/atr-ntdll-XXXXXX";
    uint8_t image[PE_IMAGE_BYTES];
    struct atr_error error;
    int descriptor = mkstemp(path);

    (void)state;
    assert_true(descriptor >= 0);
    (void)close(descriptor);
    test_pe_image(image);
    write_file(path, image, sizeof(image));
    for (size_t i = 0; i < ATR_SERVICE_COUNT; i++) {
        services[i] = (struct atr_start_service){.number = UINT32_MAX};
    }
    CHECK_UINT(atr_services_by_number(services, path, &heap, &error), ATR_OK);
    CHECK_UINT(services[ATR_SERVICE_ALPC_SEND_WAIT_RECEIVE].number, PE_IMAGE_SERVICE);
    CHECK_UINT(services[ATR_SERVICE_LPC_REPLY].number, UINT32_MAX);
    (void)remove(path);
}

static enum atr_status
read_symbols(const char *text, struct atr_device_start *start, struct atr_error *error)
{
    struct atr_heap heap = atr_heap_default();
    char path[] = "/tmp/atr-kernel-XXXXXX";
    int descriptor = mkstemp(path);
    enum atr_status status;

    assert_true(descriptor >= 0);
    (void)close(descriptor);
    write_file(path, text, strlen(text));
    memset(start, 0, sizeof(*start));
    status = atr_services_by_rva(start, path, &heap, error);
    (void)remove(path);
    return status;
}

static void
rvas_stand_in_a_text_file(void **state)
{
    struct atr_device_start *start = calloc(1, sizeof(*start));
    struct atr_error error;

    (void)state;
    assert_non_null(start);
    CHECK_UINT(read_symbols("alpctrace-kernel 1\r\n# made by hand\n"
                            "image ntoskrnl.exe 6b030dbb 0x145000\n\n"
                            "NtNobodyKnows 10\nNtAlpcSendWaitReceivePort 10380\n",
                            start, &error),
               ATR_OK);
    CHECK_UINT(start->kernel_time_stamp, 0x6b030dbb);
    CHECK_UINT(start->kernel_size_bytes, 0x145000);
    CHECK_UINT(start->services[ATR_SERVICE_ALPC_SEND_WAIT_RECEIVE].rva, 0x10380);
    CHECK_UINT(read_symbols("alpctrace-kernel 2\n", start, &error), ATR_MALFORMED);
    CHECK_UINT(read_symbols("alpctrace-kernel 1\nNtReplyPort zero\n", start, &error),
               ATR_MALFORMED);
    assert_non_null(strstr(error.text, "line 2"));
    free(start);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_says_who_it_is),
        cmocka_unit_test(exports_are_found_by_name_and_forwarders_are_not),
        cmocka_unit_test(every_short_prefix_is_survived),
        cmocka_unit_test(flipped_bytes_are_survived),
        cmocka_unit_test(service_numbers_stand_in_the_stubs),
        cmocka_unit_test(rvas_stand_in_a_text_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
