/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/guid.h"
#include "base/status.h"
#include "platform/file.h"

#include <stddef.h>
#include <stdint.h>

/*
 * A PE image in a file (PE/COFF specification, rev. 11), read in pieces and trusted in nothing:
 * what the headers claim is checked against the file each time. Offsets of the loaded image (RVAs)
 * are turned into places of the file. 32-bit and 64-bit images.
 */

enum {
    ATR_PE_SECTIONS_MAX = 96, /* the loader's own limit */
    ATR_PE_DIRECTORIES = 16,
    ATR_PE_PDB_NAME_BYTES = 512,
    ATR_PE_EXPORTS_MAX = 65536, /* ordinals are 16 bits */
    ATR_PE_NAME_BYTES = 256,    /* of an export that can be asked for */
};

struct atr_pe_section {
    uint32_t rva;
    uint32_t loaded_bytes;
    uint32_t file_offset;
    uint32_t file_bytes;
};

struct atr_pe_directory {
    uint32_t rva;
    uint32_t size_bytes;
};

struct atr_pe {
    struct atr_file *file; /* borrowed; can seek */
    uint64_t file_bytes;
    uint16_t machine; /* IMAGE_FILE_MACHINE_* */
    uint32_t time_stamp;
    uint32_t image_bytes; /* SizeOfImage */
    uint32_t checksum;
    uint32_t header_bytes;
    uint32_t section_count;
    uint32_t directory_count;
    struct atr_pe_section sections[ATR_PE_SECTIONS_MAX];
    struct atr_pe_directory directories[ATR_PE_DIRECTORIES];
};

/* Where the symbols are: what names a PDB. */
struct atr_pe_debug {
    struct atr_guid guid;
    uint32_t age;
    char pdb_name[ATR_PE_PDB_NAME_BYTES]; /* path as the linker wrote it, perhaps cut */
};

/* MALFORMED or TRUNCATED: no PE image. IO as the file gives it. */
ATR_NODISCARD enum atr_status atr_pe_read(struct atr_pe *out, struct atr_file *file,
                                          struct atr_error *error);

/* The first CodeView record of the debug directory. END: there is none. */
enum atr_status atr_pe_debug(const struct atr_pe *pe, struct atr_pe_debug *out);

/*
 * Exports by name. open reads the whole table into memory; find is linear in it, for the few names
 * somebody wants. END: there is no such export, or it leads to another image.
 */
struct atr_pe_exports {
    const struct atr_pe *pe;
    struct atr_heap heap;
    uint8_t *table; /* the export directory as it is loaded */
    uint32_t table_rva;
    uint32_t table_bytes;
};

ATR_NODISCARD enum atr_status atr_pe_exports_open(struct atr_pe_exports *out,
                                                  const struct atr_pe *pe,
                                                  const struct atr_heap *heap);
enum atr_status atr_pe_exports_find(const struct atr_pe_exports *exports, const char *name,
                                    uint32_t *rva);
void atr_pe_exports_close(struct atr_pe_exports *exports);

/* Bytes of the image as the file holds them; TRUNCATED when not all are in the file. */
ATR_NODISCARD enum atr_status atr_pe_bytes(const struct atr_pe *pe, uint32_t rva, void *out,
                                           size_t size_bytes);
