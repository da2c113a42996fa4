/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Every cap of the library, with its reason. Input decides nothing about how much memory we take:
 * it may ask, these numbers answer.
 */

enum {
    /* Decoded values of one event: a 64 KiB message full of strings fits many times over. */
    ATR_EVENT_ARENA_BYTES = 8 * 1024 * 1024,

    /* Values in one event's field tree: more than a reader could look at. */
    ATR_FIELDS_MAX = 4096,

    /* Nesting of field objects: ORPC activation properties reach 6. */
    ATR_FIELDS_DEPTH_MAX = 16,

    /* tshark 4.0 refuses a packet above this (capture-file.md 3.8); ours stay at or below it. */
    ATR_PACKET_MAX = 262144,

    /* One part of an event after its continuations are joined (capture-file.md 3.8). */
    ATR_PART_MAX = 1024 * 1024,

    /*
     * Records a trace file is re-sorted over, whichever is reached first: a driver writes its rings
     * to the file one processor after the other, and a drain is shorter than this.
     */
    ATR_RESORT_RECORDS = 2048,
    ATR_RESORT_BYTES = 4 * 1024 * 1024,
    ATR_RESORT_NS = 100 * 1000 * 1000,

    /* Handles in one message (alpc.md 7.5). */
    ATR_HANDLES_MAX = 512,

    /* Call stack: kernel and user frames together; Windows itself captures 192 at most. */
    ATR_FRAMES_MAX = 256,

    /*
     * Session tables: the oldest entry is forgotten when one is full. Windows runs some hundreds of
     * processes and some thousands of ports; a long trace sees many times that, not all alive.
     */
    ATR_SOURCES_MAX = 256, /* captures merged into one trace */
    ATR_PROCESSES_MAX = 65536,
    ATR_THREADS_MAX = 65536,
    ATR_PORTS_MAX = 131072,
    ATR_HANDLES_KNOWN_MAX = 131072,
    ATR_MODULES_MAX = 65536,
    ATR_STRINGS_MAX = 262144,
    ATR_STACKS_MAX = 65536,
    ATR_CONNECTIONS_MAX = 16384, /* alive at once on a busy machine: 3,000 to 6,000 */
    ATR_CALLS_MAX = 65536, /* outstanding: parked asynchronous calls count into the thousands */
    ATR_IPIDS_MAX = 65536,
    ATR_BINDINGS_MAX = 128, /* of one connection; ids are 16 bits, clients use a handful */
    ATR_SENDS_MAX = 8,      /* of one thread, not yet seen arriving */

    /* Texts and stacks the session holds: past it the oldest strings and stacks are forgotten. */
    ATR_SESSION_HELD_BYTES = 64 * 1024 * 1024,

    /*
     * Lines held back until their reply came, so that they appear in start order. A call that is
     * parked longer is written without its reply and resumed when it comes.
     */
    ATR_HELD_LINES_MAX = 8192,
    ATR_HELD_BYTES_MAX = 32 * 1024 * 1024,

    /* Smaller inputs are read before a second thread has started. */
    ATR_RUN_AHEAD_BYTES = 4 * 1024 * 1024,

    /* A name (image path, port, symbol): NT object names end at 32,767 UTF-16 units. */
    ATR_NAME_BYTES_MAX = 98304,

    /* Values guessed in one RPC message, or read by a hand-written list: more than anyone reads. */
    ATR_NDR_ITEMS_MAX = 256,

    /* Counters in one drops record: every cause on 256 processors, and room. */
    ATR_DROP_COUNTERS_MAX = 4096,

    /* Bindings of one DUALSTRINGARRAY: a machine has an address or two per protocol. */
    ATR_DSA_BINDINGS_MAX = 64,

    /* Data elements of one extended OBJREF: MS-DCOM 2.2.18.7 allows 1. */
    ATR_OBJREF_ELEMENTS_MAX = 16,

    /* OBJREFs shown of one message: a multi-interface activation returns a handful. */
    ATR_OBJREFS_MAX = 64,

    /* Header extensions of one COM call: two kinds are in use. */
    ATR_ORPC_EXTENTS_MAX = 16,

    /* Activation properties of one blob: MS-DCOM 2.2.22.1 allows 10. */
    ATR_ACTIVATION_PROPERTIES_MAX = 16,

    /* Interfaces listed of one activation or IRemUnknown call: real ones ask for a few. */
    ATR_ORPC_INTERFACES_MAX = 256,

    /* Bytes of one line of a text log: a port name with what stands around it, in UTF-8. */
    ATR_TEXT_LINE_MAX = 131072,

    /* Text of one frame in a text log: a decorated C++ name ends at 4,096 characters. */
    ATR_FRAME_TEXT_MAX = 4096,

    /* What a text log may define before it forgets and defines anew: 100 times a long log. */
    ATR_LOG_POOL_BYTES = 16 * 1024 * 1024,
    ATR_LOG_POOL_COUNT = 262144,

    /* Calls open at once in a debugger log: one a thread, and it slows the machine 100 times. */
    ATR_LOG_OPEN_MAX = 1024,

    /* Extended error records of one fault: one for each hop and layer; real chains have 2 to 8. */
    ATR_EEINFO_RECORDS_MAX = 64,

    /* Parameters of one such record: MS-EERR 2.2.1.8 allows 4. */
    ATR_EEINFO_PARAMS_MAX = 8,

    /* Floors of one protocol tower: five are in use. */
    ATR_TOWER_FLOORS_MAX = 16,

    /*
     * What a recording knows at once, beside the tables of a session above, which are as large: a
     * window of records over all rings, about 50 ms of the busiest machine.
     */
    ATR_MERGE_BYTES_MAX = 64 * 1024 * 1024,

    /* Processes and ports that ended and may still be named by a late record. */
    ATR_ENDED_MAX = 1024,

    /* Image files whose facts a recording keeps: a machine has some thousands of DLLs in use. */
    ATR_IMAGES_MAX = 16384,
};
