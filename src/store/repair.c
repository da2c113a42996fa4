/* SPDX-License-Identifier: MIT */
#include "store/check.h"
#include "store/writer.h"

#include <string.h>

enum {
    HEAD_BYTES = 4096
};

/* The section's texts stand before the first packet: they are known when it comes. */
static enum atr_status
create_writer(struct atr_writer **writer, const struct atr_reader *reader, struct atr_file *out,
              const struct atr_heap *heap, struct atr_error *error)
{
    const struct atr_section_texts *texts = atr_reader_texts(reader);
    const struct atr_writer_options options = {
        .hardware = texts->hardware,
        .os = texts->os,
        .application = texts->application,
        .filter = texts->filter,
    };

    return atr_writer_create(writer, out, &options, heap, error);
}

/* END when all was copied; else what stopped it. */
static enum atr_status
copy_packets(struct atr_reader *reader, struct atr_writer *writer, struct atr_packet *packet,
             struct atr_repair_report *report, struct atr_error *error)
{
    enum atr_status status = ATR_OK;

    while (status == ATR_OK) {
        status = atr_writer_put(writer, packet);
        if (status == ATR_OK) {
            report->copied++;
        } else if (status == ATR_ARG) {
            report->left_out++;
        } else {
            return ATR_END; /* finish says what it was */
        }
        status = atr_reader_next(reader, packet, error);
    }
    return status;
}

/* What was copied gets its end even when reading stopped early. */
static enum atr_status
copy(struct atr_reader *reader, struct atr_file *out, const struct atr_heap *heap,
     struct atr_repair_report *report, struct atr_error *error)
{
    struct atr_writer *writer = NULL;
    struct atr_packet packet;
    enum atr_status read = atr_reader_next(reader, &packet, error);
    enum atr_status written = create_writer(&writer, reader, out, heap, error);

    if (written == ATR_OK) {
        if (read == ATR_OK) {
            read = copy_packets(reader, writer, &packet, report, error);
        }
        written = atr_writer_finish(writer, error);
    }
    atr_writer_destroy(writer);
    return written != ATR_OK || read == ATR_END ? written : read;
}

enum atr_status
atr_repair_file(struct atr_file *in, struct atr_file *out, const struct atr_heap *heap,
                struct atr_repair_report *report, struct atr_error *error)
{
    struct atr_reader *reader = NULL;
    uint8_t head[HEAD_BYTES];
    size_t got = 0;
    enum atr_status status = atr_file_read(in, head, sizeof(head), &got, error);

    memset(report, 0, sizeof(*report));
    if (status == ATR_OK || status == ATR_END) {
        status = atr_reader_open(&reader, in, (struct atr_bytes){head, got}, NULL, heap, error);
    }
    if (status == ATR_OK) {
        status = copy(reader, out, heap, report, error);
        atr_reader_report(reader, &report->file);
    }
    atr_reader_close(reader);
    return status;
}
