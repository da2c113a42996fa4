/* SPDX-License-Identifier: MIT */
#include "recorder/file_ring.h"

enum {
    DIGITS = 5 /* more when the numbers need it */
};

/* "folder/" "trace" ".atr" of "folder/trace.atr". */
struct pieces {
    struct atr_str folder; /* with its separator */
    struct atr_str stem;
    struct atr_str extension;
};

static struct pieces
split(const char *path)
{
    struct atr_str text = atr_str_from(path);
    size_t name = text.size_bytes;
    size_t dot;

    while (name > 0 && text.data[name - 1] != '/' && text.data[name - 1] != '\\' &&
           text.data[name - 1] != ':') {
        name--;
    }
    dot = text.size_bytes;
    while (dot > name && text.data[dot - 1] != '.') {
        dot--;
    }
    dot = dot > name + 1 ? dot - 1 : text.size_bytes;
    return (struct pieces){
        .folder = atr_str_make(text.data, name),
        .stem = atr_str_make(text.data + name, dot - name),
        .extension = atr_str_skip(text, dot),
    };
}

static enum atr_status
make_path(struct atr_recording *recording, struct atr_text *out, uint32_t number)
{
    struct pieces pieces = split(recording->plan.path);

    atr_text_clear(out);
    atr_text_put(out, pieces.folder);
    atr_text_put(out, pieces.stem);
    atr_text_putc(out, '_');
    atr_text_u64_padded(out, number, DIGITS);
    atr_text_put(out, pieces.extension);
    atr_text_putc(out, '\0');
    return out->status;
}

struct look {
    struct pieces pieces;
    uint32_t lowest;
    uint32_t highest;
};

/* 0: not one of the ring's names. */
static uint32_t
number_of(const struct pieces *pieces, struct atr_str name)
{
    struct atr_str digits;
    uint64_t number = 0;

    if (!atr_str_starts(name, pieces->stem) || !atr_str_ends(name, pieces->extension) ||
        name.size_bytes <= pieces->stem.size_bytes + 1 + pieces->extension.size_bytes ||
        name.data[pieces->stem.size_bytes] != '_') {
        return 0;
    }
    digits = atr_str_skip(name, pieces->stem.size_bytes + 1);
    digits.size_bytes -= pieces->extension.size_bytes;
    if (digits.size_bytes < DIGITS || !atr_str_to_u64(digits, 10, &number) ||
        number >= UINT32_MAX) {
        return 0;
    }
    return (uint32_t)number;
}

static void
look_at(void *context, const char *name)
{
    struct look *look = context;
    uint32_t number = number_of(&look->pieces, atr_str_from(name));

    if (number != 0 && (look->lowest == 0 || number < look->lowest)) {
        look->lowest = number;
    }
    if (number > look->highest) {
        look->highest = number;
    }
}

enum atr_status
atr_file_ring_look(struct atr_recording *recording)
{
    struct look look = {.pieces = split(recording->plan.path)};
    struct atr_text folder;
    enum atr_status status = ATR_OK;

    if (recording->plan.file_count == 0) {
        return ATR_OK;
    }
    atr_text_init(&folder, recording->heap);
    atr_text_put(&folder, look.pieces.folder);
    atr_text_putc(&folder, '\0');
    status = folder.status == ATR_OK
                 ? atr_folder_list(folder.data, look_at, &look, &recording->heap, &recording->error)
                 : folder.status;
    atr_text_fini(&folder);
    recording->next_number = look.highest + 1;
    recording->first_number = look.lowest == 0 ? 1 : look.lowest;
    return status;
}

static enum atr_status
delete_old(struct atr_recording *recording)
{
    enum atr_status status = ATR_OK;
    struct atr_text path;

    atr_text_init(&path, recording->heap);
    while (status == ATR_OK &&
           recording->next_number - recording->first_number >= recording->plan.file_count) {
        status = make_path(recording, &path, recording->first_number);
        if (status == ATR_OK) {
            status = atr_file_delete(path.data, &recording->heap, &recording->error);
        }
        recording->first_number++;
    }
    atr_text_fini(&path);
    return status;
}

enum atr_status
atr_file_ring_name(struct atr_recording *recording)
{
    enum atr_status status;

    if (recording->plan.file_count == 0) {
        atr_text_clear(&recording->path);
        atr_text_puts(&recording->path, recording->plan.path);
        atr_text_putc(&recording->path, '\0');
        return recording->path.status;
    }
    status = delete_old(recording);
    return status == ATR_OK ? make_path(recording, &recording->path, recording->next_number++)
                            : status;
}
