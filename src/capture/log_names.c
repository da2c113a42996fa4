/* SPDX-License-Identifier: MIT */
#include "capture/log_internal.h"

enum {
    IMAGE_CUT = 14
}; /* EPROCESS.ImageFileName holds 15 bytes with its NUL */

struct handle_entry {
    struct atr_handle_record record;
    const struct atr_port_record *port;
    uint32_t client_process_id; /* of the connection; 0 none */
};

static uint64_t
pair(uint32_t high, uint32_t low)
{
    return (uint64_t)high << 32 | low;
}

/* Whether b is a, or what the kernel kept of a. */
static bool
is_cut_of(struct atr_str a, struct atr_str b)
{
    return b.size_bytes >= IMAGE_CUT && b.size_bytes < a.size_bytes &&
           atr_str_equal_nocase(atr_str_make(a.data, b.size_bytes), b);
}

static struct atr_process_record *
process_make(struct atr_log_state *log, struct atr_key key, struct atr_str image, uint32_t pid)
{
    struct atr_process_record *process = atr_log_make(log, &log->named, sizeof(*process));

    if (process == NULL) {
        return NULL;
    }
    process->process_id = ++log->next_process_id;
    process->pid = pid;
    process->parent_pid = ATR_UNKNOWN_U32;
    process->session = ATR_UNKNOWN_U32;
    process->image = atr_log_copy(log, &log->named, image);
    atr_log_put(log, &log->named, key, process);
    atr_log_wait(log, ATR_RECORD_PROCESS, process);
    return process;
}

static const struct atr_process_record *
process_of_image(struct atr_log_state *log, struct atr_str image)
{
    uint64_t hash = atr_log_hash(image.data, image.size_bytes);
    const struct atr_process_record *process =
        atr_map_find(&log->named.map, atr_log_key(LOG_TAG_IMAGE, 0, hash));

    return process != NULL && atr_str_equal(process->image, image)
               ? process
               : process_make(log, atr_log_key(LOG_TAG_IMAGE, 0, hash), image, ATR_UNKNOWN_U32);
}

static bool
is_image_of(const struct atr_process_record *process, struct atr_str image)
{
    return atr_str_equal_nocase(process->image, image) || is_cut_of(process->image, image);
}

static struct atr_process_record *
process_with_pid(struct atr_log_state *log, struct atr_str image, uint32_t pid)
{
    struct atr_process_record *process =
        atr_map_find(&log->named.map, atr_log_key(LOG_TAG_PID, 0, pid));

    if (process == NULL) {
        return process_make(log, atr_log_key(LOG_TAG_PID, 0, pid), image, pid);
    }
    if (is_cut_of(image, process->image)) {
        process->image = atr_log_copy(log, &log->named, image);
        atr_log_wait(log, ATR_RECORD_PROCESS, process);
        return process;
    }
    return is_image_of(process, image)
               ? process
               : process_make(log, atr_log_key(LOG_TAG_PID, 0, pid), image, pid);
}

const struct atr_process_record *
atr_log_process(struct atr_log_state *log, struct atr_str image, uint32_t pid)
{
    return pid == ATR_UNKNOWN_U32 ? process_of_image(log, image)
                                  : process_with_pid(log, image, pid);
}

const struct atr_process_record *
atr_log_process_at(struct atr_log_state *log, uint64_t address, struct atr_str image, uint32_t pid)
{
    struct atr_key address_key = atr_log_key(LOG_TAG_ADDRESS, 0, address);
    struct atr_key pid_key = atr_log_key(LOG_TAG_PID, 0, pid);
    struct atr_process_record *process = atr_map_find(&log->named.map, address_key);

    if (process != NULL && !is_image_of(process, image)) {
        process = NULL; /* the memory holds another process now */
    }
    if (pid == ATR_UNKNOWN_U32 || (process != NULL && process->pid == pid)) {
        return process != NULL ? process : process_make(log, address_key, image, pid);
    }
    if (process != NULL && process->pid == ATR_UNKNOWN_U32 &&
        atr_map_find(&log->named.map, pid_key) == NULL) {
        process->pid = pid;
        atr_log_put(log, &log->named, pid_key, process);
        atr_log_wait(log, ATR_RECORD_PROCESS, process);
        return process;
    }
    process = process_with_pid(log, image, pid);
    if (process != NULL) {
        atr_log_put(log, &log->named, address_key, process);
    }
    return process;
}

static struct atr_port_record *
port_make(struct atr_log_state *log, enum atr_port_kind kind, uint32_t owner_process_id,
          uint32_t connection_port_id)
{
    struct atr_port_record *port = atr_log_make(log, &log->named, sizeof(*port));

    if (port != NULL) {
        port->port_id = ++log->next_port_id;
        port->kind = (uint8_t)kind;
        port->owner_process_id = owner_process_id;
        port->connection_port_id = connection_port_id;
    }
    return port;
}

