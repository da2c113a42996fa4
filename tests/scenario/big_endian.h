/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Turns a trace file of ours, one little-endian section, into what a big-endian machine would have
 * written, in place: pcapng's own numbers change, records, seals and the index stay as they are
 * (docs/format.md 1). False: it is not such a file.
 */
bool big_endian_convert(uint8_t *bytes, size_t size_bytes);
