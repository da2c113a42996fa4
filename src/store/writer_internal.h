/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/text.h"
#include "store/seal.h"
#include "store/writer.h"

/* What the files of the writer share. */

enum {
    ATR_CHUNK_BYTES = 1024 * 1024
};

/* An interface's share of the file, for its statistics block. */
struct atr_writer_interface {
    uint64_t delivered;
    uint64_t lost;
    uint64_t first_ns;
    uint64_t last_ns;
};

struct atr_writer {
    struct atr_heap heap;
    struct atr_file *file;
    struct atr_error error;
    enum atr_status status;
    bool with_checksum;
    bool sync;
    uint64_t tick_ns; /* unit of time stamps */
    struct atr_str application;

    uint8_t *buffer; /* the chunk under construction: ATR_CHUNK_BYTES and a seal */
    size_t used;
    uint64_t buffer_offset; /* of the buffer in the file */

    struct atr_seal seal;     /* of the chunk under construction */
    uint64_t chunk_start_ns;  /* first event */
    uint64_t chunk_state;     /* first state packet of the chunk; 0: none */
    uint64_t chunk_state_end; /* behind the last */
    uint64_t last_state;      /* of the file so far */
    uint64_t statistics_due_ns;
    struct atr_writer_interface interfaces[ATR_INTERFACES];

    struct atr_chunk *chunks; /* ATR_INDEX_CHUNKS_MAX */
    size_t chunk_count;

    struct atr_text scratch; /* records of atr_writer_event */
};

/*
 * Room for a block at the end of the chunk, which is sealed before when it is full. size_bytes is
 * at most ATR_CHUNK_BYTES. NULL when writing failed. The caller fills it and calls atr_writer_add.
 */
uint8_t *atr_writer_room(struct atr_writer *writer, size_t size_bytes);

static inline void
atr_writer_add(struct atr_writer *writer, size_t size_bytes)
{
    writer->used += size_bytes;
}

/* The blocks at the start of the file. */
enum atr_status atr_writer_put_start(struct atr_writer *writer,
                                     const struct atr_writer_options *options);

/* Statistics of both interfaces. */
enum atr_status atr_writer_put_statistics(struct atr_writer *writer, uint64_t now_ns);
