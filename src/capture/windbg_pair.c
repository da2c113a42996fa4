/* SPDX-License-Identifier: MIT */
#include "capture/windbg_pair.h"

#include "base/cursor.h"
#include "capture/log_state.h"

enum {
    /* LRPC (lrpc 2, 3 and 4). */
    TYPE_CALL = 0,
    TYPE_BIND = 1,
    TYPE_FAULT = 2,
    TYPE_RESPONSE = 3,
    ID_OFFSET = 0x0c,

    /* Entries forgotten at once, so that forgetting costs nothing on average. */
    FORGET_COUNT = ATR_LOG_OPEN_MAX / 4,
};

/* What the script makes of the first four bytes, by its own note. */
static enum atr_windbg_note
note_of_type(uint32_t type)
{
    static const enum atr_windbg_note notes[] = {
        [TYPE_CALL] = ATR_WINDBG_CALL_NOTE,
        [TYPE_BIND] = ATR_WINDBG_BIND_NOTE,
        [TYPE_FAULT] = ATR_WINDBG_FAIL_NOTE,
        [TYPE_RESPONSE] = ATR_WINDBG_SUCCESS_NOTE,
    };

    return type < ATR_COUNT(notes) ? notes[type] : ATR_WINDBG_OTHER_NOTE;
}

static bool
note_has_id(enum atr_windbg_note note)
{
    return note == ATR_WINDBG_CALL_NOTE || note == ATR_WINDBG_SUCCESS_NOTE;
}

struct atr_windbg_message
atr_windbg_message_make(const struct atr_windbg_record *record)
{
    struct atr_str bytes = atr_text_view(&record->payload);
    struct atr_cursor cur = atr_cursor_make(bytes.data, bytes.size_bytes);
    struct atr_windbg_message message = {.is_known = record->has_note,
                                         .what = record->note,
                                         .has_request_id =
                                             record->has_note && note_has_id(record->note),
                                         .request_id = record->request_id};
    uint32_t type = atr_cursor_u32(&cur);
    struct atr_cursor id_cur;

    if (!atr_cursor_ok(&cur)) {
        return message;
    }
    atr_cursor_seek(&cur, ID_OFFSET);
    id_cur = cur;
    message = (struct atr_windbg_message){.is_known = true,
                                          .what = note_of_type(type),
                                          .request_id = atr_cursor_u32(&id_cur),
                                          .size_bytes = bytes.size_bytes,
                                          .hash = atr_log_hash(bytes.data, bytes.size_bytes)};
    message.has_request_id = note_has_id(message.what) && atr_cursor_ok(&id_cur);
    if (message.what == ATR_WINDBG_BIND_NOTE) {
        message.interface = atr_cursor_guid(&cur);
    }
    return message;
}

bool
atr_windbg_note_is_wrong(const struct atr_windbg_record *record)
{
    struct atr_windbg_message message = atr_windbg_message_make(record);

    if (!record->has_note || message.size_bytes == 0) {
        return false;
    }
    return record->note != message.what ||
           (message.has_request_id && message.request_id != record->request_id);
}

void
atr_windbg_pairs_init(struct atr_windbg_pairs *pairs, const struct atr_heap *heap)
{
    *pairs = (struct atr_windbg_pairs){.heap = *heap};
}

void
atr_windbg_pairs_fini(struct atr_windbg_pairs *pairs)
{
    atr_heap_free(&pairs->heap, pairs->open);
    pairs->open = NULL;
    pairs->count = 0;
}

static void
remove_at(struct atr_windbg_pairs *pairs, uint32_t from, uint32_t count)
{
    memmove(&pairs->open[from], &pairs->open[from + count],
            (pairs->count - from - count) * sizeof(*pairs->open));
    pairs->count -= count;
}

