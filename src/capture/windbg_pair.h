/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/guid.h"
#include "base/heap.h"
#include "capture/windbg_record.h"
#include "event/event.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Which entry an exit belongs to. The script keeps one stack for all threads: an exit takes the
 * last entry, whichever thread it came from, and dumps that entry's send buffer once more. So an
 * exit's dump belongs to some entry for sure, but only an answer in it tells that the call is over:
 * then the two are paired by what the bytes say. All other exits are paired by order, as the script
 * did.
 */
struct atr_windbg_message {
    bool is_known; /* there was a dump, or at least a note */
    enum atr_windbg_note what;
    bool has_request_id;
    uint32_t request_id;
    struct atr_guid interface; /* of a bind; zero when its bytes are not there */
    uint64_t size_bytes;       /* of the dump; 0: there was none */
    uint64_t hash;
};

/* What the record's dump holds, or else what its note says. */
struct atr_windbg_message atr_windbg_message_make(const struct atr_windbg_record *record);

/* Whether the script's note says something else than the bytes below it. */
bool atr_windbg_note_is_wrong(const struct atr_windbg_record *record);

struct atr_windbg_open {
    struct atr_alpc_record call; /* the entry's fixed fields */
    struct atr_windbg_message message;
};

struct atr_windbg_pairs {
    struct atr_heap heap;
    struct atr_windbg_open *open; /* oldest first */
    uint32_t count;
};

void atr_windbg_pairs_init(struct atr_windbg_pairs *pairs, const struct atr_heap *heap);
void atr_windbg_pairs_fini(struct atr_windbg_pairs *pairs);

/* Past ATR_LOG_OPEN_MAX the oldest entries are forgotten. NOMEM is the one failure. */
ATR_NODISCARD enum atr_status atr_windbg_pairs_enter(struct atr_windbg_pairs *pairs,
                                                     const struct atr_windbg_open *entry);

enum atr_windbg_pairing {
    ATR_WINDBG_NO_ENTRY,
    ATR_WINDBG_BY_ORDER,
    ATR_WINDBG_BY_CONTENT,
};

/* Takes the entry of an exit off the list. pid and handle are unknown unless the exit printed them.
 */
enum atr_windbg_pairing atr_windbg_pairs_exit(struct atr_windbg_pairs *pairs,
                                              const struct atr_windbg_message *message,
                                              uint32_t pid, uint32_t handle,
                                              struct atr_windbg_open *entry);
