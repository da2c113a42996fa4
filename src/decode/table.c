/* SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "decode/decode.h"

/* Sorted by kind (the test holds it so). 0: the layout does not depend on the caller's pointers. */
static const struct atr_decoder decoders[] = {
    {"attributes32", "message attributes of a 32-bit caller", 4, atr_attributes_decode},
    {"attributes64", "message attributes of a 64-bit caller", 8, atr_attributes_decode},
    {"audio_control", "audio endpoint control", 0, atr_audio_control_decode},
    {"completion_list_header", "header of a completion list", 8, atr_completion_list_decode},
    {"conio", "console server without a desktop", 0, atr_conio_decode},
    {"coremessaging", "CoreMessaging registrar", 0, atr_core_messaging_decode},
    {"csr32", "CSRSS message of 32-bit Windows", 4, atr_csr_decode},
    {"csr64", "CSRSS message", 8, atr_csr_decode},
    {"csr_connect32", "CSRSS connection data of 32-bit Windows", 4, atr_csr_connect_decode},
    {"csr_connect64", "CSRSS connection data", 8, atr_csr_connect_decode},
    {"dual_string_array", "DCOM bindings (DUALSTRINGARRAY)", 0, atr_dual_string_array_decode},
    {"handle_array", "handles of an indirect HANDLE attribute", 0, atr_handle_array_decode},
    {"hard_error32", "hard error message of 32-bit Windows", 4, atr_hard_error_decode},
    {"hard_error64", "hard error message", 8, atr_hard_error_decode},
    {"lrpc", "RPC over ALPC", 0, atr_lrpc_decode},
    {"lsa32", "LSA authentication message of 32-bit Windows", 4, atr_lsa_decode},
    {"lsa64", "LSA authentication message", 8, atr_lsa_decode},
    {"lsa_connect", "LSA connection data", 0, atr_lsa_connect_decode},
    {"message_handle_information", "one handle of a received message", 0,
     atr_handle_information_decode},
    {"objref", "marshalled COM interface pointer (OBJREF)", 0, atr_objref_decode},
    {"port_attributes32", "port attributes of a 32-bit caller", 4, atr_port_attributes_decode},
    {"port_attributes64", "port attributes of a 64-bit caller", 8, atr_port_attributes_decode},
    {"port_message32", "message with the header of a 32-bit caller", 4, atr_port_message_decode},
    {"port_message64", "message with the header of a 64-bit caller", 8, atr_port_message_decode},
    {"port_message_auto", "message with the header its lengths tell", 0, atr_port_message_decode},
    {"sb64", "session manager to subsystem (SbApiPort)", 8, atr_sb_decode},
    {"sb_connect", "subsystem's connection data (SbApiPort)", 0, atr_sb_connect_decode},
    {"sm64", "session manager (SmApiPort)", 8, atr_sm_decode},
    {"tower", "endpoint mapper protocol tower", 0, atr_tower_decode},
    {"wer", "Windows Error Reporting service", 0, atr_wer_decode},
};

const struct atr_decoder *
atr_decoders(size_t *count)
{
    *count = ATR_COUNT(decoders);
    return decoders;
}

const struct atr_decoder *
atr_decoder_find(struct atr_str kind)
{
    for (size_t i = 0; i < ATR_COUNT(decoders); i++) {
        if (atr_str_equal(kind, atr_str_from(decoders[i].kind))) {
            return &decoders[i];
        }
    }
    return NULL;
}
