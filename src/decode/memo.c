/* SPDX-License-Identifier: MIT */
#include "decode/memo.h"

#include "base/endian.h"

#include <string.h>

/* A number of that many bits: the upper ones of a product, which all bits have a part in. */
static uint32_t
place_of(uint64_t key, unsigned bits)
{
    return (uint32_t)((key ^ key >> 32) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - bits));
}

/* Names of ports differ at their ends. */
static uint64_t
name_key(struct atr_str name)
{
    uint8_t tail[8] = {0};
    size_t size = name.size_bytes < sizeof(tail) ? name.size_bytes : sizeof(tail);

    if (size > 0) {
        memcpy(tail, name.data + name.size_bytes - size, size);
    }
    return atr_get_u64(tail) ^ name.size_bytes;
}

/* A name too long to keep has its row filled anew each time. */
const struct atr_port_memo *
atr_memo_port(struct atr_decode_memo *memo, struct atr_str name)
{
    struct atr_port_memo *row = &memo->ports[place_of(name_key(name), ATR_MEMO_PORT_BITS)];

    if (row->is_set && row->name_bytes == name.size_bytes &&
        memcmp(row->name, name.data, row->name_bytes) == 0) {
        return row;
    }
    row->rule = name.size_bytes == 0 ? NULL : atr_names_port(name);
    row->decoder = row->rule == NULL || row->rule->decoder == NULL
                       ? NULL
                       : atr_decoder_find(atr_str_from(row->rule->decoder));
    row->is_set = name.size_bytes > 0 && name.size_bytes <= ATR_MEMO_NAME_BYTES;
    if (row->is_set) {
        row->name_bytes = (uint8_t)name.size_bytes;
        memcpy(row->name, name.data, name.size_bytes);
    }
    return row;
}

static void
look_up(struct atr_method_memo *row)
{
    struct atr_interface_info info = {0};
    struct atr_procedure_names names;

    row->interface = atr_names_interface(&row->uuid, &info) ? info.name : atr_str_from(NULL);
    atr_names_procedure(&row->uuid, row->opnum, row->os_build, &names);
    row->method = names.count == 0 ? atr_str_from(NULL) : names.names[0];
    row->certain = names.certain;
}

const struct atr_method_memo *
atr_memo_method(struct atr_decode_memo *memo, const struct atr_guid *uuid, uint32_t opnum,
                uint32_t os_build)
{
    uint64_t key = atr_get_u64(uuid->bytes) ^ atr_get_u64(uuid->bytes + 8) ^ opnum;
    struct atr_method_memo *row = &memo->methods[place_of(key, ATR_MEMO_METHOD_BITS)];

    if (!row->is_set || row->opnum != opnum || row->os_build != os_build ||
        !atr_guid_equal(&row->uuid, uuid)) {
        *row = (struct atr_method_memo){
            .is_set = true, .opnum = opnum, .os_build = os_build, .uuid = *uuid};
        look_up(row);
    }
    return row;
}
