/* SPDX-License-Identifier: MIT */
#include "names/names.h"

/* One bit each (alpc 7.5). */
const char *
atr_names_object_type(uint32_t object_type)
{
    switch (object_type) {
    case 0x1:
        return "file";
    case 0x4:
        return "thread";
    case 0x8:
        return "semaphore";
    case 0x10:
        return "event";
    case 0x20:
        return "process";
    case 0x40:
        return "mutex";
    case 0x80:
        return "section";
    case 0x100:
        return "key";
    case 0x200:
        return "token";
    case 0x400:
        return "composition";
    case 0x800:
        return "job";
    default:
        return NULL;
    }
}

/* Of a string binding (orpc 5). A local resolver's binding is text: its 'n' sits where the id is.
 */
const char *
atr_names_tower_protocol(uint16_t tower_id)
{
    switch (tower_id) {
    case 0x07:
        return "ncacn_ip_tcp";
    case 0x08:
        return "ncadg_ip_udp";
    case 0x0f:
        return "ncacn_np";
    case 0x10:
        return "ncalrpc";
    case 0x1f:
        return "ncacn_http";
    case 0x21:
        return "ncacn_hvsocket";
    case 'n':
        return "ncalrpc (text)";
    default:
        return NULL;
    }
}