static uint32_t
id_of(const struct atr_process_record *process)
{
    return process == NULL ? 0 : process->process_id;
}

static const struct atr_port_record *
connection_port(struct atr_log_state *log, const struct atr_log_port *facts)
{
    uint32_t owner = id_of(facts->owner);
    uint32_t name = facts->name.data == NULL ? 0 : atr_log_intern(log, &log->named, facts->name);
    struct atr_key key =
        name == 0 ? atr_log_key(LOG_TAG_PORT_UNNAMED, 0, pair(id_of(facts->caller), facts->handle))
                  : atr_log_key(LOG_TAG_PORT, 0, pair(owner, name));
    struct atr_port_record *port = atr_map_find(&log->named.map, key);

    if (port != NULL && port->owner_process_id == owner) {
        return port;
    }
    port = port_make(log, ATR_PORT_CONNECTION, owner, 0);
    if (port != NULL) {
        port->name_string_id = name;
        atr_log_put(log, &log->named, key, port);
        atr_log_wait(log, ATR_RECORD_PORT, port);
    }
    return port;
}

static enum atr_port_kind
kind_behind(const struct atr_log_port *facts)
{
    if (facts->client == NULL || facts->caller == NULL) {
        return ATR_PORT_CONNECTION;
    }
    if (facts->caller == facts->client) {
        return ATR_PORT_CLIENT;
    }
    return facts->caller == facts->owner ? ATR_PORT_SERVER : ATR_PORT_CONNECTION;
}

/* A communication port. A server's handle does not tell which of its client's handles is its peer.
 */
static const struct atr_port_record *
communication_port(struct atr_log_state *log, const struct atr_log_port *facts,
                   enum atr_port_kind kind, uint32_t connection_port_id)
{
    struct atr_port_record *port =
        port_make(log, kind, facts->caller->process_id, connection_port_id);

    if (port != NULL && kind == ATR_PORT_SERVER) {
        struct atr_port_record *peer =
            port_make(log, ATR_PORT_CLIENT, facts->client->process_id, connection_port_id);

        if (peer != NULL) {
            peer->peer_port_id = port->port_id;
            port->peer_port_id = peer->port_id;
            atr_log_wait(log, ATR_RECORD_PORT, peer);
        }
    }
    if (port != NULL) {
        atr_log_wait(log, ATR_RECORD_PORT, port);
    }
    return port;
}

static bool
is_behind(const struct handle_entry *handle, const struct atr_port_record *connection,
          enum atr_port_kind kind, uint32_t client_process_id)
{
    if (handle->port->kind != kind || handle->client_process_id != client_process_id) {
        return false;
    }
    return kind == ATR_PORT_CONNECTION ? handle->port == connection
                                       : handle->port->connection_port_id == connection->port_id;
}

/* The handle stands for something new: remembers and tells. */
static uint32_t
handle_make(struct atr_log_state *log, const struct atr_log_port *facts, struct atr_key key,
            const struct atr_port_record *port)
{
    struct handle_entry *handle = atr_log_make(log, &log->named, sizeof(*handle));

    if (handle == NULL || port == NULL) {
        return 0;
    }
    handle->record = (struct atr_handle_record){
        .process_id = facts->caller->process_id, .handle = facts->handle, .port_id = port->port_id};
    handle->port = port;
    handle->client_process_id = id_of(facts->client);
    atr_log_put(log, &log->named, key, handle);
    atr_log_wait(log, ATR_RECORD_HANDLE, &handle->record);
    return port->port_id;
}

uint32_t
atr_log_port(struct atr_log_state *log, const struct atr_log_port *facts)
{
    const struct atr_port_record *connection = connection_port(log, facts);
    enum atr_port_kind kind = kind_behind(facts);
    const struct handle_entry *handle;
    struct atr_key key;

    if (connection == NULL) {
        return 0;
    }
    if (facts->caller == NULL || facts->handle == ATR_UNKNOWN_U32) {
        return connection->port_id;
    }
    key = atr_log_key(LOG_TAG_HANDLE, 0, pair(facts->caller->process_id, facts->handle));
    handle = atr_map_find(&log->named.map, key);
    if (handle != NULL && is_behind(handle, connection, kind, id_of(facts->client))) {
        return handle->port->port_id;
    }
    return handle_make(log, facts, key,
                       kind == ATR_PORT_CONNECTION
                           ? connection
                           : communication_port(log, facts, kind, connection->port_id));
}
