/* SPDX-License-Identifier: MIT */
#include "platform/win32/owner_only.h"

#include "base/attributes.h"

#include <stdio.h>
#include <wchar.h>

enum {
    SID_TEXT_UNITS = 200
}; /* 15 sub-authorities of 10 digits and the rest */

/* The user's SID as text, to be freed with LocalFree. */
static wchar_t *
user_sid(void)
{
    union {
        TOKEN_USER user;
        BYTE room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } info;

    HANDLE token = NULL;
    DWORD size = 0;
    wchar_t *text = NULL;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
        return NULL;
    }
    if (!GetTokenInformation(token, TokenUser, &info, sizeof(info), &size) ||
        !ConvertSidToStringSidW(info.user.User.Sid, &text)) {
        text = NULL;
    }
    (void)CloseHandle(token);
    return text;
}

PSECURITY_DESCRIPTOR
atr_owner_only_make(void)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    wchar_t *sid = user_sid();
    wchar_t rights[SID_TEXT_UNITS + 16];

    if (sid == NULL) {
        return NULL;
    }

    /* D:P: protected from what the folder would hand down; one entry: all rights to the user. */
    if (swprintf(rights, ATR_COUNT(rights), L"D:P(A;;FA;;;%ls)", sid) < 0 ||
        !ConvertStringSecurityDescriptorToSecurityDescriptorW(rights, SDDL_REVISION_1, &descriptor,
                                                              NULL)) {
        descriptor = NULL;
    }
    (void)LocalFree(sid);
    return descriptor;
}
