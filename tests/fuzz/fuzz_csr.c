/* SPDX-License-Identifier: MIT */
#include "fuzz/fuzz_decoder.h"

FUZZ_DECODER(atr_csr_decode)
