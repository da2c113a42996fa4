/* SPDX-License-Identifier: MIT */
#include "support/pe_image.h"

#include "base/endian.h"

#include <string.h>

enum {
    PE_AT = 0x80,
    OPTIONAL_AT = PE_AT + 24,
    SECTION_AT = OPTIONAL_AT + 240,
    TEXT_RVA = 0x1000,
    TEXT_AT = 0x400,
    EXPORTS = 0x1000, /* RVAs */
    FUNCTIONS = 0x1028,
    NAMES = 0x1030,
    ORDINALS = 0x1038,
    NAME_1 = 0x1040,
    NAME_2 = 0x1060,
    EXPORTS_END = 0x1080,
    DEBUG = 0x1100,
    CODEVIEW = 0x1140,
};

static uint8_t *
at(uint8_t *image, uint32_t rva)
{
    return image + TEXT_AT + (rva - TEXT_RVA);
}

static void
put_headers(uint8_t *image)
{
    uint8_t *optional = image + OPTIONAL_AT;

    memcpy(image, "MZ", 2);
    (void)atr_put_u32(image + 0x3c, PE_AT);
    memcpy(image + PE_AT, "PE", 2);
    (void)atr_put_u16(image + PE_AT + 4, 0x8664);
    (void)atr_put_u16(image + PE_AT + 6, 1); /* sections */
    (void)atr_put_u32(image + PE_AT + 8, PE_IMAGE_TIME_STAMP);
    (void)atr_put_u16(image + PE_AT + 20, 240);
    (void)atr_put_u16(optional, 0x20b);
    (void)atr_put_u32(optional + 56, PE_IMAGE_SIZE);
    (void)atr_put_u32(optional + 60, TEXT_AT);
    (void)atr_put_u32(optional + 64, 0x1234); /* checksum */
    (void)atr_put_u32(optional + 108, 16);
    (void)atr_put_u32(optional + 112, EXPORTS);
    (void)atr_put_u32(optional + 116, EXPORTS_END - EXPORTS);
    (void)atr_put_u32(optional + 112 + 6 * 8, DEBUG);
    (void)atr_put_u32(optional + 116 + 6 * 8, 28);
    (void)atr_put_u32(image + SECTION_AT + 8, 0x1000);
    (void)atr_put_u32(image + SECTION_AT + 12, TEXT_RVA);
    (void)atr_put_u32(image + SECTION_AT + 16, PE_IMAGE_BYTES - TEXT_AT);
    (void)atr_put_u32(image + SECTION_AT + 20, TEXT_AT);
}

/* "Forwarded" leads back into the table, as forwarders do. */
static void
put_exports(uint8_t *image)
{
    (void)atr_put_u32(at(image, EXPORTS + 20), 2);
    (void)atr_put_u32(at(image, EXPORTS + 24), 2);
    (void)atr_put_u32(at(image, EXPORTS + 28), FUNCTIONS);
    (void)atr_put_u32(at(image, EXPORTS + 32), NAMES);
    (void)atr_put_u32(at(image, EXPORTS + 36), ORDINALS);
    (void)atr_put_u32(at(image, FUNCTIONS), PE_IMAGE_STUB_RVA);
    (void)atr_put_u32(at(image, FUNCTIONS + 4), EXPORTS + 8);
    (void)atr_put_u32(at(image, NAMES), NAME_2);
    (void)atr_put_u32(at(image, NAMES + 4), NAME_1);
    (void)atr_put_u16(at(image, ORDINALS), 1);
    (void)atr_put_u16(at(image, ORDINALS + 2), 0);
    memcpy(at(image, NAME_1), "NtAlpcSendWaitReceivePort", 26);
    memcpy(at(image, NAME_2), "Forwarded", 10);
}

void
test_pe_image(uint8_t out[PE_IMAGE_BYTES])
{
    static const uint8_t stub[] = {0x4c, 0x8b, 0xd1, 0xb8, PE_IMAGE_SERVICE, 0, 0, 0};

    memset(out, 0, PE_IMAGE_BYTES);
    put_headers(out);
    put_exports(out);
    memcpy(at(out, PE_IMAGE_STUB_RVA), stub, sizeof(stub));
    (void)atr_put_u32(at(out, DEBUG + 12), 2); /* CodeView */
    (void)atr_put_u32(at(out, DEBUG + 16), 24 + 8);
    (void)atr_put_u32(at(out, DEBUG + 24), TEXT_AT + (CODEVIEW - TEXT_RVA));
    memcpy(at(out, CODEVIEW), "RSDS", 4);
    memset(at(out, CODEVIEW + 4), 0x5a, 16);
    (void)atr_put_u32(at(out, CODEVIEW + 20), 3);
    memcpy(at(out, CODEVIEW + 24), "x.pdb", 6);
}
