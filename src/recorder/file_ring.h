/* SPDX-License-Identifier: MIT */
#pragma once

#include "recorder/recording.h"

/* The names of a ring of files (recording.h). Without a ring: the one path. */

/* Looks for the files of earlier recordings, to go on counting behind them. */
ATR_NODISCARD enum atr_status atr_file_ring_look(struct atr_recording *recording);

/* Puts the next path into recording->path, and deletes what is too old. */
ATR_NODISCARD enum atr_status atr_file_ring_name(struct atr_recording *recording);