enum atr_status
atr_windbg_pairs_enter(struct atr_windbg_pairs *pairs, const struct atr_windbg_open *entry)
{
    if (pairs->open == NULL) {
        pairs->open = atr_heap_alloc(&pairs->heap, ATR_LOG_OPEN_MAX, sizeof(*pairs->open));
    }
    if (pairs->open == NULL) {
        return ATR_NOMEM;
    }
    if (pairs->count == ATR_LOG_OPEN_MAX) {
        remove_at(pairs, 0, FORGET_COUNT);
    }
    pairs->open[pairs->count++] = *entry;
    return ATR_OK;
}

/* The exit as far as it tells which entry it belongs to. */
struct wanted {
    const struct atr_windbg_message *message;
    uint32_t pid;
    uint32_t handle;
};

typedef bool match_fn(const struct atr_windbg_open *open, const struct wanted *wanted);

static bool
is_same_place(const struct atr_windbg_open *open, const struct wanted *wanted)
{
    return (wanted->pid == ATR_UNKNOWN_U32 || wanted->pid == open->call.pid) &&
           (wanted->handle == ATR_UNKNOWN_U32 || wanted->handle == open->call.handle);
}

static bool
is_unchanged(const struct atr_windbg_open *open, const struct wanted *wanted)
{
    const struct atr_windbg_message *message = wanted->message;

    return message->size_bytes != 0 && open->message.size_bytes == message->size_bytes &&
           open->message.hash == message->hash && is_same_place(open, wanted);
}

static bool
is_answered(const struct atr_windbg_open *open, const struct wanted *wanted)
{
    const struct atr_windbg_message *answer = wanted->message;
    const struct atr_windbg_message *asked = &open->message;

    if (!answer->is_known || !asked->is_known || !is_same_place(open, wanted)) {
        return false;
    }
    switch (answer->what) {
    case ATR_WINDBG_SUCCESS_NOTE:
        return asked->what == ATR_WINDBG_CALL_NOTE && answer->has_request_id &&
               asked->has_request_id && answer->request_id == asked->request_id;
    case ATR_WINDBG_BIND_NOTE:
        return asked->what == ATR_WINDBG_BIND_NOTE && answer->size_bytes != 0 &&
               atr_guid_equal(&answer->interface, &asked->interface) && !is_unchanged(open, wanted);
    case ATR_WINDBG_FAIL_NOTE:
        return asked->what == ATR_WINDBG_CALL_NOTE || asked->what == ATR_WINDBG_BIND_NOTE;
    default:
        return false;
    }
}

/* The newest matching entry, and whether it is the only one: 0, 1 or 2 (more) were found. */
static uint32_t
find(const struct atr_windbg_pairs *pairs, match_fn *matches, const struct wanted *wanted,
     uint32_t *newest)
{
    uint32_t found = 0;

    for (uint32_t i = pairs->count; i > 0 && found < 2; i--) {
        if (matches(&pairs->open[i - 1], wanted)) {
            *newest = found == 0 ? i - 1 : *newest;
            found++;
        }
    }
    return found;
}

enum atr_windbg_pairing
atr_windbg_pairs_exit(struct atr_windbg_pairs *pairs, const struct atr_windbg_message *message,
                      uint32_t pid, uint32_t handle, struct atr_windbg_open *entry)
{
    static match_fn *const matches[] = {is_answered, is_unchanged, is_same_place};
    struct wanted wanted = {message, pid, handle};
    bool has_place = pid != ATR_UNKNOWN_U32 && handle != ATR_UNKNOWN_U32;

    for (size_t i = 0; i < ATR_COUNT(matches); i++) {
        uint32_t at = 0;
        uint32_t found = find(pairs, matches[i], &wanted, &at);

        if (found > 0) {
            bool is_sure =
                (matches[i] == is_answered || has_place) && (found == 1 || at + 1 == pairs->count);

            *entry = pairs->open[at];
            remove_at(pairs, at, 1);
            return is_sure ? ATR_WINDBG_BY_CONTENT : ATR_WINDBG_BY_ORDER;
        }
    }
    return ATR_WINDBG_NO_ENTRY;
}
