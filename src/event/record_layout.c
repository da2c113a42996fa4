/* SPDX-License-Identifier: MIT */
#include "event/record_layout.h"

#include "base/attributes.h"

#define ROW(type, member, missing)                                                     \
    {                                                                                  \
        offsetof(struct atr_event, as.member), ATR_LAYOUT_##type, ATR_LAYOUT_##missing \
    }

/* clang-format off */
/* Rows are only ever appended, and never to a kind with parts: those grow by new parts. */

static const struct atr_layout_field manifest_fields[] = {
    ROW(STR,      manifest.schema,               ZERO),
    ROW(STR,      manifest.settings,             ZERO),
    ROW(U32,      manifest.clock_source,         ZERO),
    ROW(U64,      manifest.clock_frequency_hz,   ZERO),
    ROW(U64,      manifest.boot_time_100ns,      ZERO),
    ROW(U32,      manifest.os_build,             ZERO),
    ROW(U16,      manifest.architecture,         ZERO),
    ROW(U8,       manifest.pointer_bytes,        ZERO),
    ROW(U8,       manifest.redaction,            ZERO),
    ROW(GUID,     manifest.capture_uuid,         ZERO),
    ROW(U32,      manifest.os_major,             ZERO),
    ROW(U32,      manifest.os_minor,             ZERO),
    ROW(U32,      manifest.utc_bias_minutes,     MIN),
    ROW(STR,      manifest.os_name,              ZERO),
    ROW(STR,      manifest.tool,                 ZERO),
};

static const struct atr_layout_field process_fields[] = {
    ROW(U32,      process.process_id,            ZERO),
    ROW(U32,      process.pid,                   ONES),
    ROW(U32,      process.parent_pid,            ONES),
    ROW(U32,      process.session,               ONES),
    ROW(U64,      process.start_time_100ns,      ZERO),
    ROW(U64,      process.start_key,             ZERO),
    ROW(STR,      process.image,                 ZERO),
    ROW(STR,      process.command_line,          ZERO),
    ROW(STR,      process.sid,                   ZERO),
    ROW(U32,      process.flags,                 ZERO),
    ROW(U32,      process.exit_status,           ZERO),
    ROW(U8,       process.life,                  ZERO),
};

static const struct atr_layout_field thread_fields[] = {
    ROW(U32,      thread.tid,                    ONES),
    ROW(U32,      thread.process_id,             ZERO),
    ROW(U64,      thread.start_address,          ZERO),
    ROW(STR,      thread.name,                   ZERO),
    ROW(U32,      thread.service_tag,            ZERO),
    ROW(U8,       thread.life,                   ZERO),
};

static const struct atr_layout_field module_fields[] = {
    ROW(U32,      module.module_id,              ZERO),
    ROW(U32,      module.process_id,             ZERO),
    ROW(U64,      module.base,                   ZERO),
    ROW(U64,      module.size_bytes,             ZERO),
    ROW(U8,       module.life,                   ZERO),
    ROW(U32,      module.time_stamp,             ZERO),
    ROW(U32,      module.checksum,               ZERO),
    ROW(GUID,     module.pdb_guid,               ZERO),
    ROW(U32,      module.pdb_age,                ZERO),
    ROW(STR,      module.pdb_name,               ZERO),
    ROW(STR,      module.path,                   ZERO),
};

static const struct atr_layout_field port_fields[] = {
    ROW(U32,      port.port_id,                  ZERO),
    ROW(U8,       port.kind,                     ZERO),
    ROW(U32,      port.name_string_id,           ZERO),
    ROW(U32,      port.owner_process_id,         ZERO),
    ROW(U32,      port.connection_port_id,       ZERO),
    ROW(U32,      port.peer_port_id,             ZERO),
    ROW(U8,       port.life,                     ZERO),
    ROW(U64,      port.kernel_address,           ZERO),
};

static const struct atr_layout_field handle_fields[] = {
    ROW(U32,      handle.process_id,             ZERO),
    ROW(U32,      handle.handle,                 ONES),
    ROW(U32,      handle.port_id,                ZERO),
    ROW(U8,       handle.life,                   ZERO),
};

static const struct atr_layout_field string_fields[] = {
    ROW(U32,      string.string_id,              ZERO),
    ROW(STR,      string.text,                   ZERO),
};

static const struct atr_layout_field stack_fields[] = {
    ROW(U32,      stack.stack_id,                ZERO),
    ROW(U32,      stack.process_id,              ZERO),
    ROW(FRAMES,   stack,                         ZERO),
};

static const struct atr_layout_field service_fields[] = {
    ROW(U32,      service.pid,                   ONES),
    ROW(U32,      service.tag,                   ZERO),
    ROW(STR,      service.name,                  ZERO),
};

static const struct atr_layout_field drops_fields[] = {
    ROW(COUNTERS, drops,                         ZERO),
};

static const struct atr_layout_field clock_fields[] = {
    ROW(U64,      clock.qpc,                     ZERO),
    ROW(U64,      clock.time_100ns,              ZERO),
    ROW(U64,      clock.tsc,                     ZERO),
};

static const struct atr_layout_field mark_fields[] = {
    ROW(STR,      mark.text,                     ZERO),
};

static const struct atr_layout_field interface_fields[] = {
    ROW(U32,      interface.port_id,             ZERO),
    ROW(GUID,     interface.uuid,                ZERO),
    ROW(U16,      interface.version_major,       ZERO),
    ROW(U16,      interface.version_minor,       ZERO),
};

