/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/guid.h"
#include "base/heap.h"
#include "base/map.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What an image file says about itself, read once a path. Reading is work: a caller with little
 * time asks for what is known and comes back.
 */
struct atr_image_facts {
    struct atr_image_facts *next; /* of the same hash, or all of them */
    struct atr_str path;
    struct atr_str pdb_name;
    struct atr_guid pdb_guid;
    uint32_t pdb_age;
    uint32_t time_stamp;
    uint32_t checksum;
    uint32_t image_bytes;
    bool is_read; /* else nothing but the path is known yet */
};

struct atr_images {
    struct atr_heap heap;
    struct atr_map by_path; /* hash of the path -> list */
    size_t count;
};

void atr_images_init(struct atr_images *images, const struct atr_heap *heap);
void atr_images_fini(struct atr_images *images);

/* The entry of a path, made when there is none; NULL: no memory, or too many. */
struct atr_image_facts *atr_images_get(struct atr_images *images, struct atr_str path);

/* Reads the file, whatever comes of it; is_read afterwards. */
void atr_images_read(const struct atr_images *images, struct atr_image_facts *facts);

/* Two independent 64-bit hashes of bytes (FNV-1a, and its other constant). */
struct atr_key atr_bytes_key(const void *bytes, size_t size_bytes);
