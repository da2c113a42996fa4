/* SPDX-License-Identifier: MIT */
#include "fuzz/fuzz_decoder.h"

FUZZ_DECODER(atr_port_message_decode)