/* An enter stops before the last two. */
static const struct atr_layout_field alpc_fields[] = {
    ROW(U64,      alpc.call_id,                  ZERO),
    ROW(U32,      alpc.pid,                      ONES),
    ROW(U32,      alpc.tid,                      ONES),
    ROW(U16,      alpc.cpu,                      ONES),
    ROW(U16,      alpc.operation,                ZERO),
    ROW(U32,      alpc.flags,                    ZERO),
    ROW(U32,      alpc.process_id,               ZERO),
    ROW(U32,      alpc.port_id,                  ZERO),
    ROW(U32,      alpc.handle,                   ONES),
    ROW(U32,      alpc.message_id,               ZERO),
    ROW(U16,      alpc.message_type,             ZERO),
    ROW(U16,      alpc.data_length,              ZERO),
    ROW(U16,      alpc.total_length,             ZERO),
    ROW(U16,      alpc.data_info_offset,         ZERO),
    ROW(U64,      alpc.callback_id,              ZERO),
    ROW(U32,      alpc.client_pid,               ONES),
    ROW(U32,      alpc.client_tid,               ONES),
    ROW(U32,      alpc.attribute_mask,           ZERO),
    ROW(U32,      alpc.stack_id,                 ZERO),
    ROW(U32,      alpc.status,                   ZERO),
    ROW(U64,      alpc.duration_ns,              ONES),
};

enum {
    ENTER_FIELDS = ATR_COUNT(alpc_fields) - 2,
};

static const struct atr_layout_field etw_alpc_fields[] = {
    ROW(U16,      etw.event_id,                  ZERO),
    ROW(U32,      etw.message_id,                ZERO),
    ROW(U32,      etw.pid,                       ONES),
    ROW(U32,      etw.tid,                       ONES),
    ROW(U32,      etw.stack_id,                  ZERO),
};

static const struct atr_layout_field etw_fields[] = {
    ROW(GUID,     etw.provider,                  ZERO),
    ROW(U16,      etw.event_id,                  ZERO),
    ROW(GUID,     etw.activity,                  ZERO),
    ROW(U32,      etw.pid,                       ONES),
    ROW(U32,      etw.tid,                       ONES),
    ROW(U32,      etw.stack_id,                  ZERO),
};

static const struct atr_layout_field continuation_fields[] = {
    ROW(U64,      continuation.call_id,          ZERO),
    ROW(U8,       continuation.kind,             ZERO),
    ROW(U16,      continuation.part_type,        ZERO),
    ROW(U64,      continuation.offset,           ZERO),
    ROW(U32,      continuation.left_bytes,       ZERO),
    ROW(REST,     continuation.bytes,            ZERO),
};

/* clang-format on */

#define LAYOUT(fields, has_parts)            \
    {                                        \
        fields, ATR_COUNT(fields), has_parts \
    }

static const struct atr_layout layouts[] = {
    [ATR_RECORD_MANIFEST] = LAYOUT(manifest_fields, false),
    [ATR_RECORD_PROCESS] = LAYOUT(process_fields, false),
    [ATR_RECORD_THREAD] = LAYOUT(thread_fields, false),
    [ATR_RECORD_MODULE] = LAYOUT(module_fields, false),
    [ATR_RECORD_PORT] = LAYOUT(port_fields, false),
    [ATR_RECORD_HANDLE] = LAYOUT(handle_fields, false),
    [ATR_RECORD_STRING] = LAYOUT(string_fields, false),
    [ATR_RECORD_STACK] = LAYOUT(stack_fields, false),
    [ATR_RECORD_SERVICE] = LAYOUT(service_fields, false),
    [ATR_RECORD_DROPS] = LAYOUT(drops_fields, false),
    [ATR_RECORD_CLOCK] = LAYOUT(clock_fields, false),
    [ATR_RECORD_MARK] = LAYOUT(mark_fields, false),
    [ATR_RECORD_INTERFACE] = LAYOUT(interface_fields, false),
    [ATR_RECORD_ENTER] = {alpc_fields, ENTER_FIELDS, true},
    [ATR_RECORD_EXIT] = LAYOUT(alpc_fields, true),
    [ATR_RECORD_ETW_ALPC] = LAYOUT(etw_alpc_fields, true),
    [ATR_RECORD_RPC] = LAYOUT(etw_fields, true),
    [ATR_RECORD_ETW] = LAYOUT(etw_fields, true),
    [ATR_RECORD_CONTINUATION] = LAYOUT(continuation_fields, false),
};

const struct atr_layout *
atr_layout_find(uint8_t kind)
{
    return kind < ATR_COUNT(layouts) && layouts[kind].fields != NULL ? &layouts[kind] : NULL;
}

size_t
atr_layout_field_bytes(uint8_t type)
{
    static const uint8_t bytes[] = {
        [ATR_LAYOUT_U8] = 1,
        [ATR_LAYOUT_U16] = 2,
        [ATR_LAYOUT_U32] = 4,
        [ATR_LAYOUT_U64] = 8,
        [ATR_LAYOUT_GUID] = ATR_GUID_BYTES,
    };

    return type < ATR_COUNT(bytes) ? bytes[type] : 0;
}

size_t
atr_layout_fixed_bytes(const struct atr_layout *layout)
{
    size_t total = 0;

    for (size_t i = 0; i < layout->field_count; i++) {
        total += atr_layout_field_bytes(layout->fields[i].type);
    }
    return total;
}
