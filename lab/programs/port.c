/* SPDX-License-Identifier: MIT */
#include "port.h"

#include <string.h>

enum {
    LRPC_CLIENT_PORT_FLAGS = 0x20d0000,
    ALL_OBJECT_TYPES = 0xffd,
    CONNECT_TRIES = 100,
    CONNECT_WAIT_MS = 50,
};

#define STATUS_NO_SUCH_NAME ((NTSTATUS)0xc0000034)

void
port_name_init(struct port_name *name, const char *ascii)
{
    size_t length = strlen(ascii);

    if (length >= PORT_NAME_MAX) {
        length = PORT_NAME_MAX - 1;
    }
    for (size_t i = 0; i < length; i++) {
        name->text[i] = (WCHAR)(unsigned char)ascii[i];
    }
    name->text[length] = 0;
    name->string.Buffer = name->text;
    name->string.Length = (USHORT)(length * sizeof(WCHAR));
    name->string.MaximumLength = (USHORT)((length + 1) * sizeof(WCHAR));
}

ALPC_PORT_ATTRIBUTES
port_default_attributes(void)
{
    ALPC_PORT_ATTRIBUTES attributes;

    memset(&attributes, 0, sizeof(attributes));
    attributes.Flags = LRPC_CLIENT_PORT_FLAGS;
    attributes.SecurityQos.Length = sizeof(attributes.SecurityQos);
    attributes.SecurityQos.ImpersonationLevel = SecurityImpersonation;
    attributes.MaxMessageLength = PORT_BUFFER_BYTES;
    attributes.MemoryBandwidth = (SIZE_T)-1;
    attributes.MaxPoolUsage = (SIZE_T)-1;
    attributes.MaxSectionSize = (SIZE_T)-1;
    attributes.MaxViewSize = (SIZE_T)-1;
    attributes.MaxTotalSectionSize = (SIZE_T)-1;
    attributes.DupObjectTypes = ALL_OBJECT_TYPES;
    return attributes;
}

NTSTATUS
port_create(HANDLE *port, const char *ascii)
{
    struct port_name name;
    OBJECT_ATTRIBUTES object;
    ALPC_PORT_ATTRIBUTES attributes = port_default_attributes();

    port_name_init(&name, ascii);
    InitializeObjectAttributes(&object, &name.string, 0, NULL, NULL);
    return NtAlpcCreatePort(port, &object, &attributes);
}

NTSTATUS
port_connect_once(HANDLE *port, const char *ascii, struct port_buffer *connection,
                  size_t connection_bytes)
{
    struct port_name name;
    ALPC_PORT_ATTRIBUTES attributes = port_default_attributes();
    SIZE_T size = PORT_BUFFER_BYTES;

    port_name_init(&name, ascii);
    port_set_size(connection, connection_bytes);
    return NtAlpcConnectPort(port, &name.string, NULL, &attributes, ALPC_MSGFLG_SYNC_REQUEST, NULL,
                             &connection->as.message, &size, NULL, NULL, NULL);
}

NTSTATUS
port_connect(HANDLE *port, const char *ascii, struct port_buffer *connection,
             size_t connection_bytes)
{
    NTSTATUS status = port_connect_once(port, ascii, connection, connection_bytes);

    for (int i = 0; i < CONNECT_TRIES && status == STATUS_NO_SUCH_NAME; i++) {
        Sleep(CONNECT_WAIT_MS);
        status = port_connect_once(port, ascii, connection, connection_bytes);
    }
    return status;
}

uint8_t *
port_payload(struct port_buffer *buffer)
{
    return buffer->as.bytes + sizeof(PORT_MESSAGE);
}

void
port_set_size(struct port_buffer *buffer, size_t payload_bytes)
{
    PORT_MESSAGE *message = &buffer->as.message;

    memset(message, 0, sizeof(*message));
    message->u1.s1.DataLength = (USHORT)payload_bytes;
    message->u1.s1.TotalLength = (USHORT)(payload_bytes + sizeof(*message));
}

void
port_attributes_init(struct port_attributes *attributes, ULONG mask)
{
    memset(attributes, 0, sizeof(*attributes));
    attributes->head.AllocatedAttributes = mask;
}

void *
port_attribute(struct port_attributes *attributes, ULONG bit)
{
    void *at = NtAlpcAttribute(&attributes->head, bit);

    return at != NULL ? at : attributes->room;
}

uint32_t
port_type(const struct port_buffer *buffer)
{
    return buffer->as.message.u2.s2.Type & LPC_TYPE_MASK;
}

void
port_close(HANDLE port)
{
    if (port != NULL) {
        (void)NtAlpcDisconnectPort(port, 0);
        (void)NtClose(port);
    }
}
