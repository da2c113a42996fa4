/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * CRC-32C (Castagnoli), as iSCSI uses it (RFC 3720 B.4). Start with crc = 0; the result of one
 * piece is the start of the next, so that pieces give the checksum of the whole.
 */
uint32_t atr_crc32c(uint32_t crc, const void *bytes, size_t size_bytes);

/* The same without help of the processor; for its test. */
uint32_t atr_crc32c_portable(uint32_t crc, const void *bytes, size_t size_bytes);
