/* SPDX-License-Identifier: MIT */
#include "capture/windbg_record.h"

enum {
    /* Twice what can be asked for: blocks do not fill up evenly. */
    NAMES_BYTES = 2 * 6 * ATR_NAME_BYTES_MAX,
    SITES_BYTES = 2 * ATR_FRAMES_MAX * ATR_FRAME_TEXT_MAX,
    OFFSET_MASK = 0xffff,
};

void
atr_windbg_record_init(struct atr_windbg_record *record, const struct atr_heap *heap)
{
    *record = (struct atr_windbg_record){0};
    atr_arena_init(&record->names, *heap, NAMES_BYTES);
    atr_arena_init(&record->sites, *heap, SITES_BYTES);
    atr_text_init(&record->payload, *heap);
}

void
atr_windbg_record_fini(struct atr_windbg_record *record)
{
    atr_arena_fini(&record->names);
    atr_arena_fini(&record->sites);
    atr_text_fini(&record->payload);
}

void
atr_windbg_record_clear(struct atr_windbg_record *record)
{
    struct atr_windbg_record empty = {.names = record->names,
                                      .sites = record->sites,
                                      .payload = record->payload,
                                      .handle = UINT64_MAX,
                                      .send_message = UINT64_MAX};

    atr_arena_reset(&empty.names);
    atr_arena_reset(&empty.sites);
    atr_text_clear(&empty.payload);
    *record = empty;
}

static bool
has_blank(struct atr_str text)
{
    return text.size_bytes > 0 && memchr(text.data, ' ', text.size_bytes) != NULL;
}

static bool
has_dump(const struct atr_windbg_record *record)
{
    return record->dump_bytes > 0;
}

static bool
has_body(const struct atr_windbg_record *record)
{
    return has_dump(record) || record->frame_count > 0;
}

bool
atr_windbg_record_ends(const struct atr_windbg_record *record, const struct atr_windbg_line *line)
{
    bool is_new = !record->is_open || has_body(record);

    switch (line->kind) {
    case ATR_WINDBG_START:
    case ATR_WINDBG_RET:
        return true;
    case ATR_WINDBG_PROCESS:
        /* Much of a console's chatter ends in a number in parentheses; image names have no blank.
         */
        return (is_new || record->has_process) && !has_blank(line->as.process.image);
    case ATR_WINDBG_CALL:
        return is_new || record->has_call;
    case ATR_WINDBG_PORT:
        return is_new || record->has_port;
    case ATR_WINDBG_NOTE:
        return is_new || record->has_note;
    case ATR_WINDBG_DUMP:
        return line->as.dump.offset == 0 && (!record->is_open || record->frame_count > 0);
    default:
        return false;
    }
}

static void
begin(struct atr_windbg_record *record, const struct atr_windbg_line *line)
{
    record->is_open = true;
    record->is_exit = line->kind == ATR_WINDBG_RET;
    record->is_headless = line->kind != ATR_WINDBG_START && line->kind != ATR_WINDBG_RET;
    if (line->kind == ATR_WINDBG_NOTE) {
        /* Only an answer tells that the missing first line was a Ret. */
        record->is_exit = line->as.note.what == ATR_WINDBG_SUCCESS_NOTE ||
                          line->as.note.what == ATR_WINDBG_FAIL_NOTE;
    }
}

static struct atr_str
keep(struct atr_windbg_record *record, struct atr_str text)
{
    if (text.size_bytes > ATR_NAME_BYTES_MAX) {
        text.size_bytes = ATR_NAME_BYTES_MAX;
    }
    return text.data == NULL ? text : atr_arena_str(&record->names, text);
}

static struct atr_scan_process
keep_process(struct atr_windbg_record *record, struct atr_scan_process process)
{
    return (struct atr_scan_process){keep(record, process.image), process.pid};
}

static void
add_port(struct atr_windbg_record *record, const struct atr_windbg_line *line)
{
    record->has_port = true;
    record->port_name = keep(record, line->as.port.name);
    record->client = keep_process(record, line->as.port.client);
    record->owner = keep_process(record, line->as.port.owner);
    if (record->handle == UINT64_MAX) {
        record->handle = line->as.port.handle;
    }
}

