/* SPDX-License-Identifier: MIT */
#pragma once

/* The lab's objects that are no ports; drivers hold a pointer to `File`. */

#include "kernel.h"

typedef enum _LAB_OBJECT_KIND {
    LabObjectSection = 1,
    LabObjectFile = 2,
} LAB_OBJECT_KIND;

typedef struct _LAB_OBJECT {
    volatile LONG References; /* 0: free */
    LAB_OBJECT_KIND Kind;
    HANDLE Handle; /* closed with the last reference */

    struct {
        SHORT Type; /* as a FILE_OBJECT begins */
        SHORT Size;
        PVOID DeviceObject;
        ULONG64 Rest[30];
    } File;
} LAB_OBJECT, *PLAB_OBJECT;

VOID LabObjectsInit(void);
PLAB_OBJECT LabObjectMake(LAB_OBJECT_KIND Kind, HANDLE Handle);
PLAB_OBJECT LabObjectOf(PVOID Body);
