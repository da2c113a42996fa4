/* SPDX-License-Identifier: MIT */
#include "event/record_layout.h"

#include "base/attributes.h"

/* name: as docs/format.md says it, with underscores */
#define ROW(type, member, missing, name)                                                     \
    {                                                                                        \
        offsetof(struct atr_event, as.member), ATR_LAYOUT_##type, ATR_LAYOUT_##type##_BYTES, \
            ATR_LAYOUT_##missing, name                                                       \
    }

/* clang-format off */
/* Rows are only ever appended, and never to a kind with parts: those grow by new parts. */

static const struct atr_layout_field manifest_fields[] = {
    ROW(STR,      manifest.schema,               ZERO, "schema"),
    ROW(STR,      manifest.settings,             ZERO, "settings"),
    ROW(U32,      manifest.clock_source,         ZERO, "clock_source"),
    ROW(U64,      manifest.clock_frequency_hz,   ZERO, "clock_frequency"),
    ROW(U64,      manifest.boot_time_100ns,      ZERO, "boot"),
    ROW(U32,      manifest.os_build,             ZERO, "os_build"),
    ROW(U16,      manifest.architecture,         ZERO, "architecture"),
    ROW(U8,       manifest.pointer_bytes,        ZERO, "pointer_size"),
    ROW(U8,       manifest.redaction,            ZERO, "redaction_level"),
    ROW(GUID,     manifest.capture_uuid,         ZERO, "capture"),
    ROW(U32,      manifest.os_major,             ZERO, "os_major"),
    ROW(U32,      manifest.os_minor,             ZERO, "os_minor"),
    ROW(U32,      manifest.utc_bias_minutes,     MIN, "utc_bias"),
    ROW(STR,      manifest.os_name,              ZERO, "os_name"),
    ROW(STR,      manifest.tool,                 ZERO, "tool"),
};

static const struct atr_layout_field process_fields[] = {
    ROW(U32,      process.process_id,            ZERO, "process_id"),
    ROW(U32,      process.pid,                   ONES, "pid"),
    ROW(U32,      process.parent_pid,            ONES, "parent_pid"),
    ROW(U32,      process.session,               ONES, "session"),
    ROW(U64,      process.start_time_100ns,      ZERO, "start"),
    ROW(U64,      process.start_key,             ZERO, "start_key"),
    ROW(STR,      process.image,                 ZERO, "image"),
    ROW(STR,      process.command_line,          ZERO, "command_line"),
    ROW(STR,      process.sid,                   ZERO, "sid"),
    ROW(U32,      process.flags,                 ZERO, "flags"),
    ROW(U32,      process.exit_status,           ZERO, "exit_status"),
    ROW(U8,       process.life,                  ZERO, "life"),
};

static const struct atr_layout_field thread_fields[] = {
    ROW(U32,      thread.tid,                    ONES, "tid"),
    ROW(U32,      thread.process_id,             ZERO, "process_id"),
    ROW(U64,      thread.start_address,          ZERO, "start_address"),
    ROW(STR,      thread.name,                   ZERO, "name"),
    ROW(U32,      thread.service_tag,            ZERO, "service_tag"),
    ROW(U8,       thread.life,                   ZERO, "life"),
};

static const struct atr_layout_field module_fields[] = {
    ROW(U32,      module.module_id,              ZERO, "module_id"),
    ROW(U32,      module.process_id,             ZERO, "process_id"),
    ROW(U64,      module.base,                   ZERO, "base"),
    ROW(U64,      module.size_bytes,             ZERO, "size"),
    ROW(U8,       module.life,                   ZERO, "life"),
    ROW(U32,      module.time_stamp,             ZERO, "time_stamp"),
    ROW(U32,      module.checksum,               ZERO, "checksum"),
    ROW(GUID,     module.pdb_guid,               ZERO, "pdb"),
    ROW(U32,      module.pdb_age,                ZERO, "pdb_age"),
    ROW(STR,      module.pdb_name,               ZERO, "pdb_name"),
    ROW(STR,      module.path,                   ZERO, "path"),
};

static const struct atr_layout_field port_fields[] = {
    ROW(U32,      port.port_id,                  ZERO, "port_id"),
    ROW(U8,       port.kind,                     ZERO, "kind"),
    ROW(U32,      port.name_string_id,           ZERO, "name_string_id"),
    ROW(U32,      port.owner_process_id,         ZERO, "owner_process_id"),
    ROW(U32,      port.connection_port_id,       ZERO, "connection_port_id"),
    ROW(U32,      port.peer_port_id,             ZERO, "peer_port_id"),
    ROW(U8,       port.life,                     ZERO, "life"),
    ROW(U64,      port.kernel_address,           ZERO, "kernel_address"),
};

static const struct atr_layout_field handle_fields[] = {
    ROW(U32,      handle.process_id,             ZERO, "process_id"),
    ROW(U32,      handle.handle,                 ONES, "handle"),
    ROW(U32,      handle.port_id,                ZERO, "port_id"),
    ROW(U8,       handle.life,                   ZERO, "life"),
};

static const struct atr_layout_field string_fields[] = {
    ROW(U32,      string.string_id,              ZERO, "string_id"),
    ROW(STR,      string.text,                   ZERO, "text"),
};

static const struct atr_layout_field stack_fields[] = {
    ROW(U32,      stack.stack_id,                ZERO, "stack_id"),
    ROW(U32,      stack.process_id,              ZERO, "process_id"),
    ROW(FRAMES,   stack,                         ZERO, "frames"),
};

