/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * A small 64-bit PE image: one section at RVA 0x1000 (file offset 0x400) with an export table of
 * two names, the code of a system service stub, and a CodeView record.
 */
enum {
    PE_IMAGE_BYTES = 0x1000,
    PE_IMAGE_STUB_RVA = 0x1800,
    PE_IMAGE_SERVICE = 0x8d,
    PE_IMAGE_TIME_STAMP = 0x5f3759df,
    PE_IMAGE_SIZE = 0x3000,
};

void test_pe_image(uint8_t out[PE_IMAGE_BYTES]);