/* Lines must follow each other without a hole; the offset column shows its low 16 bits only. */
static const char *
add_dump(struct atr_windbg_record *record, const struct atr_windbg_line *line)
{
    size_t size = line->as.dump.size_bytes;
    const char *bytes = (const char *)line->as.dump.bytes;
    uint64_t hole = (line->as.dump.offset - record->dump_bytes) & OFFSET_MASK;

    /* A step back, which a repeated line looks like, is no hole of nearly 64 KiB. */
    record->dump_bytes += size + (hole <= OFFSET_MASK / 2 ? hole : 0);
    if (record->is_cut || hole != 0) {
        record->is_cut = true;
        return "the hex dump does not go on where it stopped";
    }
    if (size > ATR_PART_MAX - record->payload.size_bytes) {
        size = ATR_PART_MAX - record->payload.size_bytes;
    }
    atr_text_put(&record->payload, atr_str_make(bytes, size));
    return NULL;
}

/*
 * A line's RetAddr is where its frame returns to, which is where the next frame stands. The top
 * frame's own address is not printed, unless its call site is nothing but an address.
 */
static const char *
add_frame(struct atr_windbg_record *record, const struct atr_windbg_line *line)
{
    struct atr_str site = line->as.frame.site;
    struct atr_windbg_frame *frame;

    if (line->as.frame.index == 0) {
        atr_arena_reset(&record->sites); /* printed anew after symbols were loaded */
        record->frame_count = 0;
        record->return_address = 0;
    } else if (line->as.frame.index != record->next_index) {
        record->return_address = 0;
    }
    if (record->frame_count == ATR_FRAMES_MAX) {
        return "too many frames";
    }
    if (site.size_bytes > ATR_FRAME_TEXT_MAX) {
        site.size_bytes = ATR_FRAME_TEXT_MAX;
    }
    frame = &record->frames[record->frame_count++];
    frame->address = record->return_address;
    frame->site = atr_arena_str(&record->sites, site);
    if (atr_str_starts(site, ATR_STR("0x"))) {
        (void)atr_scan_hex(site, &frame->address);
    }
    record->next_index = line->as.frame.index + 1;
    if (!line->as.frame.is_inline) {
        record->return_address = line->as.frame.return_address;
    }
    return NULL;
}

static void
add_note(struct atr_windbg_record *record, const struct atr_windbg_line *line,
         const struct atr_text_line *where)
{
    record->has_note = true;
    record->note = line->as.note.what;
    record->note_text = keep(record, line->text);
    record->note_line = (struct atr_text_line){.number = where->number, .offset = where->offset};
    record->request_id = line->as.note.request_id;
}

static const char *
add(struct atr_windbg_record *record, const struct atr_windbg_line *line,
    const struct atr_text_line *where)
{
    switch (line->kind) {
    case ATR_WINDBG_PROCESS:
        if (record->has_process || has_body(record)) {
            return "not understood";
        }
        record->has_process = true;
        record->process = keep_process(record, line->as.process);
        return NULL;
    case ATR_WINDBG_CALL:
        record->has_call = true;
        record->handle = line->as.call.handle;
        record->send_message = line->as.call.send_message;
        return NULL;
    case ATR_WINDBG_PORT:
        add_port(record, line);
        return NULL;
    case ATR_WINDBG_SKIP:
        if (record->has_skip) {
            return "not understood";
        }
        record->has_skip = true;
        record->skip_reason = keep(record, line->as.skip_reason);
        return NULL;
    case ATR_WINDBG_NOTE:
        add_note(record, line, where);
        return NULL;
    case ATR_WINDBG_DUMP:
        return add_dump(record, line);
    case ATR_WINDBG_FRAME:
        return add_frame(record, line);
    default:
        return NULL; /* Start and Ret are in is_exit, the head of a stack says nothing */
    }
}

enum atr_status
atr_windbg_record_add(struct atr_windbg_record *record, const struct atr_windbg_line *line,
                      const struct atr_text_line *where, struct atr_log_health *health)
{
    const char *trouble;

    if (where->cut) {
        atr_log_trouble_add(&health->damage, where, "the line is too long; its end was left out");
    }
    if (line->kind == ATR_WINDBG_NOISE) {
        return ATR_OK;
    }
    if (!record->is_open && atr_windbg_record_ends(record, line)) {
        begin(record, line);
        if (record->is_headless) {
            atr_log_trouble_add(&health->damage, where, "a record without its first line");
        }
    }
    if (!record->is_open || line->kind == ATR_WINDBG_UNKNOWN) {
        atr_log_trouble_add(&health->skipped, where, "not understood");
        return ATR_OK;
    }
    trouble = add(record, line, where);
    if (trouble != NULL) {
        atr_log_trouble_add(line->kind == ATR_WINDBG_DUMP ? &health->damage : &health->skipped,
                            where, trouble);
    }
    return record->names.exhausted || record->sites.exhausted || record->payload.status != ATR_OK
               ? ATR_NOMEM
               : ATR_OK;
}