static const struct atr_layout_field service_fields[] = {
    ROW(U32,      service.pid,                   ONES, "pid"),
    ROW(U32,      service.tag,                   ZERO, "tag"),
    ROW(STR,      service.name,                  ZERO, "name"),
};

static const struct atr_layout_field drops_fields[] = {
    ROW(COUNTERS, drops,                         ZERO, "counters"),
};

static const struct atr_layout_field clock_fields[] = {
    ROW(U64,      clock.qpc,                     ZERO, "qpc"),
    ROW(U64,      clock.time_100ns,              ZERO, "filetime"),
    ROW(U64,      clock.tsc,                     ZERO, "tsc"),
};

static const struct atr_layout_field mark_fields[] = {
    ROW(STR,      mark.text,                     ZERO, "text"),
};

static const struct atr_layout_field interface_fields[] = {
    ROW(U32,      interface.port_id,             ZERO, "port_id"),
    ROW(GUID,     interface.uuid,                ZERO, "interface"),
    ROW(U16,      interface.version_major,       ZERO, "version_major"),
    ROW(U16,      interface.version_minor,       ZERO, "version_minor"),
};

/* An enter stops before the rows of an exit. */
static const struct atr_layout_field alpc_fields[] = {
#define ENTER_ROW(type, member, missing, name) ROW(type, alpc.member, missing, name),
#define EXIT_ROW(type, member, missing, name)  ROW(type, alpc.member, missing, name),
#include "event/alpc_fields.def"
#undef ENTER_ROW
#undef EXIT_ROW
};

enum {
#define ENTER_ROW(type, member, missing, name) +1
#define EXIT_ROW(type, member, missing, name)
    ENTER_FIELDS = 0
#include "event/alpc_fields.def"
#undef ENTER_ROW
#undef EXIT_ROW
};

static const struct atr_layout_field etw_alpc_fields[] = {
    ROW(U16,      etw.event_id,                  ZERO, "opcode"),
    ROW(U32,      etw.message_id,                ZERO, "message_id_or_status"),
    ROW(U32,      etw.pid,                       ONES, "pid"),
    ROW(U32,      etw.tid,                       ONES, "tid"),
    ROW(U32,      etw.stack_id,                  ZERO, "stack_id"),
};

static const struct atr_layout_field etw_fields[] = {
    ROW(GUID,     etw.provider,                  ZERO, "provider"),
    ROW(U16,      etw.event_id,                  ZERO, "event_id"),
    ROW(GUID,     etw.activity,                  ZERO, "activity"),
    ROW(U32,      etw.pid,                       ONES, "pid"),
    ROW(U32,      etw.tid,                       ONES, "tid"),
    ROW(U32,      etw.stack_id,                  ZERO, "stack_id"),
};

static const struct atr_layout_field continuation_fields[] = {
    ROW(U64,      continuation.call_id,          ZERO, "call_id"),
    ROW(U8,       continuation.kind,             ZERO, "continued_kind"),
    ROW(U16,      continuation.part_type,        ZERO, "part_type"),
    ROW(U64,      continuation.offset,           ZERO, "offset"),
    ROW(U32,      continuation.left_bytes,       ZERO, "still_to_come"),
    ROW(REST,     continuation.bytes,            ZERO, "bytes"),
};

/* clang-format on */

#define LAYOUT(fields, fixed_bytes)            \
    {                                          \
        fields, ATR_COUNT(fields), fixed_bytes \
    }

enum {
    ENTER_BYTES = 72,
    EXIT_BYTES = ENTER_BYTES + 12,
    ETW_ALPC_BYTES = 18,
    ETW_BYTES = 46,
};

static const struct atr_layout layouts[] = {
    [ATR_RECORD_MANIFEST] = LAYOUT(manifest_fields, 0),
    [ATR_RECORD_PROCESS] = LAYOUT(process_fields, 0),
    [ATR_RECORD_THREAD] = LAYOUT(thread_fields, 0),
    [ATR_RECORD_MODULE] = LAYOUT(module_fields, 0),
    [ATR_RECORD_PORT] = LAYOUT(port_fields, 0),
    [ATR_RECORD_HANDLE] = LAYOUT(handle_fields, 0),
    [ATR_RECORD_STRING] = LAYOUT(string_fields, 0),
    [ATR_RECORD_STACK] = LAYOUT(stack_fields, 0),
    [ATR_RECORD_SERVICE] = LAYOUT(service_fields, 0),
    [ATR_RECORD_DROPS] = LAYOUT(drops_fields, 0),
    [ATR_RECORD_CLOCK] = LAYOUT(clock_fields, 0),
    [ATR_RECORD_MARK] = LAYOUT(mark_fields, 0),
    [ATR_RECORD_INTERFACE] = LAYOUT(interface_fields, 0),
    [ATR_RECORD_ENTER] = {alpc_fields, ENTER_FIELDS, ENTER_BYTES},
    [ATR_RECORD_EXIT] = LAYOUT(alpc_fields, EXIT_BYTES),
    [ATR_RECORD_ETW_ALPC] = LAYOUT(etw_alpc_fields, ETW_ALPC_BYTES),
    [ATR_RECORD_RPC] = LAYOUT(etw_fields, ETW_BYTES),
    [ATR_RECORD_ETW] = LAYOUT(etw_fields, ETW_BYTES),
    [ATR_RECORD_CONTINUATION] = LAYOUT(continuation_fields, 0),
};

const struct atr_layout *
atr_layout_find(uint8_t kind)
{
    return kind < ATR_COUNT(layouts) && layouts[kind].fields != NULL ? &layouts[kind] : NULL;
}
