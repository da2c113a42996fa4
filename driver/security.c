/* SPDX-License-Identifier: MIT */
#include "security.h"

/*
 * D:P(A;;FA;;;SY)(A;;FA;;;BA) as self-relative SECURITY_DESCRIPTOR (MS-DTYP 2.4.6): header with the
 * DACL at 20, ACL of two entries, FILE_ALL_ACCESS each.
 */
static UCHAR AtrpDescriptor[] = {
    /* revision, 0, control: DACL present, protected, self-relative; no owner, group, SACL */
    1,
    0,
    0x04,
    0x90,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    20,
    0,
    0,
    0,
    /* ACL: revision 2, 52 bytes, 2 entries */
    2,
    0,
    52,
    0,
    2,
    0,
    0,
    0,
    /* allow, 20 bytes, S-1-5-18 */
    0,
    0,
    20,
    0,
    0xff,
    0x01,
    0x1f,
    0,
    1,
    1,
    0,
    0,
    0,
    0,
    0,
    5,
    18,
    0,
    0,
    0,
    /* allow, 24 bytes, S-1-5-32-544 */
    0,
    0,
    24,
    0,
    0xff,
    0x01,
    0x1f,
    0,
    1,
    2,
    0,
    0,
    0,
    0,
    0,
    5,
    32,
    0,
    0,
    0,
    0x20,
    2,
    0,
    0,
};

C_ASSERT(sizeof(AtrpDescriptor) == 20 + 52);

/* Where this does not work, the check at every open stands alone. */
VOID
AtrSecurityProtect(_In_ PDEVICE_OBJECT Device)
{
    HANDLE Handle;

    if (NT_SUCCESS(ObOpenObjectByPointer(Device, OBJ_KERNEL_HANDLE, NULL, WRITE_DAC, NULL,
                                         KernelMode, &Handle))) {
        (VOID) ZwSetSecurityObject(Handle, DACL_SECURITY_INFORMATION, AtrpDescriptor);
        ZwClose(Handle);
    }
}

/* Who only may ask who somebody is, is not him. */
BOOLEAN
AtrSecurityIsAdmin(VOID)
{
    SECURITY_SUBJECT_CONTEXT Subject = {0};
    BOOLEAN IsAdmin;

    SeCaptureSubjectContext(&Subject);
    IsAdmin =
        (Subject.ClientToken == NULL || Subject.ImpersonationLevel >= SecurityImpersonation) &&
        SeTokenIsAdmin(SeQuerySubjectContextToken(&Subject));
    SeReleaseSubjectContext(&Subject);
    return IsAdmin;
}
