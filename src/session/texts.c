/* SPDX-License-Identifier: MIT */
#include "session/internal.h"

#include <string.h>

/* What the session holds of texts and stacks, against ATR_SESSION_HELD_BYTES. */

bool
session_make_room(struct atr_session *session, size_t size_bytes)
{
    while (session->held_bytes + size_bytes > ATR_SESSION_HELD_BYTES) {
        struct atr_table *table =
            session->stacks.oldest != NULL ? &session->stacks : &session->strings;

        if (table->oldest == NULL) {
            return false; /* names of processes, ports and modules take it all */
        }
        atr_table_remove(table, table->oldest);
    }
    session->held_bytes += size_bytes;
    return true;
}

/* Copies before it makes room: text may be what goes. */
struct atr_str
session_text_copy(struct atr_session *session, struct atr_str text)
{
    char *copy;

    if (text.size_bytes > ATR_NAME_BYTES_MAX) {
        text.size_bytes = ATR_NAME_BYTES_MAX;
    }
    if (text.data == NULL) {
        return (struct atr_str){NULL, 0};
    }
    copy = atr_heap_alloc(&session->heap, text.size_bytes + 1, 1);
    if (copy == NULL) {
        return (struct atr_str){NULL, 0};
    }
    memcpy(copy, text.data, text.size_bytes);
    if (!session_make_room(session, text.size_bytes + 1)) {
        atr_heap_free(&session->heap, copy);
        return (struct atr_str){NULL, 0};
    }
    return atr_str_make(copy, text.size_bytes);
}

void
session_text_free(struct atr_session *session, struct atr_str *text)
{
    /* Owned copies are ours to free; the view is const for readers only. */
    union {
        const char *read;
        char *own;
    } data = {text->data};

    if (text->data != NULL) {
        session->held_bytes -= text->size_bytes + 1;
        atr_heap_free(&session->heap, data.own);
        *text = (struct atr_str){NULL, 0};
    }
}

void
session_text_replace(struct atr_session *session, struct atr_str *text, struct atr_str with)
{
    struct atr_str copy;

    if (with.size_bytes == 0 || atr_str_equal(*text, with)) {
        return;
    }
    copy = session_text_copy(session, with);
    session_text_free(session, text);
    *text = copy;
}
